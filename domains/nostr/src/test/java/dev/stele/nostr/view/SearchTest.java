package dev.stele.nostr.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.view.MemoryViewStore;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.Scale;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Events are found by their words, the best first, alike on every store. */
class SearchTest {
  private static final NostrKey ALICE = People.person(1);

  private final Followed search = Followed.inMemory(new Search());

  private static NostrEvent note(long at, String content) {
    return ALICE.sign(at, 1, List.of(), content);
  }

  private List<Long> found(String query) {
    return positions(search, query);
  }

  private static List<Long> positions(Followed followed, String query) {
    return followed.read(
        tables -> Search.rank(tables, query).stream().map(Search.Hit::position).toList());
  }

  @Test
  void an_event_is_found_by_any_of_its_words() {
    search.appears(note(1, "Set in stone."), note(2, "written in water"));
    assertThat(found("STONE")).containsExactly(1L);
    assertThat(found("water, stone")).containsExactlyInAnyOrder(1L, 2L);
    assertThat(found("sand")).isEmpty();
    assertThat(found("ston")).isEmpty();
  }

  @Test
  void who_has_more_of_the_words_comes_first() {
    search.appears(note(1, "one two"), note(2, "one three"), note(3, "two three four one"));
    assertThat(found("one two four").getFirst()).isEqualTo(3);
  }

  @Test
  void a_rare_word_counts_for_more_than_a_frequent_one() {
    search.appears(note(1, "rare x"), note(9, "often x"), note(8, "often y"), note(7, "often z"));
    assertThat(found("often rare").getFirst()).isEqualTo(1);
  }

  @Test
  void a_word_counts_for_more_where_it_is_repeated() {
    search.appears(note(1, "stone a b"), note(1, "stone stone b"), note(1, "c d e"));
    assertThat(found("stone")).containsExactly(2L, 1L);
  }

  @Test
  void a_word_counts_for_more_where_the_text_is_short() {
    search.appears(note(1, "stone a b"), note(1, "stone"), note(1, "c d e"));
    assertThat(found("stone")).containsExactly(2L, 1L);
  }

  @Test
  void of_equals_the_later_comes_first_and_then_the_one_that_came_in_first() {
    search.appears(note(1, "a stone"), note(3, "b stone"), note(3, "c stone"));
    assertThat(found("stone")).containsExactly(2L, 3L, 1L);
  }

  @Test
  void profiles_are_found_by_what_they_tell_and_not_by_how() {
    search.appears(
        ALICE.sign(
            1,
            0,
            List.of(),
            "{\"name\":\"stonecutter\",\"about\":\"of hard"
                + " \\u0073tone\",\"picture\":\"https://pic\","
                + "\"more\":{\"about\":\"hidden\"},\"display_name\":5}"));
    assertThat(found("stonecutter")).containsExactly(1L);
    assertThat(found("stone")).containsExactly(1L);
    for (String word : List.of("about", "pic", "hidden", "picture", "5")) {
      assertThat(found(word)).as(word).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "stone", "[\"stone\"]", "{\"name\":\"stone\"", "{\"name\":\"stone\"}}"})
  void a_profile_that_cannot_be_read_is_not_found(String content) {
    NostrEvent profile = ALICE.sign(1, 0, List.of(), content);
    search.appears(profile);
    boolean read = content.endsWith("}}");
    assertThat(found("stone")).hasSize(read ? 1 : 0);
    search.goes(profile);
    assertThat(search.hash()).isEqualTo(Followed.inMemory(new Search()).hash());
  }

  @Test
  void articles_are_found_by_title_summary_topic_and_content() {
    List<List<String>> tags =
        List.of(
            List.of("title", "granite"),
            List.of("summary", "basalt"),
            List.of("t", "marble"),
            List.of("d", "slate"));
    search.appears(ALICE.sign(1, 30_023, tags, "sandstone"));
    for (String word : List.of("granite", "basalt", "marble", "sandstone")) {
      assertThat(found(word)).as(word).hasSize(1);
    }
    assertThat(found("slate")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 6, 7, 1_111, 30_024})
  void events_of_other_kinds_are_not_found(int kind) {
    search.appears(ALICE.sign(1, kind, List.of(), "stone"));
    assertThat(found("stone")).isEmpty();
  }

  @Test
  void an_event_that_goes_is_found_no_more() {
    NostrEvent first = note(1, "stone and more stone");
    NostrEvent second = note(2, "stone");
    search.appears(first, second).goes(first);
    assertThat(found("stone more")).containsExactly(2L);
    search.goes(second).goes(first);
    assertThat(search.hash()).isEqualTo(Followed.inMemory(new Search()).hash());
  }

  @ParameterizedTest
  @CsvSource({
    "stone language:en",
    "nsfw:false stone include:spam",
    "stone sort:hot",
    "https://a.example stone"
  })
  void extensions_that_nobody_knows_are_passed_over(String query) {
    search.appears(note(1, "stone"), note(2, "language en nsfw false https a example"));
    assertThat(found(query)).containsExactly(1L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "language:en", "language:en nsfw:false"})
  void a_query_of_nothing_or_of_extensions_alone_asks_for_nothing(String query) {
    search.appears(note(1, "stone language en"));
    assertThat(Search.asks(query)).isFalse();
    assertThat(found(query)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"...", "🪨"})
  void a_query_of_other_signs_than_words_asks_and_finds_nothing(String query) {
    search.appears(note(1, "stone ... 🪨"));
    assertThat(Search.asks(query)).isTrue();
    assertThat(found(query)).isEmpty();
  }

  @Test
  void an_event_is_found_by_a_query_as_it_would_be_in_the_tables() {
    assertThat(Search.finds("stone age", note(1, "The Stone"))).isTrue();
    assertThat(Search.finds("age", note(1, "The Stone"))).isFalse();
    assertThat(Search.finds("...", note(1, "..."))).isFalse();
  }

  @Test
  void a_query_counts_to_its_limit() {
    search.appears(note(1, "last"), note(2, "w1"));
    StringBuilder query = new StringBuilder();
    for (int i = 1; i < Search.MAX_QUERY_WORDS; i++) {
      query.append('w').append(i).append(' ');
    }
    assertThat(found(query + "last")).hasSize(2);
    assertThat(found(query + "one last")).containsExactly(2L);
  }

  @Test
  void an_event_counts_to_its_limit() {
    String most = "a ".repeat(Search.MAX_WORDS - 1);
    NostrEvent longest = note(1, most + "end");
    NostrEvent longer = note(2, most + "a end");
    search.appears(longest, longer);
    assertThat(found("end")).containsExactly(1L);
    assertThat(found("a")).hasSize(2);
    search.goes(longest, longer);
    assertThat(search.hash()).isEqualTo(Followed.inMemory(new Search()).hash());
  }

  @Test
  void the_longest_words_fit_their_keys() {
    // Four bytes each.
    NostrEvent event = note(1, "𝒳".repeat(3) + " " + "𐐀".repeat(Words.MAX_CODE_POINTS + 1));
    search.appears(event);
    assertThat(found("𐐀".repeat(Words.MAX_CODE_POINTS))).containsExactly(1L);
  }

  @Test
  void a_logarithm_of_integers_is_near_that_of_real_numbers() {
    for (long number = 1; number < 1L << 50; number = number * 5 / 4 + 1) {
      double real = StrictMath.log((double) number) / StrictMath.log(2) * 256;
      assertThat((double) Search.log2(number)).as("%d", number).isBetween(real - 1.01, real + 0.01);
    }
  }

  /** Against a count of words text by text, at every step, and alike in memory and in a file. */
  @Test
  void random_histories_find_what_is_visible_on_every_store(@TempDir Path folder) {
    long seed = Long.getLong("stele.seed", 20261107L);
    Random random = new Random(seed);
    try (Followed inFile =
            new Followed(
                SqliteViewStore.openWriter(folder.resolve("parts.views.db")), new Search());
        Followed inMemory = new Followed(new MemoryViewStore(), new Search())) {
      TreeMap<Long, NostrEvent> visible = new TreeMap<>();
      long position = 0;
      for (int step = 0; step < Scale.of(2_000); step++) {
        position++;
        if (!visible.isEmpty() && random.nextInt(4) == 0) {
          long at = new ArrayList<>(visible.keySet()).get(random.nextInt(visible.size()));
          NostrEvent gone = Objects.requireNonNull(visible.remove(at));
          inFile.goes(gone);
          inMemory.goes(gone);
        } else {
          NostrEvent event = note(step, text(random, 1 + random.nextInt(8)));
          visible.put(position, event);
          inFile.appears(event);
          inMemory.appears(event);
        }
        String query = text(random, 1 + random.nextInt(3));
        List<Long> found = positions(inMemory, query);
        assertThat(positions(inFile, query)).as("seed %d, step %d", seed, step).isEqualTo(found);
        assertThat(found)
            .as("seed %d, step %d, '%s'", seed, step, query)
            .containsExactlyInAnyOrderElementsOf(
                visible.entrySet().stream()
                    .filter(each -> sharesWord(each.getValue().content(), query))
                    .map(Map.Entry::getKey)
                    .toList());
      }
      assertThat(inFile.hash()).as("seed %d", seed).isEqualTo(inMemory.hash());
    }
  }

  private static boolean sharesWord(String text, String query) {
    List<String> words = List.of(text.split(" "));
    return List.of(query.split(" ")).stream().anyMatch(words::contains);
  }

  private static String text(Random random, int words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(i == 0 ? "" : " ").append((char) ('a' + random.nextInt(1 + random.nextInt(20))));
    }
    return text.toString();
  }
}
