package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.Histories;
import dev.stele.testkit.ReopenableMemory;
import dev.stele.testkit.Scale;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class HistoriesOnLmdbTest {
  @TempDir Path folder;

  @Test
  void give_the_bytes_and_the_root_they_give_in_memory() {
    for (long seed = 0; seed < Scale.of(10_000); seed++) {
      Path file = folder.resolve(seed + ".lmdb");
      LogEngine memory = new ReopenableMemory();
      List<String> inMemory = Histories.run(seed, 60, () -> memory);
      List<String> onDisk = Histories.run(seed, 60, () -> LmdbLogEngine.openWriter(file));
      assertThat(onDisk).as("seed %d", seed).isEqualTo(inMemory);
      for (String suffix : List.of(".lmdb", ".lmdb-lock", ".lmdb.lock")) {
        assertThat(folder.resolve(seed + suffix).toFile().delete()).as(suffix).isTrue();
      }
    }
  }
}
