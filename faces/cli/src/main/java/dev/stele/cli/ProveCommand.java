package dev.stele.cli;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.EventProof;
import dev.stele.core.proof.SignedCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "prove",
    description = "Write a proof that an event is in the log, to be checked without the log.")
final class ProveCommand extends SteleCommand {
  @Parameters(paramLabel = "POSITION", description = "the event's position, from 1")
  private long position;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "the file to write, customarily NAME.tlog-proof")
  private Path output = Path.of("event.tlog-proof");

  @Override
  int run(Terminal terminal) throws IOException {
    signIfNeeded();
    try (LogReader reader = log.openReader()) {
      Optional<StoredEvent> event = reader.get(position);
      SignedCheckpoint checkpoint =
          reader
              .latestCheckpoint()
              .orElseThrow(
                  () ->
                      new CannotRun(
                          "no-checkpoint",
                          "the log has no checkpoint",
                          "stele checkpoint --log " + log.uri()));
      if (event.isEmpty() || checkpoint.checkpoint().size() < position) {
        throw new CannotRun(
            "no-event",
            "there is no event at position %d; the log ends at %d"
                .formatted(position, reader.head().size()),
            "stele tail --log " + log.uri());
      }
      byte[] proof =
          EventProof.build(
              event.get().record(), event.get().body(), position, checkpoint, reader.nodes());
      Files.write(output, proof);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("file", output.toString());
      json.put("position", position);
      json.put("size", checkpoint.checkpoint().size());
      json.put("bytes", proof.length);
      json.put("vkey", reader.verifierKey().text());
      terminal.answer(
          json,
          List.of(
              "wrote %s (%,d bytes): event %,d in the tree of %,d events"
                  .formatted(output, proof.length, position, checkpoint.checkpoint().size()),
              "check it anywhere: stele check %s --vkey %s"
                  .formatted(output, reader.verifierKey().text())));
      return ExitCode.DONE;
    }
  }

  /** Signs a checkpoint when none covers the event yet, unless another process is writing. */
  private void signIfNeeded() {
    try (LogReader reader = log.openReader()) {
      long signed = reader.latestCheckpoint().map(c -> c.checkpoint().size()).orElse(0L);
      if (signed >= position || reader.head().size() < position) {
        return;
      }
    }
    try (EventLog writer = log.openWriter()) {
      writer.checkpoint();
    } catch (StorageFailed e) {
      throw new CannotRun(
          "not-signed-yet",
          "no checkpoint covers position %d yet, and another process is writing: %s"
              .formatted(position, e.getMessage()),
          "try again in a second");
    }
  }
}
