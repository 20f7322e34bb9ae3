package dev.stele.cli;

import dev.stele.nostr.store.StoreOutcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What an import of Nostr events did: by outcome, and line by line where something was refused. */
final class NostrReport {
  /** What came of an event that is genuine. */
  private enum Came {
    STORED,
    DUPLICATE,
    SUPERSEDED,
    DELETED,
    VANISHED,
    EXPIRED,
    EPHEMERAL;

    private final String word = name().toLowerCase(Locale.ROOT);
  }

  private final long startedNanos = System.nanoTime();
  private final EnumMap<Came, Long> came = new EnumMap<>(Came.class);
  private final List<ImportReport.Refusal> refused = new ArrayList<>();
  private final TreeMap<String, Long> refusedByCode = new TreeMap<>();
  private long refusedCount;
  private long lines;
  private long leftToTheTables;
  private long loggedNanos;
  private boolean stopped;

  NostrReport() {
    for (Came each : Came.values()) {
      came.put(each, 0L);
    }
  }

  /** Counts an outcome that is no refusal. */
  void count(StoreOutcome outcome) {
    came.merge(
        switch (outcome) {
          case StoreOutcome.Stored _ -> Came.STORED;
          case StoreOutcome.Duplicate _ -> Came.DUPLICATE;
          case StoreOutcome.Superseded _ -> Came.SUPERSEDED;
          case StoreOutcome.Deleted _ -> Came.DELETED;
          case StoreOutcome.Vanished _ -> Came.VANISHED;
          case StoreOutcome.Expired _ -> Came.EXPIRED;
          case StoreOutcome.Ephemeral _ -> Came.EPHEMERAL;
          case StoreOutcome.Refused _, StoreOutcome.ReadOnly _ ->
              throw new IllegalArgumentException("a refusal is reported with its line: " + outcome);
        },
        1L,
        Long::sum);
  }

  void refused(long line, String id, String code, String reason) {
    refusedCount++;
    refusedByCode.merge(code, 1L, Long::sum);
    if (refused.size() < ImportReport.MAX_LISTED) {
      refused.add(new ImportReport.Refusal(line, id, code, reason));
    }
  }

  /** Everything up to a line was dealt with. */
  void reached(long line) {
    lines = line;
  }

  /** Everything that is to be in the log is there now. */
  void logged() {
    loggedNanos = System.nanoTime() - startedNanos;
  }

  /** So many are in the log, and the tables will tell when they are opened again. */
  void leftToTheTables(long count) {
    leftToTheTables += count;
  }

  /** The process was told to stop. */
  void stop() {
    stopped = true;
  }

  boolean wasStopped() {
    return stopped;
  }

  boolean anyRefused() {
    return refusedCount > 0;
  }

  long done() {
    return came.values().stream().mapToLong(each -> each).sum() + refusedCount + leftToTheTables;
  }

  private long eventsPerSecond() {
    return perSecond(System.nanoTime() - startedNanos);
  }

  /** How fast they were checked and written to the log, without the tables. */
  private long loggedPerSecond() {
    return perSecond(loggedNanos);
  }

  private long perSecond(long nanos) {
    return Math.round(done() / Math.max(1e-3, nanos / 1e9));
  }

  /** Refusals come by batches and by parsing; a reader wants them by line. */
  private List<ImportReport.Refusal> byLine() {
    List<ImportReport.Refusal> sorted = new ArrayList<>(refused);
    sorted.sort(Comparator.comparingLong(ImportReport.Refusal::line));
    return sorted;
  }

  Map<String, Object> json(long headPosition, String root) {
    Map<String, Object> json = new LinkedHashMap<>();
    came.forEach((each, count) -> json.put(each.word, count));
    json.put("refused", ImportReport.shown(byLine()));
    json.put("refusedCount", refusedCount);
    json.put("refusedByCode", refusedByCode);
    json.put("lines", lines);
    json.put("stopped", stopped);
    json.put("leftToTheTables", leftToTheTables);
    json.put("eventsPerSecond", eventsPerSecond());
    json.put("loggedPerSecond", loggedPerSecond());
    json.put("headPosition", headPosition);
    json.put("root", root);
    return json;
  }

  List<String> text(long headPosition, String root) {
    List<String> text = new ArrayList<>();
    List<String> counts = new ArrayList<>();
    came.forEach(
        (each, count) -> {
          if (count > 0 || each == Came.STORED) {
            counts.add("%s %,d".formatted(each.word, count));
          }
        });
    counts.add("refused %,d".formatted(refusedCount));
    text.add(String.join(", ", counts));
    text.addAll(ImportReport.listed(byLine(), refusedCount));
    text.add(
        "rate     %,d events/s checked and in the log, %,d/s with all tables"
            .formatted(loggedPerSecond(), eventsPerSecond()));
    text.add("head     %,d".formatted(headPosition));
    text.add("root     " + root);
    if (leftToTheTables > 0) {
      text.add(
          "TABLES   %,d events are in the log; the tables take them up at the next opening"
              .formatted(leftToTheTables));
    }
    if (stopped) {
      text.add(
          "STOPPED  behind line %,d; run it again, and what is there costs little"
              .formatted(lines));
    }
    return text;
  }
}
