package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.core.view.OrderedKey;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ATableIsDefinedTest {
  private static void refused(ThrowingCallable call) {
    assertThatIllegalArgumentException().isThrownBy(call);
  }

  private static Table.Builder columns(int count) {
    Table.Builder builder = Table.named("t");
    IntStream.range(0, count).forEach(i -> builder.integer("c" + i));
    return builder;
  }

  private static String[] names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "c" + i).toArray(String[]::new);
  }

  @Test
  void and_its_text_form_is_the_definition() {
    for (Table table :
        List.of(
            EntriesView.ENTRIES,
            StreamsView.RECENT,
            StreamsView.STREAMS,
            Table.named("bare").integer("id").key("id").build())) {
      assertThat(Table.parse(table.toString())).isEqualTo(table).hasToString(table.toString());
    }
    assertThat(StreamsView.STREAMS)
        .hasToString(
            "streams (stream text, events integer, bytes integer, last_payload text?) key (stream)"
                + " index (streams_by_size bytes, events)");
    for (String wrong :
        List.of(
            "",
            "t",
            "t (a integer)",
            "t (a float) key (a)",
            "t (a integer) key (b)",
            "t (a integer) key (a) index (i b)",
            "t (a integer) key (a) ")) {
      refused(() -> Table.parse(wrong));
    }
  }

  @Test
  void by_names_of_small_letters_digits_and_underscores() {
    String longest = "n".repeat(48);
    assertThat(Table.named(longest).integer("a_1").key("a_1").build().name()).isEqualTo(longest);
    for (String wrong : List.of("", "n".repeat(49), "1a", "_a", "A", "a-b", "a b", "a\"", "é")) {
      refused(() -> Table.named(wrong).integer("id").key("id").build());
      refused(() -> Table.named("t").integer(wrong));
      refused(() -> Table.named("t").integer("id").key("id").index(wrong, "id"));
    }
    for (String taken : List.of("sqlite_x", "stele_views", "log_events")) {
      refused(() -> Table.named(taken).integer("id").key("id").build());
      refused(() -> Table.named("t").integer("id").key("id").index(taken, "id").build());
    }
  }

  @Test
  void within_limits() {
    assertThat(columns(Table.MAX_COLUMNS).key("c0").build().columns()).hasSize(Table.MAX_COLUMNS);
    refused(() -> columns(Table.MAX_COLUMNS + 1).key("c0").build());
    refused(() -> Table.named("t").key("c0").build());
    assertThat(columns(9).key(names(Table.MAX_KEY_COLUMNS)).build().key()).hasSize(8);
    refused(() -> columns(9).key(names(Table.MAX_KEY_COLUMNS + 1)).build());
    refused(() -> columns(9).build());
    assertThat(columns(9).key("c0").index("i", names(8)).build().indexes()).hasSize(1);
    refused(() -> columns(9).key("c0").index("i", names(9)).build());
    refused(() -> columns(9).key("c0").index("i").build());
    Table.Builder many = columns(1).key("c0");
    IntStream.range(0, Table.MAX_INDEXES).forEach(i -> many.index("i" + i, "c0"));
    assertThat(many.build().indexes()).hasSize(Table.MAX_INDEXES);
    refused(() -> many.index("more", "c0").build());
  }

  @Test
  void and_says_nothing_twice_and_nothing_that_is_not_there() {
    refused(() -> Table.named("t").integer("a").text("a").key("a").build());
    refused(() -> columns(2).key("c0", "c0").build());
    refused(() -> columns(2).key("c2").build());
    refused(() -> columns(2).key("c0").index("i", "c1", "c1").build());
    refused(() -> columns(2).key("c0").index("i", "c2").build());
    refused(() -> columns(2).key("c0").index("i", "c0").index("i", "c1").build());
    refused(() -> columns(2).key("c0").index("t", "c0").build());
    refused(() -> Table.named("t").nullableText("a").key("a").build());
  }

  @Test
  void and_is_scanned_by_what_it_has() {
    Table table = EntriesView.ENTRIES;
    assertThat(table.orderOf("entries_by_stream")).containsExactly(1, 0);
    assertThat(table.orderOf("entries_by_type")).containsExactly(2, 3, 0);
    refused(() -> Scan.of(table).by("nothing"));
    refused(() -> Scan.of(table).from());
    refused(() -> Scan.of(table).from(1, 2));
    refused(() -> Scan.of(table).from("text"));
    refused(() -> Scan.of(table).limit(0));
    refused(() -> Scan.of(table).from(1).by("entries_by_type"));
  }

  @Test
  void and_a_row_gives_what_a_column_holds() {
    TableRow row = TableRow.of(StreamsView.STREAMS, new @Nullable Object[] {"a", 1L, 2L, null});
    assertThat(row.text("stream")).isEqualTo("a");
    assertThat(row.integer("events")).isEqualTo(1);
    assertThat(row.isNull("last_payload")).isTrue();
    refused(() -> row.text("last_payload"));
    refused(() -> row.bytes("stream"));
    refused(() -> row.integer("nothing"));
  }

  @Test
  void and_a_key_has_the_bytes_of_the_document() {
    assertThat(hex(new @Nullable Object[] {null, 1L, -1L}))
        .isEqualTo("00" + "018000000000000001" + "017fffffffffffffff");
    assertThat(hex(new @Nullable Object[] {"a\0b", new byte[] {0, -1}}))
        .isEqualTo("01" + "6100ff62" + "0001" + "01" + "00ffff" + "0001");
  }

  private static String hex(@Nullable Object[] values) {
    int[] all = new int[values.length];
    Arrays.setAll(all, i -> i);
    return HexFormat.of().formatHex(OrderedKey.encode(values, all));
  }
}
