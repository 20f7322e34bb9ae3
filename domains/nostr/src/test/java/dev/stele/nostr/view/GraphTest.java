package dev.stele.nostr.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.Scale;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is how far from the owner is what a search over all follow lists would find. */
class GraphTest {
  private static final NostrKey OWNER = People.person(100);
  private static final NostrKey ALICE = People.person(1);
  private static final NostrKey BOB = People.person(2);
  private static final NostrKey CAROL = People.person(3);
  private static final NostrKey DAVE = People.person(4);

  private final Followed graph = Followed.inMemory(new Graph(OWNER.pubkey(), 3));

  private static NostrEvent list(NostrKey author, long at, NostrKey... follows) {
    return author.sign(at, Graph.KIND, Stream.of(follows).map(People::p).toList(), "");
  }

  private Map<String, Integer> depths() {
    Map<String, Integer> depths = new HashMap<>();
    graph
        .read(tables -> Graph.within(tables, OWNER.pubkey(), Graph.MAX_DEPTH))
        .forEach(node -> depths.put(node.pubkey(), node.depth()));
    return depths;
  }

  private List<Graph.Node> mutual() {
    return graph.read(tables -> Graph.mutual(tables, OWNER.pubkey()));
  }

  private void assertDepths(Map<NostrKey, Integer> depths) {
    Map<String, Integer> expected = new HashMap<>();
    depths.forEach((person, depth) -> expected.put(person.pubkey(), depth));
    assertThat(depths()).isEqualTo(expected);
  }

  @Test
  void whom_the_owner_follows_is_at_one_and_whom_they_follow_at_two() {
    graph.appears(list(OWNER, 1, ALICE, BOB), list(ALICE, 2, BOB, CAROL));
    assertDepths(Map.of(ALICE, 1, BOB, 1, CAROL, 2));
  }

  @Test
  void lists_may_come_before_those_that_lead_to_them() {
    graph.appears(list(BOB, 1, CAROL), list(ALICE, 2, BOB));
    assertDepths(Map.of());
    graph.appears(list(OWNER, 3, ALICE));
    assertDepths(Map.of(ALICE, 1, BOB, 2, CAROL, 3));
  }

  @Test
  void nobody_is_further_away_than_the_depth_that_is_asked_for() {
    graph.appears(list(OWNER, 1, ALICE), list(ALICE, 1, BOB), list(BOB, 1, CAROL));
    graph.appears(list(CAROL, 1, DAVE));
    assertDepths(Map.of(ALICE, 1, BOB, 2, CAROL, 3));
  }

  @Test
  void a_shorter_way_brings_somebody_and_those_behind_nearer_and_back() {
    graph.appears(list(OWNER, 1, ALICE), list(ALICE, 1, BOB), list(BOB, 1, CAROL));
    graph.appears(list(OWNER, 2, ALICE, BOB));
    assertDepths(Map.of(ALICE, 1, BOB, 1, CAROL, 2));
    graph.appears(list(OWNER, 3, ALICE));
    assertDepths(Map.of(ALICE, 1, BOB, 2, CAROL, 3));
  }

  @Test
  void who_is_followed_no_more_goes_also_where_they_follow_each_other() {
    graph.appears(list(OWNER, 1, ALICE), list(ALICE, 1, BOB), list(BOB, 1, ALICE));
    graph.appears(list(OWNER, 2));
    assertDepths(Map.of());
    assertThat(graph.rows(Graph.EDGES)).isEmpty();
    assertThat(graph.rows(Graph.BOUND)).isEmpty();
  }

  @Test
  void the_owner_is_no_node_and_nobody_reaches_themselves() {
    graph.appears(list(OWNER, 1, OWNER, ALICE), list(ALICE, 1, OWNER, ALICE));
    assertDepths(Map.of(ALICE, 1));
  }

  @Test
  void who_names_the_owner_is_mutual_as_long_as_they_do() {
    graph.appears(list(OWNER, 1, ALICE, BOB), list(ALICE, 1, OWNER), list(BOB, 1, CAROL));
    assertThat(mutual()).containsExactly(new Graph.Node(ALICE.pubkey(), 1, true, 1));
    graph.appears(list(ALICE, 2, BOB));
    assertThat(mutual()).isEmpty();
  }

  @Test
  void a_node_was_last_seen_in_the_newest_list_of_those_nearest_to_the_owner() {
    graph.appears(list(OWNER, 10, ALICE, BOB), list(ALICE, 30, CAROL), list(BOB, 20, CAROL, ALICE));
    assertThat(graph.lines(Graph.NODES))
        .contains(
            "graph_nodes[%s, %s, 2, 0, 30]".formatted(OWNER.pubkey(), CAROL.pubkey()),
            "graph_nodes[%s, %s, 1, 0, 10]".formatted(OWNER.pubkey(), ALICE.pubkey()));
    graph.appears(list(ALICE, 40));
    assertThat(graph.lines(Graph.NODES))
        .contains("graph_nodes[%s, %s, 2, 0, 20]".formatted(OWNER.pubkey(), CAROL.pubkey()));
  }

  @Test
  void an_older_list_changes_nothing_and_one_that_goes_leaves_nothing() {
    NostrEvent list = list(OWNER, 2, ALICE);
    graph.appears(list).appears(list(OWNER, 1, BOB));
    assertDepths(Map.of(ALICE, 1));
    graph.goes(list(OWNER, 1, BOB));
    assertDepths(Map.of(ALICE, 1));
    graph.goes(list);
    assertThat(graph.hash()).isEqualTo(Followed.inMemory(new Graph(OWNER.pubkey(), 3)).hash());
  }

  @Test
  void only_keys_of_64_hex_digits_are_followed() {
    graph.appears(
        OWNER.sign(
            1,
            Graph.KIND,
            List.of(
                List.of("p"),
                List.of("p", "alice"),
                List.of("p", ALICE.pubkey().toUpperCase(Locale.ROOT)),
                List.of("P", BOB.pubkey()),
                List.of("p", CAROL.pubkey(), "wss://a.example", "carol"),
                People.p(CAROL)),
            ""));
    assertDepths(Map.of(CAROL, 1));
  }

  @Test
  void the_longest_list_is_followed_whole() {
    List<List<String>> tags = new ArrayList<>();
    for (int i = 0; i < NostrEvent.MAX_TAGS; i++) {
      tags.add(List.of("p", "%064x".formatted(i)));
    }
    NostrEvent list = OWNER.sign(1, Graph.KIND, tags, "");
    assertThat(graph.appears(list).rows(Graph.NODES)).hasSize(NostrEvent.MAX_TAGS);
    assertThat(graph.goes(list).rows(Graph.NODES)).isEmpty();
  }

  @Test
  void another_owner_or_depth_is_another_version() {
    assertThat(version(2, OWNER)).isPositive().isEqualTo(version(2, OWNER));
    assertThat(List.of(version(2, OWNER), version(3, OWNER), version(2, ALICE)))
        .doesNotHaveDuplicates()
        .allMatch(version -> version > 0);
  }

  private static int version(int depth, NostrKey owner) {
    return new NostrView(Set.of(), List.of(new Graph(owner.pubkey(), depth))).version();
  }

  @Test
  void a_depth_is_within_its_bounds() {
    new Graph(OWNER.pubkey(), Graph.MAX_DEPTH);
    assertThatThrownBy(() -> new Graph(OWNER.pubkey(), Graph.MAX_DEPTH + 1))
        .hasMessageContaining("4");
    assertThatThrownBy(() -> new Graph(OWNER.pubkey(), 0)).hasMessageContaining("1 to");
    assertThatThrownBy(() -> new Graph("npub1", 1)).hasMessageContaining("64");
  }

  /** At every step of random histories, with few nodes and with as many as there are. */
  @ParameterizedTest
  @ValueSource(ints = {3, 11, Graph.MAX_NODES})
  void is_at_every_step_what_a_search_over_all_lists_finds(int maxNodes) {
    long seed = Long.getLong("stele.seed", 20261103L) + maxNodes;
    Random random = new Random(seed);
    for (int history = 0; history < Scale.of(200); history++) {
      int depth = 1 + random.nextInt(Graph.MAX_DEPTH);
      try (Followed followed =
          Followed.inMemory(new Graph(People.person(1).pubkey(), depth, maxNodes))) {
        run(new Random(random.nextLong()), followed, depth, maxNodes, 60, "seed " + seed);
      }
    }
  }

  @Test
  void is_the_same_in_a_file(@TempDir Path folder) {
    long seed = Long.getLong("stele.seed", 20261104L);
    Graph part = new Graph(People.person(1).pubkey(), 3, 8);
    try (Followed inFile =
            new Followed(SqliteViewStore.openWriter(folder.resolve("parts.views.db")), part);
        Followed inMemory = Followed.inMemory(part)) {
      run(new Random(seed), inFile, 3, 8, 80, "seed " + seed);
      run(new Random(seed), inMemory, 3, 8, 80, "seed " + seed);
      assertThat(inFile.hash()).isEqualTo(inMemory.hash());
    }
  }

  private static void run(
      Random random, Followed followed, int depth, int maxNodes, int steps, String seed) {
    List<NostrKey> people = IntStream.rangeClosed(1, 14).mapToObj(People::person).toList();
    Map<String, NostrEvent> lists = new TreeMap<>();
    for (int step = 0; step < steps; step++) {
      NostrKey author = people.get(random.nextInt(10) < 3 ? 0 : random.nextInt(people.size()));
      NostrEvent current = lists.get(author.pubkey());
      if (current != null && random.nextInt(6) == 0) {
        followed.goes(current);
        lists.remove(author.pubkey());
      } else {
        NostrKey[] follows =
            random
                .ints(random.nextInt(5), 0, people.size())
                .mapToObj(people::get)
                .toArray(NostrKey[]::new);
        NostrEvent next = list(author, random.nextInt(20), follows);
        boolean newer = current == null || !Newest.isOlder(next, current.createdAt(), current.id());
        followed.appears(next);
        if (newer) {
          lists.put(author.pubkey(), next);
          if (current != null && !current.equals(next)) {
            followed.goes(current);
          }
        }
      }
      assertThat(followed.lines(Graph.NODES))
          .as("%s, step %d, depth %d", seed, step, depth)
          .isEqualTo(searched(people.getFirst().pubkey(), lists, depth, maxNodes));
    }
    assertThat(followed.hash()).isNotEmpty();
  }

  /** The same from scratch, by breadth. */
  private static List<String> searched(
      String owner, Map<String, NostrEvent> lists, int depth, int maxNodes) {
    Map<String, Integer> depths = new HashMap<>(Map.of(owner, 0));
    Map<String, Long> seen = new HashMap<>();
    List<String> level = List.of(owner);
    for (int at = 1; at <= depth; at++) {
      TreeSet<String> next = new TreeSet<>();
      for (String author : level) {
        NostrEvent list = lists.get(author);
        if (list == null) {
          continue;
        }
        for (List<String> tag : list.tags()) {
          String target = tag.get(1);
          if (depths.putIfAbsent(target, at) == null) {
            next.add(target);
          }
          if (depths.get(target) == at) {
            seen.merge(target, list.createdAt(), Math::max);
          }
        }
      }
      level = List.copyOf(next);
    }
    depths.remove(owner);
    return depths.entrySet().stream()
        .sorted(
            Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .limit(maxNodes)
        .sorted(Comparator.comparing(Map.Entry::getKey))
        .map(
            each ->
                "graph_nodes[%s, %s, %d, %d, %d]"
                    .formatted(
                        owner,
                        each.getKey(),
                        each.getValue(),
                        names(lists.get(each.getKey()), owner) ? 1 : 0,
                        seen.get(each.getKey())))
        .toList();
  }

  private static boolean names(@Nullable NostrEvent list, String owner) {
    return list != null && list.tags().contains(List.of("p", owner));
  }
}
