package dev.stele.bench;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.EventLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A table that small ledgers are often described by: some thousand events appended one by one, the
 * log opened again and checked, everything read, and single events read at random.
 */
final class TableRows {
  private TableRows() {}

  static List<Row> rows(Plan plan) {
    List<Row> rows = new ArrayList<>();
    String count = "%,d events".formatted(plan.tableEvents());
    for (Durability level : List.of(Durability.OS, Durability.DURABLE)) {
      String name = level.name().toLowerCase(Locale.ROOT);
      PeerProgram.Sync sync =
          level == Durability.OS ? PeerProgram.Sync.NORMAL : PeerProgram.Sync.FULL;
      rows.add(
          row(
              "table (%s): append %s".formatted(name, count),
              "EventLog.append",
              name,
              1,
              scene -> append(scene, level, sync)));
      rows.add(
          row(
              "table (%s): open and check %s".formatted(name, count),
              "EventLog.open",
              name,
              plan.tableEvents(),
              scene -> open(scene, level, sync)));
      rows.add(
          row(
              "table (%s): read %s".formatted(name, count),
              "EventLog.read",
              name,
              100,
              scene -> readAll(scene, level)));
      rows.add(
          row(
              "table (%s): read at random of %s".formatted(name, count),
              "EventLog.get",
              name,
              1,
              scene -> readAtRandom(scene, level)));
    }
    return rows;
  }

  private static Row row(
      String name, String api, String durability, int batch, Scene.Builder scene) {
    return new Row(name, api + ", SQLite", durability, batch, Workload.PAYLOAD_BYTES, 1, scene);
  }

  private static void append(Scene scene, Durability level, PeerProgram.Sync sync) {
    Plan plan = scene.workplace().plan();
    Workload workload = new Workload();
    scene.ours(
        new Side(
            "ours",
            _ -> {
              Path folder = Files.createTempDirectory(scene.workplace().folder(), "table");
              try (EventLog log = Store.SQLITE.open(folder)) {
                return Side.alone(
                        "",
                        () -> {
                          for (int i = 0; i < plan.tableEvents(); i++) {
                            Workload.appended(log.append(workload.unsigned().at(level)));
                          }
                          return plan.tableEvents();
                        })
                    .work()
                    .round(java.time.Duration.ZERO);
              }
            }));
    scene.workplace().peer().ifPresent(peer -> scene.against(peer.append(scene.workplace(), sync)));
  }

  private static EventLog fill(Scene scene, Durability level) throws Exception {
    EventLog log = Store.SQLITE.open(scene.workplace().folder());
    Workload workload = new Workload();
    for (int i = 0; i < scene.workplace().plan().tableEvents(); i++) {
      Workload.appended(log.append(workload.unsigned().at(level)));
    }
    return log;
  }

  private static void open(Scene scene, Durability level, PeerProgram.Sync sync) throws Exception {
    fill(scene, level).close();
    scene.ours(
        Side.alone(
            "ours",
            () -> {
              try (EventLog log = Store.SQLITE.open(scene.workplace().folder())) {
                return log.head().size();
              }
            }));
    scene.workplace().peer().ifPresent(peer -> scene.against(peer.check(scene.workplace(), sync)));
  }

  private static void readAll(Scene scene, Durability level) throws Exception {
    EventLog log = scene.keep(fill(scene, level));
    long[] after = {0};
    scene.ours(
        Side.alone(
            "ours",
            () -> {
              int read = log.read(after[0], 100).size();
              after[0] = read < 100 ? 0 : after[0] + read;
              return read;
            }));
    scene.workplace().peer().ifPresent(peer -> scene.against(peer.iterate(scene.workplace())));
  }

  private static void readAtRandom(Scene scene, Durability level) throws Exception {
    EventLog log = scene.keep(fill(scene, level));
    int size = scene.workplace().plan().tableEvents();
    Random random = new Random(5);
    scene.ours(Side.alone("ours", () -> log.get(1 + random.nextInt(size)).isPresent() ? 1 : 0));
    scene.workplace().peer().ifPresent(peer -> scene.against(peer.random(scene.workplace())));
  }
}
