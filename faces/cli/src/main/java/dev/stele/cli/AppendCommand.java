package dev.stele.cli;

import dev.stele.core.event.EventDraft;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.gate.UnsignedGate;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "append",
    description = {
      "Append one event; its payload is the file, or stdin.",
      "With --key it is signed and joins the ledger; without, its record says that nobody signed."
    })
final class AppendCommand extends SteleCommand {
  @Option(
      names = "--type",
      paramLabel = "T",
      required = true,
      description = "what kind of event this is")
  private String type = "";

  @Option(
      names = "--stream",
      paramLabel = "S",
      description = "the stream to join (default: main; with --key: ledger, and no other)")
  private @Nullable String stream;

  @Option(names = "--id", paramLabel = "ID", description = "the event's id, taken once in the log")
  private String id = "";

  @Option(names = "--subject", paramLabel = "NAME", description = "whom the event is about")
  private String subject = "";

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "sign with this key, made by 'stele key new' and registered")
  private @Nullable Path key;

  @Option(
      names = "--expect",
      paramLabel = "REV",
      description = "append only if the stream's last revision is REV; 0: if there is no stream")
  private @Nullable Long expected;

  @Parameters(paramLabel = "FILE|-", description = "the payload; - is stdin")
  private String file = "-";

  @Override
  int run(Terminal terminal) throws IOException {
    if (expected != null && expected < 0) {
      throw new CannotRun("bad-number", "a revision is 0 or more", "--expect 0");
    }
    byte[] payload = payload();
    if (key != null) {
      return new SignedAppend(log, key).run(terminal, type, stream, id, expected, payload);
    }
    Admission admission =
        new UnsignedGate()
            .judge(
                new UnsignedGate.Input(
                    stream == null ? "main" : stream, type, id, payload, subject),
                Instant.now());
    return switch (admission) {
      case Rejected(String code, String reason) -> refused(terminal, code, reason);
      case Transient(String reason) -> refused(terminal, "transient", reason);
      case Admitted admitted -> append(terminal, admitted);
    };
  }

  private int append(Terminal terminal, Admitted admitted) {
    Append append = Append.of(admitted);
    if (expected != null) {
      append = append.expecting(expected);
    }
    try (EventLog writer = log.openWriter()) {
      return answer(terminal, writer.append(append));
    }
  }

  private static int answer(Terminal terminal, AppendResult result) {
    return switch (result) {
      case AppendResult.Appended appended -> {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("result", "appended");
        json.put("position", appended.first());
        json.put("headPosition", appended.head().size());
        json.put("durability", appended.durability().name().toLowerCase(Locale.ROOT));
        terminal.answer(
            json,
            List.of(
                "appended at position %,d (%s)"
                    .formatted(
                        appended.first(), appended.durability().name().toLowerCase(Locale.ROOT))));
        yield ExitCode.DONE;
      }
      case AppendResult.AlreadyPresent(long at) -> {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("result", "alreadyPresent");
        json.put("position", at);
        terminal.answer(json, List.of("already there, at position %,d".formatted(at)));
        yield ExitCode.DONE;
      }
      case AppendResult.Conflict(String name, long expected, long actual) ->
          refused(
              terminal,
              "conflict",
              "stream %s has revision %d, not %d".formatted(name, actual, expected));
      case AppendResult.Refused(var claim, long holder) ->
          refused(
              terminal,
              "claim-taken",
              "%s is held by position %d".formatted(claim.scope(), holder));
      case AppendResult.ReadOnly(var verdict) -> refused(terminal, "read-only", verdict.toString());
    };
  }

  static int refused(Terminal terminal, String code, String reason) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("result", "refused");
    json.put("code", code);
    json.put("reason", reason);
    terminal.answer(json, List.of("REFUSED (%s): %s".formatted(code, reason)));
    return ExitCode.REFUSED_OR_BROKEN;
  }

  /** The payload, read no further than one byte past what a gate admits. */
  private byte[] payload() throws IOException {
    if (file.equals("-")) {
      return System.in.readNBytes(EventDraft.MAX_PAYLOAD_BYTES + 1);
    }
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      return in.readNBytes(EventDraft.MAX_PAYLOAD_BYTES + 1);
    }
  }
}
