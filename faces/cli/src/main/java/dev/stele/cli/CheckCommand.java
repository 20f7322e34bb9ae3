package dev.stele.cli;

import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.EventProof;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "check",
    description = {
      "Check a proof file offline, with nothing but the file and the log's public key.",
      "Exit 0: proven. Exit 1: refused, with the reason."
    })
final class CheckCommand extends SteleCommand {
  /** Largest proof file that is read: the largest payload in base64, and room to spare. */
  private static final int MAX_FILE_BYTES = 32 * 1024 * 1024;

  @Parameters(paramLabel = "FILE", description = "the .tlog-proof file")
  private Path file = Path.of("event.tlog-proof");

  @Option(
      names = "--vkey",
      paramLabel = "TEXT|FILE",
      required = true,
      description = "the log's public key, as text or in a file")
  private String vkey = "";

  @Override
  int run(Terminal terminal) throws IOException {
    VerifierKey key = key();
    if (!Files.isReadable(file)) {
      throw new CannotRun("no-file", "there is no file " + file, "stele prove POSITION -o FILE");
    }
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_FILE_BYTES);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    switch (EventProof.check(bytes, key)) {
      case EventProof.Outcome.Refused(String reason) -> {
        json.put("proven", false);
        json.put("reason", reason);
        terminal.answer(json, List.of("REFUSED: " + reason));
        return ExitCode.REFUSED_OR_BROKEN;
      }
      case EventProof.Outcome.Proven(CheckedEvent event, SignedCheckpoint checkpoint) -> {
        json.put("proven", true);
        json.put("origin", checkpoint.checkpoint().origin());
        json.put("size", checkpoint.checkpoint().size());
        json.put("root", HexFormat.of().formatHex(checkpoint.checkpoint().root()));
        json.put("position", event.position());
        json.put("stream", event.stream());
        json.put("revision", event.revision());
        json.put("type", event.type());
        json.put("id", event.id());
        json.put("recordedAt", event.recordedAt().toString());
        json.put("admittedBy", event.admittedBy());
        json.put("erased", event.payload().isEmpty());
        json.put("payload", event.payload().map(Base64.getEncoder()::encodeToString).orElse(null));
        terminal.answer(
            json,
            List.of(
                "PROVEN: event %,d is in the log %s of %,d events"
                    .formatted(
                        event.position(),
                        checkpoint.checkpoint().origin(),
                        checkpoint.checkpoint().size()),
                "stream   %s, revision %,d".formatted(event.stream(), event.revision()),
                "type     " + event.type(),
                "id       " + event.id(),
                "recorded %s, admitted by %s".formatted(event.recordedAt(), event.admittedBy()),
                event
                    .payload()
                    .map(payload -> "payload  %,d bytes, as recorded".formatted(payload.length))
                    .orElse("payload  erased")));
        return ExitCode.DONE;
      }
    }
  }

  private VerifierKey key() throws IOException {
    String text = vkey;
    if (!text.contains("+") || Files.isReadable(Path.of(text))) {
      Path path = Path.of(text);
      if (!Files.isReadable(path)) {
        throw new CannotRun(
            "no-key", "'" + vkey + "' is neither a public key nor a file", "--vkey NAME+HASH+KEY");
      }
      text = Files.readString(path, StandardCharsets.UTF_8).strip();
    }
    return switch (VerifierKey.parse(text)) {
      case Parsed.Value<VerifierKey>(VerifierKey key) -> key;
      case Parsed.Malformed<VerifierKey>(String reason) ->
          throw new CannotRun("bad-key", "that is not a public key: " + reason, "stele stats");
    };
  }
}
