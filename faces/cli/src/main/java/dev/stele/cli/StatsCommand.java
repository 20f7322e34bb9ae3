package dev.stele.cli;

import dev.stele.core.engine.Head;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;

@Command(name = "stats", description = "Size, head, keys and files of the log.")
final class StatsCommand extends SteleCommand {
  @Override
  int run(Terminal terminal) throws IOException {
    LogHome home = log.home();
    try (LogReader reader = log.openReader()) {
      Head head = reader.head();
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("log", log.uri());
      json.put("origin", reader.origin());
      json.put("vkey", reader.verifierKey().text());
      json.put("size", head.size());
      json.put("root", HexFormat.of().formatHex(reader.root(head.size())));
      json.put("link", HexFormat.of().formatHex(head.link()));
      json.put("signedSize", reader.latestCheckpoint().map(c -> c.checkpoint().size()).orElse(0L));
      long first = reader.firstPosition();
      json.put("firstPosition", first);
      json.putAll(Health.json(log.anchor(home).proven()));
      json.put(
          "firstRecordedAt",
          reader.get(first).map(event -> event.recordedAt().toString()).orElse(null));
      json.put(
          "lastRecordedAt",
          reader.get(head.size()).map(event -> event.recordedAt().toString()).orElse(null));
      json.put("anchor", log.anchor(home).describe());
      json.put("writable", home.keys().isPresent());
      json.put("databaseBytes", sizeOf(home.database()));
      json.put("walBytes", sizeOf(Path.of(home.database() + "-wal")));
      terminal.answer(
          json,
          json.entrySet().stream()
              .map(entry -> "%-16s %s".formatted(entry.getKey(), entry.getValue()))
              .toList());
    }
    return ExitCode.DONE;
  }

  private static long sizeOf(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }
}
