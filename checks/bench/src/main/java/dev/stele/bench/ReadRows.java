package dev.stele.bench;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reads through the Java API, against the same reads by hand. */
final class ReadRows {
  private static final int PAGE = 1_000;

  private ReadRows() {}

  static List<Row> rows(Plan plan) {
    return Stream.of(Store.values())
        .flatMap(
            store ->
                Stream.of(
                    row(store, "read in sequence", "EventLog.read", PAGE, ReadRows::inSequence),
                    row(store, "read by position", "EventLog.get", 1, ReadRows::byPosition),
                    row(store, "read by id", "EventLog.findById", 1, ReadRows::byId)))
        .toList();
  }

  private interface Reads {
    void build(Scene scene, Store store) throws Exception;
  }

  private static Row row(Store store, String name, String api, int batch, Reads reads) {
    return new Row(
        name + store.suffix(),
        api + ", " + store.title(),
        "-",
        batch,
        Workload.PAYLOAD_BYTES,
        1,
        scene -> reads.build(scene, store));
  }

  /** A log and a plain table with the same payloads. */
  private record Both(EventLog log, Bare.Table table, int size) {
    static Both fill(Scene scene, Store store) throws Exception {
      int size = scene.workplace().plan().readEvents();
      EventLog log = scene.keep(store.open(scene.workplace().folder()));
      new Workload().fill(log, size, false);
      Bare.Table table = Bare.Table.in(scene, new Workload());
      table.fill(size);
      return new Both(log, table, size);
    }
  }

  private static void inSequence(Scene scene, Store store) throws Exception {
    Both both = Both.fill(scene, store);
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

  private static void byPosition(Scene scene, Store store) throws Exception {
    Both both = Both.fill(scene, store);
    Random random = new Random(1);
    scene.ours(
        Side.alone("ours", () -> both.log.get(1 + random.nextInt(both.size)).isPresent() ? 1 : 0));
    scene.against(both.table.readByPosition());
    peer(scene, peer -> peer.random(scene.workplace()));
  }

  private static void byId(Scene scene, Store store) throws Exception {
    Both both = Both.fill(scene, store);
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
