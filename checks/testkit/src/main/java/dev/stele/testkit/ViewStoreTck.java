package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.view.Scan;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Failure;
import dev.stele.core.view.ViewStore.Generation;
import dev.stele.core.view.ViewStore.Slot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of a {@link ViewStore}, as tests.
 *
 * <p>A store's own test extends this class, opens the store on a folder, and says whether what it
 * keeps outlives it. What random tables, rows, scans and rollbacks come to is compared with a naive
 * model, by seed: see {@link TableModel}.
 */
public abstract class ViewStoreTck {
  private static final Table NOTES =
      Table.named("notes")
          .text("author")
          .integer("number")
          .nullableText("title")
          .nullableBytes("content")
          .nullableInteger("seen")
          .key("author", "number")
          .index("notes_by_title", "title", "seen")
          .index("notes_by_seen", "seen")
          .build();

  private static final Table COUNTS =
      Table.named("counts").integer("id").integer("n").key("id").build();

  /** A table of other shape under a name that is taken. */
  private static final Table NOTES_AGAIN =
      Table.named("notes").integer("number").key("number").index("notes_by_seen", "number").build();

  private static final List<Table> BOTH = List.of(NOTES, COUNTS);

  /** Where this test's store keeps its files. */
  @TempDir protected Path folder;

  private @Nullable ViewStore opened;

  /** Made once for each test. */
  protected ViewStoreTck() {}

  /** Opens the store to write, making what it needs in {@code folder}. */
  protected abstract ViewStore open(Path folder);

  /** Tells whether what is kept outlives the store. */
  protected abstract boolean persists();

  @BeforeEach
  final void openStore() {
    opened = open(folder);
  }

  @AfterEach
  final void closeStore() {
    store().close();
  }

  private ViewStore store() {
    ViewStore store = opened;
    if (store == null) {
      throw new IllegalStateException("the store was not opened");
    }
    return store;
  }

  private void reopen() {
    Assumptions.assumeTrue(persists(), "this store keeps nothing");
    store().close();
    opened = open(folder);
  }

  private static Head at(long position) {
    byte[] link = new byte[32];
    link[0] = (byte) position;
    return new Head(position, link);
  }

  private void begin() {
    store().begin("v", Slot.LIVE, 1, BOTH, 7);
  }

  private void change(long position, Consumer<Tables> work) {
    change(Slot.LIVE, position, work);
  }

  private void change(Slot slot, long position, Consumer<Tables> work) {
    store()
        .change(
            "v",
            slot,
            tables -> {
              work.accept(tables);
              return at(position);
            });
  }

  private <T> T read(ViewStore.Reading<T> reading) {
    return store().read("v", reading).value();
  }

  private static List<TableRow> all(TableReader tables, Scan scan) {
    List<TableRow> rows = new ArrayList<>();
    tables.forEach(scan, rows::add);
    return rows;
  }

  private List<TableRow> rows(Scan scan) {
    return read(tables -> all(tables, scan));
  }

  private Optional<TableRow> note(String author, long number) {
    return read(tables -> tables.get(NOTES, author, number));
  }

  private List<Long> numbers(Scan scan) {
    return rows(scan).stream().map(row -> row.integer("number")).toList();
  }

  private static void note(Tables tables, String author, long number, @Nullable String title) {
    tables.put(NOTES, author, number, title, null, null);
  }

  private String hash(Slot slot) {
    return StateHash.of(store(), "v", slot).value();
  }

  // ---- generations ----

  @Test
  void a_store_begins_without_views() {
    assertThat(store().generations()).isEmpty();
    assertThat(store().find("v", Slot.LIVE)).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> read(_ -> ""));
    assertThatIllegalArgumentException().isThrownBy(() -> change(1, _ -> {}));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store().mark("v", Slot.LIVE, Optional.empty()));
    assertThatIllegalArgumentException().isThrownBy(() -> store().swap("v"));
    store().drop("v", Slot.LIVE);
  }

  @Test
  void a_generation_begins_empty_at_0() {
    begin();
    Generation begun = store().find("v", Slot.LIVE).orElseThrow();
    assertThat(begun)
        .isEqualTo(
            new Generation("v", Slot.LIVE, 1, BOTH, 7, new Head(0, new byte[0]), Optional.empty()));
    assertThat(store().generations()).containsExactly(begun);
    ViewStore.Answer<List<TableRow>> answer =
        store().read("v", tables -> all(tables, Scan.of(NOTES)));
    assertThat(answer.value()).isEmpty();
    assertThat(answer.position()).isZero();
  }

  @Test
  void rows_and_cursor_move_together() {
    begin();
    change(5, tables -> note(tables, "a", 1, "x"));
    assertThat(store().find("v", Slot.LIVE).orElseThrow().cursor()).isEqualTo(at(5));
    assertThat(store().read("v", tables -> tables.get(NOTES, "a", 1L).isPresent()))
        .isEqualTo(new ViewStore.Answer<>(true, 5));
  }

  @Test
  void a_change_that_throws_leaves_neither_rows_nor_cursor() {
    begin();
    change(
        5,
        tables -> {
          note(tables, "a", 1, "x");
          note(tables, "a", 2, "y");
        });
    String before = hash(Slot.LIVE);
    assertThatThrownBy(
            () ->
                change(
                    6,
                    tables -> {
                      note(tables, "a", 1, "changed");
                      note(tables, "a", 3, "new");
                      tables.delete(NOTES, "a", 2L);
                      assertThat(all(tables, Scan.of(NOTES))).hasSize(2);
                      throw new UnsupportedOperationException("as the test wants");
                    }))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(hash(Slot.LIVE)).isEqualTo(before);
    assertThat(store().find("v", Slot.LIVE).orElseThrow().cursor()).isEqualTo(at(5));
    change(6, tables -> note(tables, "a", 9, null));
    assertThat(numbers(Scan.of(NOTES))).containsExactly(1L, 2L, 9L);
  }

  @Test
  void everything_is_there_after_it_was_opened_again() {
    begin();
    change(5, tables -> note(tables, "a", 1, "x"));
    store().begin("v", Slot.BUILDING, 2, List.of(NOTES_AGAIN), 9);
    store().mark("v", Slot.BUILDING, Optional.of(new Failure(3, "why")));
    List<Generation> before = store().generations();
    String hash = hash(Slot.LIVE);
    reopen();
    assertThat(store().generations()).isEqualTo(before);
    assertThat(hash(Slot.LIVE)).isEqualTo(hash);
    assertThat(store().read("v", tables -> tables.get(NOTES, "a", 1L)).value()).isPresent();
  }

  @Test
  void the_live_one_answers_while_another_is_built_and_until_they_are_swapped() {
    begin();
    change(5, tables -> note(tables, "a", 1, "old"));
    store().begin("v", Slot.BUILDING, 2, List.of(NOTES_AGAIN), 9);
    change(Slot.BUILDING, 8, tables -> tables.put(NOTES_AGAIN, 80));
    assertThat(store().generations())
        .extracting(Generation::slot)
        .containsExactly(Slot.LIVE, Slot.BUILDING);
    assertThat(numbers(Scan.of(NOTES).by("notes_by_title"))).containsExactly(1L);
    assertThat(store().read("v", Slot.BUILDING, tables -> all(tables, Scan.of(NOTES_AGAIN)).size()))
        .isEqualTo(new ViewStore.Answer<>(1, 8));
    change(6, tables -> note(tables, "a", 2, "still"));
    String built = hash(Slot.BUILDING);

    store().swap("v");

    assertThat(store().generations())
        .containsExactly(
            new Generation("v", Slot.LIVE, 2, List.of(NOTES_AGAIN), 9, at(8), Optional.empty()));
    assertThat(hash(Slot.LIVE)).isEqualTo(built);
    assertThat(numbers(Scan.of(NOTES_AGAIN).by("notes_by_seen"))).containsExactly(80L);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(tables -> tables.get(NOTES, "a", 1L)));
    change(10, tables -> tables.put(NOTES_AGAIN, 100));
    assertThat(numbers(Scan.of(NOTES_AGAIN).by("notes_by_seen").backwards()))
        .containsExactly(100L, 80L);
    reopen();
    assertThat(numbers(Scan.of(NOTES_AGAIN).by("notes_by_seen"))).containsExactly(80L, 100L);
  }

  @Test
  void a_generation_that_begins_again_is_empty_again() {
    begin();
    change(5, tables -> note(tables, "a", 1, "x"));
    store().begin("v", Slot.LIVE, 3, List.of(NOTES_AGAIN), 11);
    assertThat(store().generations())
        .containsExactly(
            new Generation(
                "v",
                Slot.LIVE,
                3,
                List.of(NOTES_AGAIN),
                11,
                new Head(0, new byte[0]),
                Optional.empty()));
    assertThat(numbers(Scan.of(NOTES_AGAIN))).isEmpty();
    begin();
    assertThat(numbers(Scan.of(NOTES))).isEmpty();
  }

  @Test
  void a_generation_that_was_dropped_is_gone_and_its_names_are_free() {
    begin();
    store().begin("v", Slot.BUILDING, 2, BOTH, 7);
    store().drop("v", Slot.LIVE);
    assertThat(store().generations()).extracting(Generation::slot).containsExactly(Slot.BUILDING);
    store().drop("v", Slot.BUILDING);
    assertThat(store().generations()).isEmpty();
    store().begin("w", Slot.LIVE, 1, BOTH, 0);
  }

  @Test
  void a_failure_is_remembered_until_it_is_taken_back_and_holds_no_change_up() {
    begin();
    Failure failure = new Failure(6, "no column 'x'");
    store().mark("v", Slot.LIVE, Optional.of(failure));
    assertThat(store().find("v", Slot.LIVE).orElseThrow().failure()).hasValue(failure);
    change(6, tables -> note(tables, "a", 1, "x"));
    assertThat(store().find("v", Slot.LIVE).orElseThrow().failure()).hasValue(failure);
    store().mark("v", Slot.LIVE, Optional.empty());
    assertThat(store().find("v", Slot.LIVE).orElseThrow().failure()).isEmpty();
  }

  @Test
  void a_long_failure_is_cut() {
    assertThat(new Failure(1, "x".repeat(ViewStore.MAX_FAILURE_CHARS + 1)).message())
        .hasSize(ViewStore.MAX_FAILURE_CHARS);
  }

  @Test
  void views_share_a_store_but_no_name_of_a_table_or_an_index() {
    begin();
    Table other = Table.named("others").integer("id").key("id").build();
    store().begin("w", Slot.LIVE, 1, List.of(other), 0);
    store()
        .change(
            "w",
            Slot.LIVE,
            tables -> {
              tables.put(other, 1);
              return at(1);
            });
    assertThat(numbers(Scan.of(NOTES))).isEmpty();
    assertThat(store().find("v", Slot.LIVE).orElseThrow().position()).isZero();
    for (Table taken :
        List.of(
            Table.named("counts").integer("id").key("id").build(),
            Table.named("notes_by_seen").integer("id").key("id").build(),
            Table.named("fresh").integer("id").key("id").index("notes_by_title", "id").build(),
            Table.named("fresh").integer("id").key("id").index("notes", "id").build())) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> store().begin("x", Slot.LIVE, 1, List.of(taken), 0));
    }
    assertThat(store().generations()).extracting(Generation::view).containsExactly("v", "w");
  }

  @Test
  void words_of_a_query_language_are_names_like_others() {
    Table select =
        Table.named("select")
            .integer("order")
            .text("from")
            .nullableBytes("table")
            .key("order", "from")
            .index("index", "from", "table")
            .build();
    store().begin("v", Slot.LIVE, 1, List.of(select), 0);
    store().begin("v", Slot.BUILDING, 1, List.of(select), 0);
    change(Slot.BUILDING, 1, tables -> tables.put(select, 1, "where", new byte[] {1}));
    store().swap("v");
    assertThat(rows(Scan.of(select).by("index").prefix("where"))).hasSize(1);
    change(2, tables -> assertThat(tables.delete(select, 1, "where")).isTrue());
  }

  @Test
  void a_view_has_one_table_or_more_up_to_a_limit() {
    List<Table> many = new ArrayList<>();
    for (int i = 0; i < ViewStore.MAX_TABLES; i++) {
      many.add(Table.named("t" + i).integer("id").key("id").build());
    }
    store().begin("v", Slot.LIVE, 1, many, 0);
    many.add(Table.named("more").integer("id").key("id").build());
    for (List<Table> wrong : List.of(many, List.<Table>of(), List.of(COUNTS, COUNTS))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> store().begin("w", Slot.LIVE, 1, wrong, 0));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store().begin("w", Slot.LIVE, 0, BOTH, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store().begin("Not a name", Slot.LIVE, 1, BOTH, 0));
  }

  // ---- rows ----

  @Test
  void a_row_is_read_as_it_was_put_to_the_last_bit() {
    begin();
    String text = "\0 é \uffff \ud83d\ude00 ' \" \n";
    byte[] bytes = {0, 1, -1, 0};
    change(
        1,
        tables -> {
          tables.put(NOTES, text, Long.MIN_VALUE, text, bytes, Long.MAX_VALUE);
          tables.put(NOTES, "", 0, "", new byte[0], 0);
          tables.put(NOTES, "", -1, null, null, null);
        });
    List<TableRow> rows = rows(Scan.of(NOTES));
    assertThat(rows)
        .containsExactly(
            TableRow.of(NOTES, new @Nullable Object[] {"", -1L, null, null, null}),
            TableRow.of(NOTES, new @Nullable Object[] {"", 0L, "", new byte[0], 0L}),
            TableRow.of(
                NOTES, new @Nullable Object[] {text, Long.MIN_VALUE, text, bytes, Long.MAX_VALUE}));
    assertThat(rows.getFirst().isNull("content")).isTrue();
    assertThat(rows.getLast().bytes("content")).isEqualTo(bytes);
    assertThat(note(text, Long.MIN_VALUE)).hasValue(rows.getLast());
  }

  @Test
  void what_is_written_is_read_at_once_in_the_same_change() {
    begin();
    change(
        1,
        tables -> {
          note(tables, "a", 1, "x");
          assertThat(tables.get(NOTES, "a", 1)).isPresent();
          note(tables, "a", 1, "y");
          assertThat(all(tables, Scan.of(NOTES).by("notes_by_title")))
              .extracting(row -> row.text("title"))
              .containsExactly("y");
          assertThat(tables.delete(NOTES, "a", 1)).isTrue();
          assertThat(tables.delete(NOTES, "a", 1)).isFalse();
          assertThat(tables.get(NOTES, "a", 1)).isEmpty();
          note(tables, "a", 1, "z");
        });
    assertThat(note("a", 1).orElseThrow().text("title")).isEqualTo("z");
  }

  @Test
  void one_row_is_read_and_deleted_among_many_that_were_just_written() {
    begin();
    change(1, tables -> note(tables, "there", 1, "old"));
    change(
        2,
        tables -> {
          for (int i = 0; i < 100; i++) {
            note(tables, "new", i, "first");
            note(tables, "new", i, "second");
          }
          note(tables, "there", 1, "newer");
          assertThat(tables.get(NOTES, "new", 7).orElseThrow().text("title")).isEqualTo("second");
          assertThat(tables.get(NOTES, "there", 1).orElseThrow().text("title")).isEqualTo("newer");
          assertThat(tables.get(NOTES, "new", 100)).isEmpty();
          note(tables, "new", 7, "third");
          assertThat(tables.get(NOTES, "new", 7).orElseThrow().text("title")).isEqualTo("third");
          assertThat(tables.delete(NOTES, "new", 8)).isTrue();
          assertThat(tables.delete(NOTES, "new", 8)).isFalse();
          // Nor does what it stood in for come back.
          assertThat(tables.delete(NOTES, "there", 1)).isTrue();
          assertThat(tables.get(NOTES, "there", 1)).isEmpty();
          note(tables, "new", 100, "last");
        });
    assertThat(numbers(Scan.of(NOTES).prefix("new"))).hasSize(100).contains(7L, 100L);
    assertThat(note("new", 7).orElseThrow().text("title")).isEqualTo("third");
    assertThat(note("new", 9).orElseThrow().text("title")).isEqualTo("second");
    assertThat(note("new", 8)).isEmpty();
    assertThat(note("there", 1)).isEmpty();
  }

  @Test
  void a_scan_may_change_the_table_that_it_reads() {
    begin();
    change(
        1,
        tables -> {
          for (int i = 0; i < 2_500; i++) {
            tables.put(COUNTS, i, i % 10);
          }
        });
    change(
        2,
        tables ->
            tables.forEach(
                Scan.of(COUNTS),
                row -> {
                  if (row.integer("n") == 3) {
                    tables.delete(COUNTS, row.integer("id"));
                  } else {
                    tables.put(COUNTS, row.integer("id"), row.integer("n") + 1);
                  }
                }));
    List<TableRow> rows = rows(Scan.of(COUNTS));
    assertThat(rows).hasSize(2_250);
    assertThat(rows).noneMatch(row -> row.integer("n") == row.integer("id") % 10);
  }

  @Test
  void the_order_is_null_then_numbers_utf8_bytes_and_unsigned_bytes() {
    Table values =
        Table.named("v")
            .integer("id")
            .nullableInteger("i")
            .nullableText("t")
            .nullableBytes("b")
            .key("id")
            .index("by_i", "i")
            .index("by_t", "t")
            .index("by_b", "b")
            .build();
    store().begin("v", Slot.LIVE, 1, List.of(values), 0);
    @Nullable Long[] integers = {null, Long.MIN_VALUE, -1L, 0L, 1L, Long.MAX_VALUE};
    @Nullable String[] texts = {
      null, "", "\0", "a", "a\0", "b", "\u00e9", "\uffff", "\ud83d\ude00"
    };
    byte @Nullable [][] bytes = {null, {}, {0}, {0, 0}, {0, 1}, {1}, {127}, {-128}, {-1}, {-1, 0}};
    change(
        1,
        tables -> {
          for (int id = 9; id >= 0; id--) {
            tables.put(
                values, id, integers[id % integers.length], texts[id % texts.length], bytes[id]);
          }
        });
    for (String column : List.of("i", "t", "b")) {
      int count = column.equals("i") ? integers.length : column.equals("t") ? texts.length : 10;
      List<Long> expected = new ArrayList<>();
      for (long value = 0; value < count; value++) {
        for (long id = value; id < 10; id += count) {
          expected.add(id);
        }
      }
      Scan scan = Scan.of(values).by("by_" + column);
      assertThat(rows(scan))
          .extracting(row -> row.integer("id"))
          .containsExactlyElementsOf(expected);
      assertThat(rows(scan.backwards()))
          .extracting(row -> row.integer("id"))
          .containsExactlyElementsOf(expected.reversed());
    }
  }

  @Test
  void a_scan_has_the_ends_it_was_given() {
    begin();
    change(
        1,
        tables -> {
          for (String author : List.of("a", "b", "c")) {
            for (int i = 1; i <= 3; i++) {
              tables.put(NOTES, author, i + (author.charAt(0) - 'a') * 3L, null, null, null);
            }
          }
        });
    Scan scan = Scan.of(NOTES);
    assertThat(numbers(scan.prefix("b"))).containsExactly(4L, 5L, 6L);
    assertThat(numbers(scan.prefix("b").backwards())).containsExactly(6L, 5L, 4L);
    assertThat(numbers(scan.prefix("b", 5))).containsExactly(5L);
    assertThat(numbers(scan.from("b", 6))).containsExactly(6L, 7L, 8L, 9L);
    assertThat(numbers(scan.after("b", 6))).containsExactly(7L, 8L, 9L);
    assertThat(numbers(scan.after("a").before("c"))).containsExactly(4L, 5L, 6L);
    assertThat(numbers(scan.from("a", 3).to("b", 4))).containsExactly(3L, 4L);
    assertThat(numbers(scan.from("c").to("a"))).isEmpty();
    assertThat(numbers(scan.from("c").to("a").backwards())).isEmpty();
    assertThat(numbers(scan.before("b").backwards().limit(2))).containsExactly(3L, 2L);
    assertThat(numbers(scan.limit(1))).containsExactly(1L);
    assertThat(numbers(scan.by("notes_by_title").prefix((Object) null))).hasSize(9);
    assertThat(numbers(scan.by("notes_by_title").after((Object) null))).isEmpty();
    assertThat(numbers(scan.by("notes_by_title").before((Object) null).backwards())).isEmpty();
  }

  @Test
  void a_page_is_bounded_and_the_rest_of_it_goes_on() {
    begin();
    int count = 2 * TableReader.MAX_PAGE_ROWS + 500;
    change(
        1,
        tables -> {
          for (int i = 0; i < count; i++) {
            tables.put(COUNTS, i, i);
          }
        });
    for (Scan scan : List.of(Scan.of(COUNTS), Scan.of(COUNTS).backwards())) {
      List<TableRow> page = read(tables -> tables.page(scan));
      assertThat(page).hasSize(TableReader.MAX_PAGE_ROWS);
      List<TableRow> rows = rows(scan);
      assertThat(rows).hasSize(count).doesNotHaveDuplicates();
    }
    assertThat(rows(Scan.of(COUNTS).limit(1_500))).hasSize(1_500);
  }

  @Test
  void large_rows_come_one_page_after_another() {
    begin();
    byte[] large = new byte[Table.MAX_VALUE_BYTES];
    for (int i = 0; i < 12; i++) {
      int number = i;
      change(i + 1, tables -> tables.put(NOTES, "a", number, "t", large, null));
    }
    assertThat(numbers(Scan.of(NOTES).by("notes_by_title"))).hasSize(12);
    assertThat(numbers(Scan.of(NOTES).backwards())).hasSize(12);
  }

  // ---- misuse ----

  @Test
  void what_does_not_fit_the_table_is_refused_and_the_change_may_go_on() {
    begin();
    byte[] tooLong = new byte[Table.MAX_VALUE_BYTES + 1];
    List<Consumer<Tables>> wrong =
        List.of(
            tables -> tables.put(NOTES, "a", 1),
            tables -> tables.put(NOTES, null, 1, null, null, null),
            tables -> tables.put(NOTES, "a", null, null, null, null),
            tables -> tables.put(NOTES, "a", "1", null, null, null),
            tables -> tables.put(NOTES, "a", 1.5, null, null, null),
            tables -> tables.put(NOTES, "a", 1, new byte[0], null, null),
            tables -> tables.put(NOTES, "a", 1, null, "text", null),
            tables -> tables.put(NOTES, "a", 1, "\ud800", null, null),
            tables -> tables.put(NOTES, "a", 1, "\udc00 turned \ud800", null, null),
            tables -> tables.put(NOTES, "a", 1, null, tooLong, null),
            tables -> tables.put(NOTES_AGAIN, 1),
            tables -> tables.put(Table.named("other").integer("id").key("id").build(), 1),
            tables -> tables.get(NOTES, "a"),
            tables -> tables.get(NOTES, 1, "a"),
            tables -> tables.delete(NOTES, "a", 1, 1),
            tables -> tables.page(Scan.of(NOTES_AGAIN)));
    change(
        1,
        tables -> {
          for (Consumer<Tables> each : wrong) {
            assertThatIllegalArgumentException().isThrownBy(() -> each.accept(tables));
          }
          note(tables, "a", 2, null);
        });
    assertThat(numbers(Scan.of(NOTES))).containsExactly(2L);
  }

  @Test
  void a_key_is_short_in_the_primary_key_and_in_each_index() {
    begin();
    // One byte before, two behind; nine for the number beside it; a zero takes two.
    int most = Table.MAX_KEY_BYTES - 3 - 9;
    change(
        1,
        tables -> {
          note(tables, "a".repeat(most), 1, null);
          note(tables, "\u00e9".repeat(most / 2), 2, null);
          tables.put(NOTES, "t", 3, "t".repeat(most), null, 1);
          note(tables, "\0".repeat(most / 2), 4, null);
          for (Runnable tooLong :
              List.<Runnable>of(
                  () -> note(tables, "a".repeat(most + 1), 1, null),
                  () -> note(tables, "\u00e9".repeat(most / 2 + 1), 1, null),
                  () -> note(tables, "\0".repeat(most / 2 + 1), 1, null),
                  () -> tables.put(NOTES, "t", 3, "t".repeat(most + 1), null, 1))) {
            assertThatIllegalArgumentException().isThrownBy(tooLong::run);
          }
        });
    assertThat(numbers(Scan.of(NOTES))).containsExactlyInAnyOrder(1L, 2L, 3L, 4L);
  }

  @Test
  void tables_are_of_no_use_when_their_transaction_is_over() {
    begin();
    AtomicReference<@Nullable Tables> kept = new AtomicReference<>();
    change(1, kept::set);
    Tables late = kept.get();
    assertThat(late).isNotNull();
    if (late != null) {
      assertThatIllegalStateException().isThrownBy(() -> late.put(COUNTS, 1, 1));
      assertThatIllegalStateException().isThrownBy(() -> late.get(COUNTS, 1));
    }
  }

  @Test
  void a_store_that_was_closed_says_so() {
    begin();
    store().close();
    store().close();
    assertThatThrownBy(() -> store().generations()).isInstanceOf(LogClosed.class);
    assertThatThrownBy(() -> read(_ -> "")).isInstanceOf(LogClosed.class);
    assertThatThrownBy(() -> change(1, _ -> {})).isInstanceOf(LogClosed.class);
  }

  // ---- together ----

  @Test
  void a_reader_sees_one_moment_whoever_writes() throws Exception {
    begin();
    change(1, tables -> tables.put(COUNTS, 0, 1));
    int last = Scale.of(3_000) + 50;
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<Integer>> readers = new ArrayList<>();
      for (int reader = 0; reader < 2; reader++) {
        readers.add(
            threads.submit(
                () -> {
                  int reads = 0;
                  while (!done.get() || reads == 0) {
                    ViewStore.Answer<List<TableRow>> answer =
                        store()
                            .read(
                                "v",
                                tables -> {
                                  List<TableRow> rows = all(tables, Scan.of(COUNTS));
                                  assertThat(all(tables, Scan.of(COUNTS))).isEqualTo(rows);
                                  return rows;
                                });
                    assertThat(answer.value())
                        .allMatch(row -> row.integer("n") == answer.position());
                    reads++;
                  }
                  return reads;
                }));
      }
      for (int i = 2; i <= last; i++) {
        int n = i;
        change(
            n,
            tables -> {
              for (int id = 0; id < 5; id++) {
                tables.put(COUNTS, id, n);
              }
            });
        if (n % 50 == 0) {
          // A swap is a moment like any other.
          store().begin("v", Slot.BUILDING, 1, BOTH, n);
          change(Slot.BUILDING, n, tables -> tables.put(COUNTS, 7, n));
          store().swap("v");
          change(n, tables -> assertThat(tables.delete(COUNTS, 7)).isTrue());
        }
      }
      done.set(true);
      for (Future<Integer> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    }
  }

  // ---- by seed ----

  @Test
  void random_tables_rows_scans_and_rollbacks_come_to_what_the_model_comes_to() {
    for (long seed = 0; seed < Scale.of(300); seed++) {
      try {
        String hash = TableModel.run(seed, store());
        ViewStore memory = new dev.stele.core.view.MemoryViewStore();
        assertThat(TableModel.run(seed, memory)).isEqualTo(hash);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void the_state_hash_is_that_of_the_dump_as_documented() {
    Table table =
        Table.named("t").integer("id").nullableText("x").nullableBytes("y").key("id").build();
    store().begin("v", Slot.LIVE, 1, List.of(table), 0);
    change(
        1,
        tables -> {
          tables.put(table, 2, "é", new byte[] {7});
          tables.put(table, 1, null, null);
        });
    byte[] definition =
        "t (id integer, x text?, y bytes?) key (id)".getBytes(StandardCharsets.UTF_8);
    java.nio.ByteBuffer dump = java.nio.ByteBuffer.allocate(200);
    dump.put((byte) 3).putInt(definition.length).put(definition);
    dump.put((byte) 1).putLong(1).put((byte) 0).put((byte) 0);
    dump.put((byte) 1).putLong(2);
    dump.put((byte) 2).putInt(2).put("é".getBytes(StandardCharsets.UTF_8));
    dump.put((byte) 4).putInt(1).put((byte) 7);
    byte[] expected = dev.stele.crypto.Sha256.hash(dump.array(), 0, dump.position());
    assertThat(hash(Slot.LIVE)).isEqualTo(java.util.HexFormat.of().formatHex(expected));
  }
}
