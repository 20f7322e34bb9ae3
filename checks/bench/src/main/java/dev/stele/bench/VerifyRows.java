package dev.stele.bench;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.core.proof.VerifierKey;
import dev.stele.sqlite.SqliteLogEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Re-computing a whole log. */
final class VerifyRows {
  /** So many rows stand for all: the bare hash must not be slowed by memory it would not touch. */
  private static final int SAMPLE = 4_096;

  private VerifyRows() {}

  static List<dev.stele.bench.Row> rows(Plan plan) {
    int cores = Runtime.getRuntime().availableProcessors();
    return List.of(
        new dev.stele.bench.Row(
            "verify, %,d events".formatted(plan.readEvents()),
            "Verifier, SQLite",
            "-",
            plan.readEvents(),
            Workload.PAYLOAD_BYTES,
            cores,
            VerifyRows::unsigned),
        new dev.stele.bench.Row(
            "verify with signatures, %,d events".formatted(plan.signedEvents()),
            "Verifier with auditor, SQLite",
            "-",
            plan.signedEvents(),
            Workload.PAYLOAD_BYTES,
            cores,
            VerifyRows::signed));
  }

  private static void unsigned(Scene scene) throws Exception {
    Plan plan = scene.workplace().plan();
    SqliteLogEngine engine = fill(scene, plan.readEvents(), false);
    verify(scene, engine, List.of());
    scene.against(Bare.hash(hashed(engine, SAMPLE)));
  }

  private static void signed(Scene scene) throws Exception {
    Plan plan = scene.workplace().plan();
    SqliteLogEngine engine = fill(scene, plan.signedEvents(), true);
    verify(scene, engine, List.of(Workload.gate()));
    scene.against(Bare.verifySignatures(new Workload()));
  }

  private static SqliteLogEngine fill(Scene scene, int count, boolean withSignatures)
      throws Exception {
    Path folder = scene.workplace().folder();
    try (EventLog log = Workload.openSqlite(folder)) {
      new Workload().fill(log, count, withSignatures);
    }
    return scene.keep(SqliteLogEngine.openReader(folder.resolve("log.db")));
  }

  private static void verify(Scene scene, SqliteLogEngine engine, List<Auditor> auditors) {
    VerifierKey key =
        dev.stele.core.log.LogHome.of(scene.workplace().folder().resolve("log.db")).vkey();
    scene.ours(
        Side.alone(
            "ours",
            () ->
                switch (Verifier.of(engine, LogId.MAIN, key)
                    .withAuditors(() -> auditors)
                    .verify()) {
                  case Verdict.Intact intact -> intact.scope().size();
                  case Verdict.Broken broken ->
                      throw new IllegalStateException("the log does not verify: " + broken);
                }));
  }

  /** What a verifier must at least hash of each row: record and body. */
  static List<List<byte[]>> hashed(SqliteLogEngine engine, int count) {
    List<List<byte[]>> parts = new ArrayList<>();
    for (long after = 0; parts.size() < count; ) {
      List<Row> rows = engine.read(LogId.MAIN, after, count - parts.size());
      if (rows.isEmpty()) {
        break;
      }
      for (Row row : rows) {
        byte[] body = row.body();
        parts.add(body == null ? List.of(row.record()) : List.of(row.record(), body));
        after = row.position();
      }
    }
    return parts;
  }
}
