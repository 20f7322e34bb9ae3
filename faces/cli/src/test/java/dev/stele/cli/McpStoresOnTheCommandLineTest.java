package dev.stele.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.cli.Shell.Result;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpEventStores;
import dev.stele.mcp.store.McpReplay;
import dev.stele.mcp.store.McpStoreOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams of another store taken over, and the walk through a store of our own. */
@Tag("engine")
class McpStoresOnTheCommandLineTest {
  private static final McpScope SCOPE = McpScope.ofSession("old");

  @TempDir Path folder;

  private static String message(int number) {
    return "{\"jsonrpc\":\"2.0\",\"method\":\"n\",\"params\":{\"n\":%d}}".formatted(number);
  }

  private static String row(int number, String stream, String message) {
    return "{\"event_id\":\"e%d\",\"stream_id\":\"%s\",\"message\":%s,\"timestamp\":\"2026-01-31T12:00:00\"}"
        .formatted(number, stream, message);
  }

  private String log() {
    return "sqlite:" + folder.resolve("log");
  }

  private Result imported(String... from) {
    List<String> arguments =
        new ArrayList<>(List.of("mcp", "import", "--session", "old", "--json", "--log", log()));
    arguments.addAll(List.of(from));
    return Shell.stele(arguments.toArray(String[]::new));
  }

  /** What a client that has seen the first message of a stream is told. */
  private List<String> replayed(String stream) {
    List<String> messages = new ArrayList<>();
    try (McpEventStore store = McpEventStores.open(log(), McpStoreOptions.DEFAULT)) {
      assertThat(
              store.replayAfter(
                  SCOPE,
                  McpEventId.of(SCOPE, stream, 1),
                  event -> messages.add(event.message().text())))
          .isInstanceOf(McpReplay.Open.class);
    }
    return messages;
  }

  @Test
  void an_export_of_another_store_replays_from_here_and_is_taken_once() throws Exception {
    assertThat(Shell.stele("init", "--log", log()).exit()).isZero();
    Path file = folder.resolve("events.json");
    Files.writeString(
        file,
        "[%s,%s,%s,%s]"
            .formatted(
                row(1, "a", message(1)),
                row(2, "b", message(2)),
                row(3, "a", message(3)),
                row(4, "a", "{\"method\":\"no jsonrpc\"}")));
    Result first = imported("--events", file.toString());
    assertThat(first.exit()).isEqualTo(ExitCode.REFUSED_OR_BROKEN);
    assertThat(first.json()).containsEntry("appended", 3L).containsEntry("refusedCount", 1L);
    assertThat(first.out()).contains("not-json-rpc").contains("e4");
    assertThat(replayed("a")).containsExactly(message(3));

    Files.writeString(file, "[%s,%s]".formatted(row(1, "a", message(1)), row(5, "b", message(9))));
    Result second = imported("--events", file.toString());
    assertThat(second.json())
        .containsEntry("appended", 0L)
        .containsEntry("alreadyPresent", 1L)
        .containsEntry("refusedCount", 1L);
    assertThat(second.out()).contains("other-message");
  }

  @Test
  void a_database_of_another_store_replays_in_the_order_of_its_rows() throws Exception {
    assertThat(Shell.stele("init", "--log", log()).exit()).isZero();
    Path file = folder.resolve("events.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      connection
          .createStatement()
          .execute(
              "CREATE TABLE events (event_id TEXT PRIMARY KEY, stream_id TEXT NOT NULL,"
                  + " message_json TEXT NOT NULL, timestamp DATETIME, created_at DATETIME)");
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO events VALUES (?, 'a', ?, ?, NULL)")) {
        for (int number = 1; number <= 20; number++) {
          insert.setString(1, "id-" + (99 - number));
          insert.setString(2, message(number));
          // All in one moment, as a burst leaves them.
          insert.setString(3, "2026-01-31T12:00:00");
          insert.executeUpdate();
        }
      }
    }
    assertThat(imported("--events-db", file.toString()).json()).containsEntry("appended", 20L);
    List<String> expected = new ArrayList<>();
    for (int number = 2; number <= 20; number++) {
      expected.add(message(number));
    }
    assertThat(replayed("a")).isEqualTo(expected);
    assertThat(imported("--events-db", file.toString()).json())
        .containsEntry("alreadyPresent", 20L)
        .containsEntry("appended", 0L);
  }

  @Test
  void the_demo_walks_through_all_five_steps() {
    Result demo = Shell.stele("mcp", "demo", "--dir", folder.resolve("demo").toString());
    assertThat(demo.exit()).as(demo.err()).isZero();
    assertThat(demo.out())
        .contains("1. Config")
        .contains("2. Basic")
        .contains("3. Replay")
        .contains("4. Persistent")
        .contains("5. Backup")
        .contains("every row verifies");
    Result json = Shell.stele("mcp", "demo", "--json", "--dir", folder.resolve("demo").toString());
    assertThat(json.json()).containsEntry("sound", true).containsEntry("replayed", 4L);
  }
}
