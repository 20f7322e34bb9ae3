package dev.stele.nostr.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.Scale;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Words are folded by blocks of the log, and nobody who searches can tell. */
class SearchBlocksTest {
  private static final NostrKey ALICE = People.person(1);
  private static final int BLOCK = Postings.BLOCK;

  private final Followed search = Followed.inMemory(new Search());

  private static NostrEvent note(long at, String content) {
    return ALICE.sign(at, 1, List.of(), content);
  }

  private List<Search.Hit> hits(String query) {
    return search.read(tables -> Search.rank(tables, query));
  }

  private List<Long> found(String query) {
    return hits(query).stream().map(Search.Hit::position).toList();
  }

  @Test
  void an_event_is_folded_with_the_last_position_of_its_block() {
    search.appears(note(1, "stone age")).skips(BLOCK - 2);
    assertThat(search.rows(Search.RECENT)).hasSize(1);
    assertThat(search.rows(Search.WORDS)).isEmpty();
    search.skips(1);
    assertThat(search.rows(Search.RECENT)).isEmpty();
    assertThat(search.rows(Search.WORDS)).hasSize(2);
    assertThat(found("stone")).containsExactly(1L);
  }

  @Test
  void the_last_event_of_a_block_and_the_first_of_the_next_are_in_their_own() {
    search.skips(BLOCK - 1).appears(note(1, "stone"), note(2, "stone"));
    assertThat(search.lines(Search.WORDS)).singleElement().asString().contains("stone, 0,");
    assertThat(search.rows(Search.RECENT)).hasSize(1);
    search.skips(BLOCK);
    assertThat(search.rows(Search.WORDS)).hasSize(2);
    assertThat(found("stone")).containsExactly(BLOCK + 1L, (long) BLOCK);
  }

  @Test
  void a_fold_changes_no_rank() {
    Random random = new Random(7);
    for (int i = 0; i < 300; i++) {
      search.appears(note(random.nextInt(50), text(random)));
    }
    List<String> queries = List.of("a", "b c", "d e f g", "h a", "zz");
    List<List<Search.Hit>> before = queries.stream().map(this::hits).toList();
    search.skips(BLOCK);
    assertThat(search.rows(Search.RECENT)).isEmpty();
    assertThat(queries.stream().map(this::hits).toList()).isEqualTo(before);
  }

  @Test
  void an_event_leaves_a_block_at_once_and_the_others_stay() {
    NostrEvent first = note(1, "stone and stone");
    NostrEvent second = note(2, "stone");
    search.appears(first, second).skips(BLOCK).goes(first);
    assertThat(found("stone and")).containsExactly(2L);
    assertThat(search.rows(Search.WORDS)).hasSize(1);
    search.goes(first).goes(second);
    assertThat(search.hash()).isEqualTo(Followed.inMemory(new Search()).hash());
  }

  @Test
  void an_event_is_folded_with_as_many_words_as_the_limit_and_not_with_one_more() {
    String most = "a ".repeat(Search.MAX_FOLDED_WORDS - 1);
    NostrEvent folded = note(1, most + "stone");
    NostrEvent longer = note(2, most + "a stone");
    search.appears(folded, longer);
    assertThat(search.rows(Search.RECENT)).hasSize(1);
    assertThat(search.rows(Search.LONG)).hasSize(2);
    assertThat(found("stone")).containsExactly(1L, 2L);
    search.skips(BLOCK);
    assertThat(search.rows(Search.LONG)).hasSize(2);
    assertThat(found("stone")).containsExactly(1L, 2L);
    search.goes(longer).goes(longer);
    assertThat(found("a")).containsExactly(1L);
    search.goes(folded);
    assertThat(search.hash()).isEqualTo(Followed.inMemory(new Search()).hash());
  }

  @Test
  void the_events_that_came_last_are_looked_at_to_the_limit() {
    long last = 6L * BLOCK;
    long oldest = last - Search.MAX_LOOKED_AT;
    search.change(
        tables -> {
          for (long block = 0; block < 6; block++) {
            Postings postings = new Postings(block);
            for (long at = Postings.before(block) + 1; at <= Postings.before(block + 1); at++) {
              // The better ones would come first.
              int frequency = at == oldest ? 9 : at == oldest + 1 ? 5 : 1;
              // One of those that are looked at is in a row of its own.
              if (at == last - 10) {
                tables.put(Search.LONG, "stone", at, frequency, 1_000, 1L);
              } else {
                postings.add(at, frequency, 10, 1);
              }
            }
            tables.put(Search.WORDS, "stone", block, postings.toBytes());
          }
          tables.put(Search.TOTALS, 1L, last, last * 10);
        });
    List<Long> found = found("stone");
    assertThat(found).hasSize(Search.MAX_HITS);
    assertThat(found.getFirst()).isEqualTo(oldest + 1);
    assertThat(found).doesNotContain(oldest);
  }

  /** One thing that happens at a position of the log; or nothing, so many times. */
  private record Step(NostrEvent event, boolean appears, long nothing) {
    void tell(Followed followed, Part.Batch batch) {
      if (nothing > 0) {
        followed.skip(nothing);
      } else if (appears) {
        followed.appear(event, batch);
      } else {
        followed.go(event, batch);
      }
    }
  }

  /** One by one, in batches, and all at once; in memory and in a file. */
  @Test
  void the_tables_are_alike_wherever_batches_end(@TempDir Path folder) {
    long seed = Long.getLong("stele.seed", 20261123L);
    Random random = new Random(seed);
    for (int history = 0; history < Scale.of(5); history++) {
      List<Step> steps = steps(random);
      List<IntSupplier> cuts =
          List.of(
              () -> 1, () -> 1 + random.nextInt(40), () -> 1 + random.nextInt(400), steps::size);
      String expected = "";
      for (IntSupplier cut : cuts) {
        try (Followed inFile =
                new Followed(
                    SqliteViewStore.openWriter(
                        folder.resolve(history + "-" + cuts.indexOf(cut) + ".views.db")),
                    new Search());
            Followed inMemory = new Followed(new MemoryViewStore(), new Search())) {
          tell(steps, inMemory, cut);
          tell(steps, inFile, cut);
          expected = expected.isEmpty() ? inMemory.hash() : expected;
          assertThat(inMemory.hash()).as("seed %d", seed).isEqualTo(expected);
          assertThat(inFile.hash()).as("seed %d, in a file", seed).isEqualTo(expected);
          assertThat(inMemory.rows(Search.WORDS)).isNotEmpty();
        }
      }
    }
  }

  /** Writes whenever some 30 words wait. */
  private static final class Forgetful implements Part {
    private final Part search = new Search();

    @Override
    public List<Table> tables() {
      return search.tables();
    }

    @Override
    public Batch begin(Tables tables) {
      return new SearchBatch(tables, 30);
    }
  }

  @Test
  void a_batch_that_writes_in_between_comes_to_the_same() {
    long seed = Long.getLong("stele.seed", 20261124L);
    List<Step> steps = steps(new Random(seed));
    try (Followed forgetful = Followed.inMemory(new Forgetful())) {
      tell(steps, forgetful, steps::size);
      tell(steps, search, steps::size);
      assertThat(forgetful.hash()).as("seed %d", seed).isEqualTo(search.hash());
    }
  }

  private static void tell(List<Step> steps, Followed followed, IntSupplier cut) {
    for (int from = 0; from < steps.size(); ) {
      int to = Math.min(steps.size(), from + cut.getAsInt());
      List<Step> some = steps.subList(from, to);
      followed.batch(batch -> some.forEach(step -> step.tell(followed, batch)));
      from = to;
    }
  }

  private static List<Step> steps(Random random) {
    List<Step> steps = new ArrayList<>();
    List<NostrEvent> visible = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      NostrEvent event = note(i, text(random) + (random.nextInt(20) == 0 ? " a".repeat(300) : ""));
      switch (random.nextInt(4)) {
        case 0 -> steps.add(new Step(event, true, 1 + random.nextInt(BLOCK / 20)));
        case 1 -> {
          if (!visible.isEmpty()) {
            steps.add(new Step(visible.remove(random.nextInt(visible.size())), false, 0));
          }
        }
        default -> {
          visible.add(event);
          steps.add(new Step(event, true, 0));
        }
      }
    }
    return steps;
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(9); i >= 0; i--) {
      text.append(' ').append((char) ('a' + random.nextInt(1 + random.nextInt(9))));
    }
    return text.toString();
  }
}
