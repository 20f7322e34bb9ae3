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
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpStreamName;
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
    store =
        McpEventStores.open(
            "sqlite:" + folder.resolve("store"),
            McpStoreOptions.DEFAULT
                .with(clock, new Random(7))
                .at(Durability.OS)
                .anchoredIn(folder.resolve("anchor")));
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

  @Test
  void is_searched_by_stream_and_time_and_by_time_in_indexes() throws SQLException {
    store.appendAll(ALICE, "1", notes(3));
    String stream = "stream_id = 'mcp/acme/alice/s-1/1'";

    assertThat(plan("SELECT * FROM events WHERE " + stream))
        .contains("SEARCH log_events USING INDEX mcp_events_by_stream (<expr>=?)");
    assertThat(plan("SELECT * FROM events WHERE " + stream + " ORDER BY timestamp"))
        .contains("SEARCH log_events USING INDEX mcp_events_by_stream (<expr>=?)")
        .doesNotContain("TEMP B-TREE");
    assertThat(plan("SELECT * FROM events WHERE " + stream + " AND timestamp > '2023-11-14'"))
        .contains("USING INDEX mcp_events_by_stream (<expr>=? AND <expr>>?)");
    assertThat(
            plan(
                "SELECT * FROM events WHERE timestamp BETWEEN '2023-11-14' AND '2023-11-15' ORDER"
                    + " BY timestamp"))
        .contains("SEARCH log_events USING INDEX mcp_events_by_time (<expr>>? AND <expr><?)")
        .doesNotContain("TEMP B-TREE");
    assertThat(query("SELECT count(*) FROM events WHERE " + stream + " AND timestamp > '2023-11'"))
        .containsExactly(List.of("3"));
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
