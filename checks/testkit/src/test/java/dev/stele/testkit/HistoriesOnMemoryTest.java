package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogEngine;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoriesOnMemoryTest {
  private static List<String> run(long seed) {
    LogEngine engine = new ReopenableMemory();
    return Histories.run(seed, 60, () -> engine);
  }

  @Test
  void agree_with_the_model_for_every_seed() {
    for (long seed = 0; seed < Scale.of(10_000); seed++) {
      try {
        assertThat(run(seed)).isNotEmpty();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void give_the_same_bytes_twice() {
    assertThat(run(42)).isEqualTo(run(42));
  }

  @Test
  void differ_from_seed_to_seed() {
    assertThat(run(1)).isNotEqualTo(run(2));
  }
}
