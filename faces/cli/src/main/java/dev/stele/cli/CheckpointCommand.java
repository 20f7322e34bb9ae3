package dev.stele.cli;

import dev.stele.core.log.EventLog;
import dev.stele.core.proof.SignedCheckpoint;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

@Command(
    name = "checkpoint",
    description = "Sign and show the log's tree head, as a C2SP checkpoint.")
final class CheckpointCommand extends SteleCommand {
  @Override
  int run(Terminal terminal) {
    try (EventLog writer = log.openWriter()) {
      SignedCheckpoint signed = writer.checkpoint();
      String note = new String(signed.bytes(), StandardCharsets.UTF_8);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("origin", signed.checkpoint().origin());
      json.put("size", signed.checkpoint().size());
      json.put("root", HexFormat.of().formatHex(signed.checkpoint().root()));
      json.put("note", note);
      json.put("vkey", writer.verifierKey().text());
      terminal.answer(json, List.of(note.stripTrailing()));
    }
    return ExitCode.DONE;
  }
}
