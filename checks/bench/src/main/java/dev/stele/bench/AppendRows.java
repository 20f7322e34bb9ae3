package dev.stele.bench;

import dev.stele.bench.gate.SignedGate;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.log.EventLog;
import java.util.ArrayList;
import java.util.List;

/** Appends: alone, with many callers, with signatures, with proofs, and without a disk. */
final class AppendRows {
  private static final int SOME_CALLERS = 64;
  private static final String API = "EventLog.append, ";

  private AppendRows() {}

  static List<Row> rows(Plan plan) {
    List<Row> rows = new ArrayList<>();
    for (Store store : Store.values()) {
      rows.addAll(durable(plan, store));
    }
    for (int callers : List.of(1, SOME_CALLERS)) {
      rows.add(
          new Row(
              "append in memory, " + callers(callers),
              "EventLog.append, MemoryLogEngine",
              "memory",
              1,
              Workload.PAYLOAD_BYTES,
              callers,
              scene -> inMemory(scene, callers)));
    }
    return rows;
  }

  private static List<Row> durable(Plan plan, Store store) {
    List<Row> rows = new ArrayList<>();
    String api = API + store.title();
    for (int callers : List.of(1, SOME_CALLERS, plan.manyCallers())) {
      rows.add(
          row(
              "append, " + callers(callers) + store.suffix(),
              api,
              callers,
              scene -> plain(scene, store, callers, 0)));
    }
    int already = plan.openEvents()[1];
    rows.add(
        row(
            "append behind %,d events, %s%s"
                .formatted(already, callers(SOME_CALLERS), store.suffix()),
            api,
            SOME_CALLERS,
            scene -> plain(scene, store, SOME_CALLERS, already)));
    rows.add(
        row(
            "append, signatures checked, " + callers(SOME_CALLERS) + store.suffix(),
            "SignedGate.judge + " + api,
            SOME_CALLERS,
            scene -> signed(scene, store, SOME_CALLERS)));
    for (int callers : List.of(1, SOME_CALLERS)) {
      rows.add(
          row(
              "append with proof, " + callers(callers) + store.suffix(),
              api + ", Append.proven",
              callers,
              scene -> proven(scene, store, callers)));
    }
    return rows;
  }

  private static String callers(int count) {
    return count == 1 ? "1 caller" : "%,d callers".formatted(count);
  }

  private static Row row(String name, String api, int callers, Scene.Builder scene) {
    return new Row(name, api, "durable", 1, Workload.PAYLOAD_BYTES, callers, scene);
  }

  private static void plain(Scene scene, Store store, int callers, int already) throws Exception {
    Workload workload = new Workload();
    EventLog log = scene.keep(store.open(scene.workplace().folder()));
    workload.fill(log, already, false);
    scene.ours(side("ours", callers, () -> Workload.appended(log.append(workload.unsigned()))));
    scene.against(Bare.writeAndSync(scene));
    scene.against(Bare.Table.in(scene, workload).append());
    scene
        .workplace()
        .peer()
        .ifPresent(peer -> scene.against(peer.append(scene.workplace(), PeerProgram.Sync.FULL)));
  }

  private static void signed(Scene scene, Store store, int callers) throws Exception {
    Workload workload = new Workload();
    SignedGate gate = Workload.gate();
    EventLog log = scene.keep(store.open(scene.workplace().folder()));
    scene.ours(side("ours", callers, () -> Workload.appended(log.append(workload.signed(gate)))));
    scene.against(Bare.verifySignatures(workload));
  }

  private static void proven(Scene scene, Store store, int callers) throws Exception {
    Workload workload = new Workload();
    EventLog log = scene.keep(store.open(scene.workplace().folder()));
    scene.ours(
        side("ours", callers, () -> Workload.appended(log.append(workload.unsigned().proven()))));
    scene.against(
        side(
            "ours without proof",
            callers,
            () -> Workload.appended(log.append(workload.unsigned()))));
  }

  private static void inMemory(Scene scene, int callers) throws Exception {
    Workload workload = new Workload();
    EventLog log =
        scene.keep(
            Workload.open(new MemoryLogEngine(), scene.workplace().folder().resolve("memory.db")));
    scene.ours(
        side(
            "ours",
            callers,
            () -> Workload.appended(log.append(workload.unsigned().at(Durability.MEMORY)))));
  }

  private static Side side(String name, int callers, Side.Call call) {
    return callers == 1 ? Side.alone(name, call) : Side.callers(name, callers, number -> call);
  }
}
