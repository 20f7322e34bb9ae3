package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.Table;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Slot;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.StreamsView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What any SQLite tool finds in the file. */
@Tag("engine")
class AFileOfViewsTest {
  @TempDir Path folder;

  private Path database() {
    return folder.resolve("log.views.db");
  }

  private List<String> query(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    }
  }

  private static void put(ViewStore store, Slot slot, String payload) {
    store.change(
        "entries",
        slot,
        tables -> {
          tables.put(
              EntriesView.ENTRIES,
              1,
              "letters",
              "sent",
              1_700_000_000_000L,
              "id-1",
              payload.getBytes(StandardCharsets.UTF_8));
          return new Head(1, new byte[32]);
        });
  }

  @Test
  void has_the_tables_and_indexes_of_the_document_by_their_names() throws Exception {
    String document = Files.readString(Path.of("..", "..", "docs", "format", "views.md"));
    try (SqliteViewStore store = SqliteViewStore.openWriter(database())) {
      store.begin("entries", Slot.LIVE, 1, new EntriesView().tables(), 0);
      store.begin("streams", Slot.LIVE, 1, new StreamsView().tables(), 0);
      put(store, Slot.LIVE, "hello");
      assertThat(query("SELECT payload FROM entries WHERE stream = 'letters'"))
          .containsExactly("hello");
      assertThat(query("SELECT view || ' ' || slot || ' ' || position FROM stele_views"))
          .containsExactly("entries live 1", "streams live 0");
      List<String> made = query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL");
      assertThat(made).hasSize(1 + 3 + 2 + 2);
      for (String sql : made) {
        assertThat(document).contains(sql);
      }

      store.begin("entries", Slot.BUILDING, 1, new EntriesView().tables(), 0);
      assertThat(query("SELECT name FROM sqlite_schema WHERE name LIKE '%~%' ORDER BY name"))
          .containsExactly(
              "entries_by_stream~building", "entries_by_type~building", "entries~building");
      put(store, Slot.BUILDING, "hello again");
      assertThat(query("SELECT payload FROM entries")).containsExactly("hello");
      store.swap("entries");
      assertThat(query("SELECT payload FROM entries")).containsExactly("hello again");
      assertThat(query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"))
          .containsExactlyInAnyOrderElementsOf(made);
      assertThat(query("PRAGMA integrity_check")).containsExactly("ok");
    }
  }

  @Test
  void holds_no_byte_of_what_was_swapped_away() throws Exception {
    String secret = "a secret that is to be forgotten ".repeat(3_000);
    try (SqliteViewStore store = SqliteViewStore.openWriter(database())) {
      store.begin("entries", Slot.LIVE, 1, new EntriesView().tables(), 0);
      put(store, Slot.LIVE, secret);
      assertThat(anywhere("to be forgotten")).isTrue();
      store.begin("entries", Slot.BUILDING, 1, new EntriesView().tables(), 1);
      put(store, Slot.BUILDING, "nothing");
      store.swap("entries");
      assertThat(anywhere("to be forgotten")).isFalse();
    }
    assertThat(anywhere("to be forgotten")).isFalse();
  }

  private boolean anywhere(String text) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(text)) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void whose_index_was_damaged_is_found_by_its_state_hash() throws Exception {
    try (SqliteViewStore store = SqliteViewStore.openWriter(database())) {
      store.begin("entries", Slot.LIVE, 1, new EntriesView().tables(), 0);
      put(store, Slot.LIVE, "hello");
    }
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        Statement statement = connection.createStatement()) {
      // An index over other rows, under the name of the one that was made.
      statement.execute("DROP INDEX entries_by_type");
      statement.execute(
          "CREATE INDEX entries_by_type ON entries (type, recorded_at) WHERE position > 1");
    }
    try (SqliteViewStore store = SqliteViewStore.openWriter(database())) {
      assertThatThrownBy(() -> StateHash.of(store, "entries", Slot.LIVE))
          .isInstanceOfAny(IllegalStateException.class, StorageFailed.class);
    }
  }

  @Test
  void is_written_by_one_and_read_by_others_meanwhile() {
    try (SqliteViewStore writer = SqliteViewStore.openWriter(database())) {
      assertThatThrownBy(() -> SqliteViewStore.openWriter(database()))
          .isInstanceOf(StorageFailed.class)
          .hasMessageContaining("one writer at a time");
      writer.begin("entries", Slot.LIVE, 1, new EntriesView().tables(), 0);
      try (SqliteViewStore reader = SqliteViewStore.openReader(database())) {
        put(writer, Slot.LIVE, "hello");
        assertThat(reader.read("entries", tables -> tables.get(EntriesView.ENTRIES, 1)).position())
            .isEqualTo(1);
        assertThatThrownBy(() -> reader.drop("entries", Slot.LIVE))
            .isInstanceOf(IllegalStateException.class);
        Table gone = EntriesView.ENTRIES;
        writer.begin("entries", Slot.BUILDING, 2, List.of(gone), 1);
        writer.swap("entries");
        assertThat(reader.read("entries", tables -> tables.get(gone, 1)).value()).isEmpty();
      }
    }
  }

  @Test
  void is_nothing_else() throws Exception {
    try (SqliteLogEngine log = SqliteLogEngine.openWriter(database())) {
      assertThat(log.inlineViews()).isEmpty();
    }
    assertThatThrownBy(() -> SqliteViewStore.openWriter(database()))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("does not keep views");
    assertThatThrownBy(() -> SqliteViewStore.openReader(database()))
        .isInstanceOf(StorageFailed.class);
    assertThatThrownBy(() -> SqliteViewStore.openReader(folder.resolve("none.db")))
        .isInstanceOf(StorageFailed.class);
  }

  @Test
  void stands_beside_the_log() {
    assertThat(SqliteViewStore.beside(folder.resolve("log.db"))).isEqualTo(database());
    assertThat(SqliteViewStore.beside(folder.resolve("log"))).isEqualTo(database());
  }
}
