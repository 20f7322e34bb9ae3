package dev.stele.bench;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Opening a log to write, which checks all of it. */
final class OpenRows {
  private static final int SAMPLE = 4_096;

  private OpenRows() {}

  static List<Row> rows(Plan plan) {
    List<Row> rows = new ArrayList<>();
    for (Store store : Store.values()) {
      for (int events : plan.openEvents()) {
        rows.add(
            new Row(
                "open, %,d events%s".formatted(events, store.suffix()),
                "EventLog.open + close, " + store.title(),
                "-",
                events,
                Workload.PAYLOAD_BYTES,
                Runtime.getRuntime().availableProcessors(),
                scene -> open(scene, store, events)));
      }
    }
    return rows;
  }

  private static void open(Scene scene, Store store, int events) throws Exception {
    Path folder = scene.workplace().folder();
    try (EventLog log = store.open(folder)) {
      new Workload().fill(log, events, false);
    }
    scene.ours(
        Side.alone(
            "ours",
            () -> {
              try (EventLog log = store.open(folder)) {
                if (log.verdict() instanceof Verdict.Broken broken) {
                  throw new IllegalStateException("the log does not verify: " + broken);
                }
                return log.head().size();
              }
            }));
    try (LogEngine engine = store.openReader(folder)) {
      scene.against(Bare.hash(VerifyRows.hashed(engine, SAMPLE)));
    }
  }
}
