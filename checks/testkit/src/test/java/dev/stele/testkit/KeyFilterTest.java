package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.KeyFilter;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyFilterTest {
  private static final int KEYS = 200_000;

  private static IndexKey key(Random random) {
    return new IndexKey(random.nextLong(), random.nextLong());
  }

  @Test
  void never_denies_a_key_that_was_added_and_denies_almost_all_others() {
    KeyFilter filter = KeyFilter.forKeys(KEYS / 2);
    Random added = new Random(1);
    for (int i = 0; i < KEYS; i++) {
      filter.add(key(added));
    }
    assertThat(filter.isFull()).isTrue();
    assertThat(filter.size()).isEqualTo(KEYS);
    Random again = new Random(1);
    for (int i = 0; i < KEYS; i++) {
      assertThat(filter.mayHold(key(again))).isTrue();
    }
    Random others = new Random(2);
    int wrong = 0;
    for (int i = 0; i < KEYS; i++) {
      wrong += filter.mayHold(key(others)) ? 1 : 0;
    }
    assertThat(wrong).isLessThan(KEYS / 200);
  }

  @Test
  void denies_everything_while_it_is_empty() {
    assertThat(KeyFilter.forKeys(0).mayHold(new IndexKey(0, 0))).isFalse();
  }
}
