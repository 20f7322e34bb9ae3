package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Slot;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.StreamsView;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code stele views} says; these tests register one view, as a module would. */
class ViewsOfALogTest {
  @TempDir Path folder;
  private String log = "";

  @BeforeEach
  void make_a_log_of_three_events() {
    log = "sqlite:" + folder.resolve("log");
    String anchor = folder.resolve("anchor").toString();
    Shell.Result made =
        stele("init", "--log", log, "--origin", "example.com/test", "--anchor", anchor);
    assertThat(made.exit()).as(made.err()).isZero();
    for (String payload : List.of("one", "two", "three")) {
      Shell.Result appended =
          steleReading(payload, "append", "--log", log, "--type", "note", "--json", "-");
      assertThat(appended.exit()).as(appended.err()).isZero();
    }
  }

  private Path database() {
    return folder.resolve("log").resolve("log.db");
  }

  private String sql(Path database, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return "";
      }
      try (ResultSet row = statement.getResultSet()) {
        return row.getString(1);
      }
    }
  }

  private Map<?, ?> listed(String name) {
    Shell.Result list = stele("views", "--log", log, "--json");
    return ((List<?>) list.json().getOrDefault("views", List.of()))
        .stream()
            .map(each -> (Map<?, ?>) each)
            .filter(each -> name.equals(each.get("name")))
            .findFirst()
            .orElseThrow();
  }

  private void assertListed(String name, String kept, long position, long lag, String state) {
    Map<?, ?> line = listed(name);
    assertThat(List.of(line.get("kept"), line.get("position"), line.get("lag"), line.get("state")))
        .hasToString(List.of(kept, position, lag, state).toString());
  }

  @Test
  void the_list_names_what_moves_with_the_log_and_what_is_not_built_yet() {
    assertListed("ledger_events", "inline", 3, 0, "live");
    assertListed("entries", "beside", 0, 3, "not built");
    Shell.Result text = stele("views", "--log", log);
    assertThat(text.exit()).isZero();
    assertThat(text.out()).contains("ledger_events  inline", "live", "entries", "not built");
  }

  @Test
  void a_table_that_was_changed_by_hand_is_emptied_and_replayed() throws SQLException {
    String before = sql(database(), "SELECT count(*) FROM ledger_events");
    sql(
        database(),
        "INSERT INTO ledger_events (event_id, timestamp, event_hash, prev_event_hash, signature,"
            + " public_key_id) VALUES ('by hand', 0, x'', x'', x'', '')");
    sql(database(), "UPDATE log_views SET position = 2");
    assertListed("ledger_events", "inline", 2, 1, "behind");
    sql(database(), "UPDATE log_views SET position = 3");
    Shell.Result rebuilt = stele("views", "rebuild", "ledger_events", "--log", log, "--json");
    assertThat(rebuilt.exit()).as(rebuilt.err()).isZero();
    assertThat(rebuilt.json())
        .containsEntry("result", "rebuilt")
        .containsEntry("view", "ledger_events");
    assertListed("ledger_events", "inline", 3, 0, "live");
    assertThat(sql(database(), "SELECT count(*) FROM ledger_events")).isEqualTo(before);
  }

  @Test
  void a_registered_view_is_built_and_then_follows_by_rebuilds() throws SQLException {
    Shell.Result rebuilt = stele("views", "rebuild", "entries", "--log", log);
    assertThat(rebuilt.exit()).as(rebuilt.err()).isZero();
    assertThat(rebuilt.out()).contains("rebuilt entries up to 3");
    assertListed("entries", "beside", 3, 0, "live");
    Path views = SqliteViewStore.beside(database());
    assertThat(sql(views, "SELECT count(*) FROM entries")).isEqualTo("3");
    assertThat(steleReading("four", "append", "--log", log, "--type", "note", "-").exit()).isZero();
    assertListed("entries", "beside", 3, 1, "behind");
    assertThat(stele("views", "rebuild", "entries", "--log", log).exit()).isZero();
    assertListed("entries", "beside", 4, 0, "live");
  }

  @Test
  void a_registered_view_of_a_log_in_lmdb_is_built_and_listed_from_lmdb() {
    log = "lmdb:" + folder.resolve("other");
    String anchor = folder.resolve("other-anchor").toString();
    assertThat(
            stele("init", "--log", log, "--origin", "example.com/other", "--anchor", anchor).exit())
        .isZero();
    assertThat(steleReading("one", "append", "--log", log, "--type", "note", "-").exit()).isZero();
    assertListed("entries", "beside", 0, 1, "not built");
    Shell.Result rebuilt = stele("views", "rebuild", "entries", "--log", log);
    assertThat(rebuilt.exit()).as(rebuilt.err()).isZero();
    assertListed("entries", "beside", 1, 0, "live");
    assertThat(folder.resolve("other").resolve("log.views.lmdb")).exists();
  }

  @Test
  void a_view_that_has_failed_or_is_being_rebuilt_says_so() {
    try (SqliteViewStore store = SqliteViewStore.openWriter(SqliteViewStore.beside(database()))) {
      store.begin("entries", Slot.LIVE, 1, new EntriesView().tables(), 0);
      store.begin("entries", Slot.BUILDING, 2, new EntriesView().tables(), 3);
      assertListed("entries", "beside", 0, 3, "rebuilding");
      store.mark("entries", Slot.BUILDING, Optional.of(new ViewStore.Failure(2, "because")));
    }
    assertListed("entries", "beside", 0, 3, "failed");
    Shell.Result list = stele("views", "--log", log);
    assertThat(list.exit()).isEqualTo(1);
    assertThat(list.out()).contains("failed: at 2, because");
  }

  @Test
  void a_view_without_code_is_listed_and_cannot_be_rebuilt() {
    try (SqliteViewStore store = SqliteViewStore.openWriter(SqliteViewStore.beside(database()))) {
      store.begin("streams", Slot.LIVE, 1, new StreamsView().tables(), 0);
    }
    assertListed("streams", "beside", 0, 3, "behind");
    Shell.Result unknown = stele("views", "rebuild", "streams", "--log", log);
    assertThat(unknown.exit()).isEqualTo(2);
    assertThat(unknown.err()).contains("[unknown-code]", "next:");
    Shell.Result none = stele("views", "rebuild", "nothing", "--log", log, "--json");
    assertThat(none.exit()).isEqualTo(2);
    assertThat(none.json()).containsEntry("error", "no-view");
  }
}
