package dev.stele.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs rows: one warm-up of each side, then rounds in turns, A B A B, so that whatever the machine
 * does to one side it does to the other too.
 */
final class Harness {
  private final Path folder;
  private final Plan plan;
  private final Optional<PeerProgram> peer;

  Harness(Path folder, Plan plan, Optional<PeerProgram> peer) {
    this.folder = folder;
    this.plan = plan;
    this.peer = peer;
  }

  /** Measures one row in a folder of its own. */
  Result run(Row row) throws Exception {
    Path own = Files.createTempDirectory(folder, "row");
    Scene scene = new Scene(new Workplace(own, plan, peer));
    try {
      row.scene().build(scene);
      List<Side> sides = scene.sides();
      for (Side side : sides) {
        side.work().round(plan.warmUp());
      }
      List<List<Round>> rounds = new ArrayList<>();
      sides.forEach(side -> rounds.add(new ArrayList<>()));
      Machine.Ticks before = Machine.Ticks.now();
      for (int round = 0; round < plan.rounds(); round++) {
        for (int i = 0; i < sides.size(); i++) {
          rounds.get(i).add(sides.get(i).work().round(plan.round()));
        }
      }
      double stolen = Machine.Ticks.now().stolenSince(before);
      List<Result.Figures> figures = new ArrayList<>();
      for (int i = 0; i < sides.size(); i++) {
        figures.add(Result.Figures.of(sides.get(i).name(), rounds.get(i)));
      }
      return new Result(row, figures, stolen);
    } finally {
      scene.release();
      delete(own);
    }
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
