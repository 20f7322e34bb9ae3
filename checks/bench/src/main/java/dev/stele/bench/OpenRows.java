package dev.stele.bench;

import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Verdict;
import dev.stele.sqlite.SqliteLogEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Opening a log to write, which checks all of it. */
final class OpenRows {
  private static final int SAMPLE = 4_096;

  private OpenRows() {}

  static List<Row> rows(Plan plan) {
    List<Row> rows = new ArrayList<>();
    for (int events : plan.openEvents()) {
      rows.add(
          new Row(
              "open and check, %,d events".formatted(events),
              "EventLog.open + close, SQLite",
              "-",
              events,
              Workload.PAYLOAD_BYTES,
              Runtime.getRuntime().availableProcessors(),
              scene -> open(scene, events)));
    }
    return rows;
  }

  private static void open(Scene scene, int events) throws Exception {
    Path folder = scene.workplace().folder();
    try (EventLog log = Workload.openSqlite(folder)) {
      new Workload().fill(log, events, false);
    }
    scene.ours(
        Side.alone(
            "ours",
            () -> {
              try (EventLog log = Workload.openSqlite(folder)) {
                if (log.verdict() instanceof Verdict.Broken broken) {
                  throw new IllegalStateException("the log does not verify: " + broken);
                }
                return log.head().size();
              }
            }));
    try (SqliteLogEngine engine = SqliteLogEngine.openReader(folder.resolve("log.db"))) {
      scene.against(Bare.hash(VerifyRows.hashed(engine, SAMPLE)));
    }
  }
}
