package dev.stele.bench;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Re-computing a whole log. */
final class VerifyRows {
  /** So many rows stand for all: the bare hash must not be slowed by memory it would not touch. */
  private static final int SAMPLE = 4_096;

  private VerifyRows() {}

  static List<dev.stele.bench.Row> rows(Plan plan) {
    return Stream.of(Store.values()).flatMap(store -> rows(plan, store)).toList();
  }

  private static Stream<dev.stele.bench.Row> rows(Plan plan, Store store) {
    int cores = Runtime.getRuntime().availableProcessors();
    return Stream.of(
        new dev.stele.bench.Row(
            "verify, %,d events%s".formatted(plan.readEvents(), store.suffix()),
            "Verifier, " + store.title(),
            "-",
            plan.readEvents(),
            Workload.PAYLOAD_BYTES,
            cores,
            scene -> unsigned(scene, store, Verifier::withoutMedium)),
        new dev.stele.bench.Row(
            "verify with the pages below, %,d events%s"
                .formatted(plan.readEvents(), store.suffix()),
            "Verifier, " + store.title(),
            "-",
            plan.readEvents(),
            Workload.PAYLOAD_BYTES,
            cores,
            scene -> unsigned(scene, store, verifier -> verifier)),
        new dev.stele.bench.Row(
            "verify with signatures, %,d events%s".formatted(plan.signedEvents(), store.suffix()),
            "Verifier with auditor, " + store.title(),
            "-",
            plan.signedEvents(),
            Workload.PAYLOAD_BYTES,
            cores,
            scene -> signed(scene, store)));
  }

  private static void unsigned(Scene scene, Store store, UnaryOperator<Verifier> with)
      throws Exception {
    Plan plan = scene.workplace().plan();
    LogEngine engine = fill(scene, store, plan.readEvents(), false);
    verify(scene, store, engine, with);
    scene.against(Bare.hash(hashed(engine, SAMPLE)));
  }

  private static void signed(Scene scene, Store store) throws Exception {
    Plan plan = scene.workplace().plan();
    LogEngine engine = fill(scene, store, plan.signedEvents(), true);
    verify(scene, store, engine, verifier -> verifier.withAuditors(() -> List.of(Workload.gate())));
    scene.against(Bare.verifySignatures(new Workload()));
  }

  private static LogEngine fill(Scene scene, Store store, int count, boolean withSignatures)
      throws Exception {
    Path folder = scene.workplace().folder();
    try (EventLog log = store.open(folder)) {
      new Workload().fill(log, count, withSignatures);
    }
    return scene.keep(store.openReader(folder));
  }

  private static void verify(
      Scene scene, Store store, LogEngine engine, UnaryOperator<Verifier> with) {
    LogHome home = LogHome.of(store.database(scene.workplace().folder()));
    byte[] indexKey = home.keys().orElseThrow().indexKey();
    scene.ours(
        Side.alone(
            "ours",
            () -> {
              Verifier verifier =
                  Verifier.of(engine, LogId.MAIN, home.vkey()).withIndexKey(indexKey);
              return switch (with.apply(verifier).verify()) {
                case Verdict.Intact intact -> intact.scope().size();
                case Verdict.Broken broken ->
                    throw new IllegalStateException("the log does not verify: " + broken);
              };
            }));
  }

  /** What a verifier must at least hash of each row: record and body. */
  static List<List<byte[]>> hashed(LogEngine engine, int count) {
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
