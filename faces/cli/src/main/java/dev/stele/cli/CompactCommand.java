package dev.stele.cli;

import dev.stele.core.engine.Compactable;
import dev.stele.core.log.EventLog;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

@Command(
    name = "compact",
    description = {
      "Rewrite the log's files, so that none holds a byte of what was erased or trimmed.",
      "It needs as much free space again as the log takes. Copies made earlier are not reached."
    })
final class CompactCommand extends SteleCommand {
  @Override
  int run(Terminal terminal) {
    try (EventLog writer = log.openWriter()) {
      terminal.begin("compacting");
      Compactable.Compacted compacted = writer.compact();
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("bytesBefore", compacted.bytesBefore());
      json.put("bytesAfter", compacted.bytesAfter());
      terminal.answer(
          json,
          List.of(
              "compacted  from %,d to %,d bytes"
                  .formatted(compacted.bytesBefore(), compacted.bytesAfter())));
    }
    return ExitCode.DONE;
  }
}
