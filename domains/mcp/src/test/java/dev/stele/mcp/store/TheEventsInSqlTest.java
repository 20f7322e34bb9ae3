package dev.stele.mcp.store;

import static dev.stele.mcp.store.Messages.ALICE;
import static dev.stele.mcp.store.Messages.BOB;
import static dev.stele.mcp.store.Messages.SESSION;
import static dev.stele.mcp.store.Messages.append;
import static dev.stele.mcp.store.Messages.json;
import static dev.stele.mcp.store.Messages.note;
import static dev.stele.mcp.store.Messages.notes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.core.proof.Verdict;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpStreamName;
import dev.stele.mcp.view.McpView;
import dev.stele.testkit.TestLogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The view {@code events} in the log's own SQLite file, as any SQLite tool sees it. */
@Tag("engine")
class TheEventsInSqlTest {
  @TempDir Path folder;

  private final McpEventStoreTck.HandClock clock = new McpEventStoreTck.HandClock();
  private McpEventStore store = McpEventStores.inMemory(McpStoreOptions.DEFAULT);

  @BeforeEach
  void open() {
    store = McpEventStores.open("sqlite:" + folder.resolve("store"), options());
  }

  private McpStoreOptions options() {
    return McpStoreOptions.DEFAULT
        .with(clock, new Random(7))
        .at(Durability.OS)
        .keeping(McpRetention.NONE)
        .anchoredIn(folder.resolve("anchor"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private List<List<String>> query(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store/log.db"));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<List<String>> all = new ArrayList<>();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.add(String.valueOf(rows.getString(i)));
        }
        all.add(row);
      }
      return all;
    }
  }

  @Test
  void has_a_row_for_each_message_as_it_was_sent() throws SQLException {
    McpScope odd = new McpScope("t/1", "ü%", "s".repeat(128));
    String stream = "x".repeat(255);
    store.putSession(ALICE, SESSION);
    append(store, ALICE, "1", new McpMessage.Priming());
    String first = append(store, ALICE, "1", note(1)).eventId();
    store.complete(ALICE, "1");
    clock.advance(Duration.ofMillis(61_999));
    String accented = "{\"jsonrpc\":\"2.0\",\"method\":\"\u00e9t\u00e9\"}";
    String second = append(store, odd, stream, McpMessage.Json.of(accented)).eventId();

    assertThat(query("SELECT event_id, stream_id, message_json, timestamp, created_at FROM events"))
        .containsExactly(
            List.of(
                first,
                "mcp/acme/alice/s-1/1",
                json(1),
                "2023-11-14T22:13:20.000Z",
                "2023-11-14T22:13:20.000Z"),
            List.of(
                second,
                new McpStreamName(odd, stream).inLog(),
                accented,
                "2023-11-14T22:14:21.999Z",
                "2023-11-14T22:14:21.999Z"));
    assertThat(TestLogs.START).hasToString("2023-11-14T22:13:20Z");
  }

  @Test
  void counts_sequences_beyond_a_byte() throws SQLException {
    store.appendAll(ALICE, "1", notes(700));

    assertThat(query("SELECT event_id FROM events WHERE message_json = '" + json(700) + "'"))
        .containsExactly(List.of(McpEventId.of(ALICE, "1", 700)));
  }

  @Test
  void has_no_row_for_what_was_erased() throws SQLException {
    store.appendAll(ALICE, "1", notes(3));
    store.appendAll(BOB, "1", notes(2));

    store.clearStream(ALICE, "1");

    assertThat(query("SELECT stream_id, count(*) FROM events GROUP BY 1"))
        .containsExactly(List.of("mcp/acme/bob/s-2/1", "2"));
  }

  /** More than wait before the log's indexes go into its file. */
  private void appendMany() {
    for (int i = 0; i < 70; i++) {
      clock.advance(Duration.ofSeconds(1));
      store.appendAll(i % 2 == 0 ? ALICE : BOB, String.valueOf(i % 10), notes(500));
    }
  }

  @Test
  void has_the_same_rows_whether_they_are_indexed_or_behind_the_index() throws SQLException {
    appendMany();
    assertThat(number("SELECT count(*) FROM events")).isEqualTo(35_000);
    store.close();
    open();
    assertThat(number("SELECT count(*) FROM mcp_events")).isEqualTo(35_000);
    store.appendAll(ALICE, "0", notes(5));

    assertThat(number("SELECT count(*) FROM events")).isEqualTo(35_005);
    String indexed = "SELECT event_id, stream_id, message_json, timestamp FROM events ORDER BY 1";
    List<List<String>> rows = query(indexed);
    store.close();
    change("DELETE FROM mcp_events", "DELETE FROM mcp_indexed");
    assertThat(number("SELECT count(*) FROM mcp_events")).isZero();
    assertThat(query(indexed)).isEqualTo(rows);
    assertThat(rows).hasSize(35_005).doesNotHaveDuplicates();
  }

  @Test
  void knows_what_was_written_by_who_does_not_know_the_domain() throws SQLException {
    store.appendAll(ALICE, "1", notes(3));
    store.close();
    store =
        LogMcpEventStore.open(
            Storages.open(
                new StorageRequest(
                    "sqlite:" + folder.resolve("store"),
                    false,
                    List.of(new McpView()),
                    SideTables.Definition.NONE,
                    List.of(),
                    Optional.of(folder.resolve("anchor")))),
            options());
    appendMany();
    assertThat(number("SELECT count(*) FROM mcp_events")).isEqualTo(3);
    assertThat(number("SELECT count(*) FROM events")).isEqualTo(35_003);

    store.close();
    open();
    appendMany();
    assertThat(number("SELECT count(*) FROM events")).isEqualTo(70_003);
    store.close();

    assertThat(number("SELECT count(*) FROM mcp_events")).isEqualTo(70_003);
    assertThat(number("SELECT count(*) FROM events")).isEqualTo(70_003);
  }

  @Test
  void has_no_row_for_what_was_erased_or_trimmed_in_the_index() throws SQLException {
    appendMany();
    store.clearStream(ALICE, "0");
    long left = 35_000 - 7 * 500;
    assertThat(number("SELECT count(*) FROM events")).isEqualTo(left);
    assertThat(number("SELECT count(*) FROM events WHERE stream_id LIKE '%alice/s-1/0'")).isZero();

    store.clearAll();
    // Whole tiles are trimmed.
    assertThat(store.retain().trimmed()).isGreaterThan(35_000 - 256);
    assertThat(number("SELECT count(*) FROM events")).isZero();
    appendMany();
    store.close();
    assertThat(number("SELECT count(*) FROM events")).isEqualTo(35_000);
    assertThat(number("SELECT count(*) FROM mcp_streams")).isEqualTo(10);
    assertThat(number("SELECT count(*) FROM mcp_events")).isBetween(35_000L, 35_000L + 255);
  }

  @Test
  void is_searched_by_stream_and_time_and_by_time_in_indexes() throws SQLException {
    store.appendAll(ALICE, "1", notes(3));
    String stream = "stream_id = 'mcp/acme/alice/s-1/1'";
    // What is not indexed yet is a run of rows at the log's end, 32,768 at most.
    String behind = "SEARCH log_events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)";

    assertThat(plan("SELECT * FROM events WHERE " + stream))
        .contains("SEARCH mcp_events USING COVERING INDEX mcp_events_by_stream (stream=?)", behind);
    assertThat(plan("SELECT * FROM events WHERE " + stream + " ORDER BY timestamp"))
        .contains("SEARCH mcp_events USING COVERING INDEX mcp_events_by_stream (stream=?)", behind)
        .containsOnlyOnce("TEMP B-TREE");
    assertThat(plan("SELECT * FROM events WHERE " + stream + " AND timestamp > '2023-11-14'"))
        .contains("INDEX mcp_events_by_stream (stream=? AND time>?)", behind);
    assertThat(
            plan(
                "SELECT * FROM events WHERE timestamp BETWEEN '2023-11-14' AND '2023-11-15' ORDER"
                    + " BY timestamp"))
        .contains("INDEX mcp_events_by_time (time>? AND time<?)", behind)
        .containsOnlyOnce("TEMP B-TREE");
    assertThat(query("SELECT count(*) FROM events WHERE " + stream + " AND timestamp > '2023-11'"))
        .containsExactly(List.of("3"));
  }

  private long number(String sql) throws SQLException {
    return Long.parseLong(query(sql).getFirst().getFirst());
  }

  private void change(String... statements) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store/log.db"));
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private String plan(String sql) throws SQLException {
    return query("EXPLAIN QUERY PLAN " + sql).toString();
  }

  @Test
  void leaves_the_log_as_it_verifies_and_is_there_again_after_a_restart() throws SQLException {
    store.appendAll(ALICE, "1", notes(3));
    store.close();
    open();
    store.appendAll(ALICE, "1", notes(3));

    assertThat(McpEventStores.log(store).orElseThrow().scrub(List::of, _ -> {}))
        .isInstanceOf(Verdict.Intact.class);
    assertThat(query("SELECT count(*) FROM events")).containsExactly(List.of("6"));
    assertThat(query("SELECT name, version FROM stele_scripts"))
        .containsExactly(List.of("mcp", "1"));
  }

  @Test
  void takes_at_most_a_kibibyte_on_disk_for_a_message_of_270_bytes() throws IOException {
    int events = 5_000;
    McpScope scope = McpScope.ofSession(new UUID(1, 2).toString());
    String message =
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\""
            + "x".repeat(270 - 86)
            + "\"}}";
    assertThat(message).hasSize(270);
    store.close();
    long before = sizeOnDisk();
    open();
    for (int i = 0; i < events; i++) {
      // A request has a stream of its own for a handful of events.
      append(store, scope, new UUID(3, i / 10).toString(), McpMessage.Json.of(message));
    }
    long counted = store.stats().sizeBytes();
    store.close();
    long each = (sizeOnDisk() - before) / events;

    assertThat(each).as("bytes on disk for each event").isLessThanOrEqualTo(1_024);
    assertThat(counted).isGreaterThan(events * 270L);
  }

  private long sizeOnDisk() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("store"))) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
