package dev.stele.bench;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/** Reads through the Java API, against the same reads by hand. */
final class ReadRows {
  private static final int PAGE = 1_000;

  private ReadRows() {}

  static List<Row> rows(Plan plan) {
    return List.of(
        row("read in sequence", "EventLog.read", PAGE, ReadRows::inSequence),
        row("read by position", "EventLog.get", 1, ReadRows::byPosition),
        row("read by id", "EventLog.findById", 1, ReadRows::byId));
  }

  private static Row row(String name, String api, int batch, Scene.Builder scene) {
    return new Row(name, api + ", SQLite", "-", batch, Workload.PAYLOAD_BYTES, 1, scene);
  }

  /** A log and a plain table with the same payloads. */
  private record Both(EventLog log, Bare.Table table, int size) {
    static Both fill(Scene scene) throws Exception {
      int size = scene.workplace().plan().readEvents();
      EventLog log = scene.keep(Workload.openSqlite(scene.workplace().folder()));
      new Workload().fill(log, size, false);
      Bare.Table table = Bare.Table.in(scene, new Workload());
      table.fill(size);
      return new Both(log, table, size);
    }
  }

  private static void inSequence(Scene scene) throws Exception {
    Both both = Both.fill(scene);
    long[] after = {0};
    scene.ours(
        Side.alone(
            "ours",
            () -> {
              List<StoredEvent> events = both.log.read(after[0], PAGE);
              after[0] = events.size() < PAGE ? 0 : after[0] + events.size();
              return events.size();
            }));
    scene.against(both.table.readInSequence());
    peer(scene, peer -> peer.iterate(scene.workplace()));
  }

  private static void byPosition(Scene scene) throws Exception {
    Both both = Both.fill(scene);
    Random random = new Random(1);
    scene.ours(
        Side.alone("ours", () -> both.log.get(1 + random.nextInt(both.size)).isPresent() ? 1 : 0));
    scene.against(both.table.readByPosition());
    peer(scene, peer -> peer.random(scene.workplace()));
  }

  private static void byId(Scene scene) throws Exception {
    Both both = Both.fill(scene);
    Random random = new Random(1);
    scene.ours(
        Side.alone(
            "ours",
            () -> both.log.findById(Workload.id(random.nextInt(both.size))).isPresent() ? 1 : 0));
    scene.against(both.table.readById());
  }

  private static void peer(Scene scene, Function<PeerProgram, Side> side) {
    scene.workplace().peer().ifPresent(peer -> scene.against(side.apply(peer)));
  }
}
