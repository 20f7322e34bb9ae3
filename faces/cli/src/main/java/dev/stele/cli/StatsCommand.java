package dev.stele.cli;

import dev.stele.core.backup.Progress;
import dev.stele.core.engine.Described;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import dev.stele.core.upkeep.LogStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "stats",
    description = {
      "Size, head, keys and files of the log; events in all, by stream and by day.",
      "Reads the log once, but for --quick."
    })
final class StatsCommand extends SteleCommand {
  @Option(names = "--quick", description = "only what needs no reading")
  private boolean quick;

  @Override
  int run(Terminal terminal) throws IOException {
    terminal.begin("counting");
    Map<String, Object> json = figures(log, quick, terminal::progress);
    terminal.answer(json, text(json));
    return ExitCode.DONE;
  }

  static Map<String, Object> figures(LogOptionGroup log, boolean quick, Progress progress)
      throws IOException {
    LogHome home = log.home();
    Map<String, Object> json = new LinkedHashMap<>();
    try (LogReader reader = log.openReader()) {
      Head head = reader.head();
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
      if (!quick) {
        count(json, reader, progress);
      }
    }
    if (!quick) {
      describe(json, log, home);
    }
    return json;
  }

  private static void count(Map<String, Object> json, LogReader reader, Progress progress) {
    long size = reader.head().size();
    LogStatistics found =
        LogStatistics.of(reader, Instant.now(), position -> progress.at(position, size));
    json.put("total_events", found.events());
    json.put("total_streams", found.streams());
    json.put("erased_events", found.erased());
    json.put("oldest_event", found.first().map(Instant::toString).orElse(null));
    json.put("newest_event", found.last().map(Instant::toString).orElse(null));
    List<Map<String, Object>> streams = new ArrayList<>();
    for (LogStatistics.StreamCount each : found.top()) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("stream_id", each.stream());
      shown.put("event_count", each.events());
      shown.put("first_event", each.first().toString());
      shown.put("last_event", each.last().toString());
      streams.add(shown);
    }
    json.put("top_streams", streams);
    List<Map<String, Object>> days = new ArrayList<>();
    for (LogStatistics.DayCount each : found.daily()) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("date", each.day().toString());
      shown.put("count", each.events());
      days.add(shown);
    }
    json.put("daily_events", days);
  }

  private static void describe(Map<String, Object> json, LogOptionGroup log, LogHome home)
      throws IOException {
    long bytes = sizeOf(home.database()) + sizeOf(Path.of(home.database() + "-wal"));
    json.put("db_size_bytes", bytes);
    json.put("db_size_mb", Math.round(bytes / 10_485.76) / 100.0);
    try (LogEngine engine = log.openReadingEngine()) {
      if (engine instanceof Described described) {
        json.put("tables", described.tables());
        json.put("indexes", described.indexes());
      }
    }
  }

  private static List<String> text(Map<String, Object> json) {
    List<String> lines = new ArrayList<>();
    json.forEach(
        (name, value) -> {
          if (value instanceof List<?> list && !list.isEmpty() && list.getFirst() instanceof Map) {
            lines.add(name);
            for (Object each : list) {
              if (each instanceof Map<?, ?> row) {
                lines.add("  " + Terminal.printable(String.valueOf(row.values())));
              }
            }
          } else {
            lines.add("%-16s %s".formatted(name, value));
          }
        });
    return lines;
  }

  private static long sizeOf(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }
}
