package dev.stele.mcp.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.mcp.view.McpView.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The last events of streams, in whatever order they come. */
class EventCacheTest {
  private static EventCache.Cached event(long sequence) {
    return new EventCache.Cached(sequence, Kind.MESSAGE, new byte[100], Instant.EPOCH);
  }

  private static Optional<List<Long>> after(EventCache cache, String stream, long sequence) {
    return cache
        .after(stream, sequence)
        .map(tail -> tail.events().stream().map(EventCache.Cached::sequence).toList());
  }

  private static List<Long> numbers(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void keeps_the_last_few_of_each_stream() {
    EventCache cache = new EventCache(20, 1_000_000);
    for (long i = 1; i <= 100; i++) {
      cache.put("a", event(i), i);
      cache.put("b", event(i), i);
    }

    assertThat(after(cache, "a", 80)).contains(numbers(81, 100));
    assertThat(after(cache, "a", 79)).isEmpty();
    assertThat(after(cache, "b", 100)).contains(List.of());
    assertThat(after(cache, "b", 101)).isEmpty();
    assertThat(cache.events()).isEqualTo(40);
    assertThat(cache.bytes()).isEqualTo(40 * (100 + EventCache.EVENT_BYTES));
  }

  @Test
  void keeps_nothing_where_nothing_is_to_be_kept() {
    EventCache none = new EventCache(0, 1_000_000);
    none.put("a", event(1), 1);
    EventCache tiny = new EventCache(10, 10);
    tiny.put("a", event(1), 1);

    assertThat(List.of(none.events(), none.bytes(), tiny.events(), tiny.bytes())).containsOnly(0L);
    assertThat(after(tiny, "a", 0)).isEmpty();
  }

  @Test
  void lets_the_stream_go_that_was_longest_without_use() {
    EventCache cache = new EventCache(10, 3 * (100 + EventCache.EVENT_BYTES));
    cache.put("a", event(1), 1);
    cache.put("b", event(1), 1);
    cache.put("b", event(2), 2);
    assertThat(after(cache, "a", 0)).contains(numbers(1, 1));

    cache.put("c", event(1), 1);

    assertThat(after(cache, "b", 0)).isEmpty();
    assertThat(after(cache, "a", 0)).contains(numbers(1, 1));
    assertThat(after(cache, "c", 0)).contains(numbers(1, 1));
  }

  @Test
  void knows_what_a_sorted_map_knows_in_whatever_order_events_come_and_go() {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      int window = 1 + random.nextInt(40);
      EventCache cache = new EventCache(window, Long.MAX_VALUE);
      NavigableMap<Long, Boolean> model = new TreeMap<>();
      long highest = random.nextInt(1_000);
      for (int step = 0; step < 300; step++) {
        if (random.nextInt(10) == 0) {
          long upTo = highest - random.nextInt(window + 1);
          cache.drop("a", upTo);
          model.headMap(upTo, true).clear();
        } else {
          // Mostly the next, sometimes one that was late, now and then one far ahead.
          long sequence =
              Math.max(
                  1,
                  switch (random.nextInt(10)) {
                    case 0 -> highest - random.nextInt(2 * window);
                    case 1 -> highest + 2;
                    case 2 -> highest + random.nextInt(3 * window);
                    default -> highest + 1;
                  });
          cache.put("a", event(sequence), step);
          if (model.isEmpty() || sequence > model.lastKey() - window) {
            model.put(sequence, true);
            model.headMap(model.lastKey() - window, true).clear();
          }
          highest = Math.max(highest, sequence);
        }
        assertThat(cache.events()).as("seed %d, step %d", seed, step).isEqualTo(model.size());
        long place = highest - random.nextInt(window + 2);
        assertThat(after(cache, "a", place))
            .as("seed %d, step %d, after %d", seed, step, place)
            .isEqualTo(tail(model, place));
      }
    }
  }

  private static Optional<List<Long>> tail(NavigableMap<Long, Boolean> model, long place) {
    if (model.isEmpty() || model.lastKey() < place) {
      return Optional.empty();
    }
    List<Long> tail = new ArrayList<>(model.tailMap(place, false).keySet());
    return tail.size() == model.lastKey() - place ? Optional.of(tail) : Optional.empty();
  }

  @Test
  void says_nothing_while_an_append_is_in_doubt() {
    EventCache cache = new EventCache(10, 1_000_000);
    cache.put("a", event(1), 1);
    cache.doubt("a", 2);
    cache.doubt("new", 2);

    assertThat(after(cache, "a", 0)).isEmpty();
    assertThat(cache.remembered("a", 0)).isPresent();
    assertThat(cache.remembered("new", 0)).isEmpty();

    cache.put("a", event(2), 3);
    assertThat(after(cache, "a", 0)).contains(numbers(1, 2));
  }
}
