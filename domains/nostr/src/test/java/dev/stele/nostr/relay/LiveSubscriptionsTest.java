package dev.stele.nostr.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.testkit.Scale;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LiveSubscriptionsTest {
  private static final int VALUES = 12;

  private static String hash(int number) {
    return "%064x".formatted(number);
  }

  /** An event in shape: nothing here looks at ids and signatures. */
  private static NostrEvent event(Random random) {
    List<List<String>> tags = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String name = List.of("e", "p", "t", "T", "long", "").get(random.nextInt(6));
      tags.add(
          random.nextInt(8) == 0
              ? List.of(name)
              : List.of(name, hash(random.nextInt(VALUES)), "more"));
    }
    return new NostrEvent(
        hash(random.nextInt(VALUES)),
        hash(random.nextInt(VALUES)),
        random.nextInt(100),
        random.nextInt(VALUES),
        tags,
        "",
        "0".repeat(128));
  }

  private static NostrFilter filter(Random random) {
    Map<Character, Set<String>> tags = new HashMap<>();
    for (char letter : new char[] {'e', 'p', 't', 'T'}) {
      if (random.nextInt(5) == 0) {
        Set<String> values = new HashSet<>();
        numbers(random).forEach(number -> values.add(hash(number)));
        tags.put(letter, values);
      }
    }
    Set<NostrId> ids = new HashSet<>();
    Set<PublicKey> authors = new HashSet<>();
    numbers(random).forEach(number -> ids.add(NostrId.ofHex(hash(number))));
    numbers(random).forEach(number -> authors.add(PublicKey.ofHex(hash(number))));
    return new NostrFilter(
        random.nextInt(5) == 0 ? Optional.of(ids) : Optional.empty(),
        random.nextInt(3) == 0 ? Optional.of(authors) : Optional.empty(),
        random.nextInt(3) == 0 ? Optional.of(numbers(random)) : Optional.empty(),
        tags,
        random.nextInt(5) == 0 ? OptionalLong.of(random.nextInt(100)) : OptionalLong.empty(),
        random.nextInt(5) == 0 ? OptionalLong.of(random.nextInt(100)) : OptionalLong.empty(),
        OptionalInt.empty(),
        Optional.empty());
  }

  private static Set<Integer> numbers(Random random) {
    Set<Integer> numbers = new HashSet<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      numbers.add(random.nextInt(VALUES));
    }
    return numbers;
  }

  @Test
  void an_event_finds_those_that_holding_it_against_all_filters_would_find() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    LiveSubscriptions<Integer> index = new LiveSubscriptions<>();
    Map<Integer, List<NostrFilter>> model = new HashMap<>();
    int found = 0;
    for (int i = 0; i < Scale.of(50_000); i++) {
      int subscription = random.nextInt(100);
      List<NostrFilter> old = model.remove(subscription);
      if (old != null) {
        index.remove(subscription, old);
      }
      if (random.nextInt(3) > 0) {
        List<NostrFilter> filters = new ArrayList<>();
        for (int j = random.nextInt(4); j > 0; j--) {
          filters.add(filter(random));
        }
        model.put(subscription, filters);
        index.add(subscription, filters);
      }
      NostrEvent event = event(random);
      Set<Integer> expected = new HashSet<>();
      model.forEach(
          (each, filters) -> {
            if (filters.stream().anyMatch(filter -> filter.matches(event))) {
              expected.add(each);
            }
          });
      assertThat(index.matching(event))
          .as("seed %d, step %d", seed, i)
          .containsExactlyInAnyOrderElementsOf(expected);
      found += expected.size();
    }
    assertThat(found).isPositive();
    model.forEach(index::remove);
    assertThat(index.isEmpty()).as("seed %d", seed).isTrue();
  }

  @Test
  void an_event_is_held_against_no_filters_but_those_that_share_something_with_it() {
    LiveSubscriptions<Integer> index = new LiveSubscriptions<>();
    for (int i = 0; i < 10_000; i++) {
      Set<PublicKey> author = Set.of(PublicKey.ofHex(hash(1_000 + i)));
      index.add(
          i,
          List.of(
              new NostrFilter(
                  Optional.empty(),
                  Optional.of(author),
                  Optional.of(Set.of(1)),
                  Map.of(),
                  OptionalLong.empty(),
                  OptionalLong.empty(),
                  OptionalInt.empty(),
                  Optional.empty())));
    }
    NostrEvent event = new NostrEvent(hash(1), hash(1_005), 1, 1, List.of(), "", "0".repeat(128));

    assertThat(index.matching(event)).containsExactly(5);
    assertThat(index.candidates(event)).isEqualTo(1);
  }
}
