package dev.stele.cli;

import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExchangedEventsTest {
  @TempDir Path folder;
  private String log = "";

  @BeforeEach
  void make_a_log() {
    log = "sqlite:" + folder.resolve("log");
    init();
  }

  private void init() {
    assertThat(
            run("init", "--origin", "example.com/a", "--anchor", folder.resolve("a").toString())
                .exit())
        .isZero();
  }

  private Shell.Result run(String... arguments) {
    return reading("", arguments);
  }

  private Shell.Result reading(String stdin, String... arguments) {
    return steleReading(
        stdin, Stream.concat(Stream.of(arguments), Stream.of("--log", log)).toArray(String[]::new));
  }

  private Shell.Result imported(String rows) {
    return reading(rows, "import", "--events", "-", "--json");
  }

  private List<Map<String, Object>> exported(String... options) {
    Shell.Result result =
        run(
            Stream.concat(Stream.of("export", "-", "--lines"), Stream.of(options))
                .toArray(String[]::new));
    assertThat(result.exit()).as(result.err()).isZero();
    return result.out().lines().map(TestJson::object).toList();
  }

  private static String row(String id, String stream, String message, String timestamp) {
    return "{\"event_id\":\"%s\",\"stream_id\":\"%s\",\"message\":%s,\"timestamp\":\"%s\"}"
        .formatted(id, stream, message, timestamp);
  }

  @Test
  void come_out_as_they_went_in() {
    String rows =
        "[\n"
            + row(
                "e1",
                "s1",
                "{\"method\":\"tools/call\",\"n\":[1,2.50,null]}",
                "2024-01-01T10:00:00+01:00")
            + ",\n"
            + row("e2", "s1", "\"just, ] text\"", "2024-01-01T09:30:00Z")
            + ","
            + row("e3", "s0", "7", "2024-02-01T00:00:00.123456Z")
            + "]";
    assertThat(imported(rows).json()).containsEntry("appended", 3L);
    List<Map<String, Object>> events = exported();
    assertThat(events).extracting(each -> each.get("event_id")).containsExactly("e3", "e1", "e2");
    assertThat(events)
        .extracting(each -> each.get("timestamp"))
        .containsExactly(
            "2024-02-01T00:00:00.123456Z", "2024-01-01T10:00+01:00", "2024-01-01T09:30Z");
    assertThat(events).extracting(each -> each.get("seq")).containsExactly(1L, 1L, 2L);
    assertThat(String.valueOf(events.get(1).get("message"))).contains("method=tools/call");
  }

  @Test
  void are_taken_once_however_often_they_come() {
    String rows = row("e1", "s", "{}", "2024-01-01T10:00:00Z") + "\n";
    assertThat(imported(rows).json()).containsEntry("appended", 1L);
    assertThat(imported(rows).json())
        .containsEntry("appended", 0L)
        .containsEntry("alreadyPresent", 1L);
  }

  @Test
  void go_from_log_to_log_through_an_array_in_a_file() throws IOException {
    assertThat(reading("{\"a\":\n1}", "append", "--type", "t", "--stream", "s", "-").exit())
        .isZero();
    assertThat(reading("no json", "append", "--type", "t", "--stream", "s", "-").exit()).isZero();
    Path file = folder.resolve("events.json");
    assertThat(run("export", file.toString(), "--json").json()).containsEntry("exported", 2L);
    List<Map<String, Object>> before = exported();
    log = "lmdb:" + folder.resolve("other");
    init();
    assertThat(run("import", "--events", file.toString(), "--json").json())
        .containsEntry("appended", 2L);
    assertThat(exported()).isEqualTo(before);
    assertThat(before.get(1).get("message"))
        .isEqualTo(
            Map.of(
                "not_json_base64",
                Base64.getEncoder().encodeToString("no json".getBytes(StandardCharsets.UTF_8))));
    assertThat(Files.readString(file)).startsWith("[").endsWith("]\n");
  }

  @Test
  void one_bad_row_is_reported_and_spoils_no_other() {
    String rows =
        "["
            + String.join(
                ",",
                row("e1", "s", "{}", "2024-01-01T10:00:00Z"),
                "{\"event_id\":\"e2\",,}",
                "{\"event_id\":\"e3\",\"stream_id\":\"s\",\"message\":{},\"timestamp\":\"soon\"}",
                "{\"stream_id\":\"s\",\"message\":{},\"timestamp\":\"2024-01-01T10:00:00Z\"}",
                row("e5", "s", "[1,2]", "2024-01-01T10:00:00Z"))
            + "]";
    Shell.Result result = imported(rows);
    assertThat(result.exit()).isEqualTo(ExitCode.REFUSED_OR_BROKEN);
    assertThat(result.json()).containsEntry("appended", 2L).containsEntry("refusedCount", 3L);
    assertThat(result.json().get("refused"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .extracting(each -> each instanceof Map<?, ?> row ? String.valueOf(row.get("line")) : "")
        .containsExactly("2", "3", "4");
  }

  @Test
  void a_range_of_times_is_one_of_instants_and_has_its_ends() {
    imported(
        String.join(
            "\n",
            row("a", "s", "1", "2024-06-01T23:30:00-02:00"),
            row("b", "s", "2", "2024-06-02T01:30:00Z"),
            row("c", "s", "3", "2024-06-02T04:00:00+02:00"),
            row("d", "s", "4", "2024-06-03T00:00:00Z")));
    assertThat(exported("--since", "2024-06-02T01:30:00Z", "--until", "2024-06-02T02:00:00Z"))
        .extracting(each -> each.get("event_id"))
        .containsExactly("a", "b", "c");
    assertThat(exported("--since", "2024-06-02", "--until", "2024-06-02", "--zone", "UTC"))
        .extracting(each -> each.get("event_id"))
        .containsExactly("a", "b", "c");
    assertThat(exported("--stream", "none")).isEmpty();
  }

  @Test
  void an_erased_event_is_left_out() {
    imported(row("a", "s", "1", "2024-06-01T23:30:00Z"));
    assertThat(run("erase", "1").exit()).isZero();
    assertThat(exported()).isEmpty();
  }

  // ---- an event store in SQLite ----

  /** A file as the earlier store makes it. */
  static Path original(Path folder, @Nullable String[]... rows) throws SQLException {
    Path file = folder.resolve("events.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      connection
          .createStatement()
          .execute(
              "CREATE TABLE events (event_id TEXT PRIMARY KEY, stream_id TEXT NOT NULL,"
                  + " message_json TEXT NOT NULL, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,"
                  + " created_at DATETIME DEFAULT CURRENT_TIMESTAMP)");
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO events (event_id, stream_id, message_json, timestamp) VALUES"
                  + " (?, ?, ?, ?)")) {
        for (@Nullable String[] row : rows) {
          for (int i = 0; i < 4; i++) {
            insert.setString(i + 1, row[i]);
          }
          insert.executeUpdate();
        }
      }
    }
    return file;
  }

  @Test
  void of_an_sqlite_file_keep_order_ids_and_times() throws SQLException {
    Path file =
        original(
            folder,
            new String[] {"e1", "s", "{\"n\": 1}", "2024-07-01T12:00:00.5"},
            new String[] {"e2", "s", "{\"n\": 2}", "2024-07-01T12:00:00.5"},
            new String[] {"e3", "s", "not json", "2024-07-01T11:00:00"},
            new String[] {"e4", "t", "{}", "2024-07-01 10:00:00"});
    Shell.Result first =
        run("import", "--events-db", file.toString(), "--zone", "Europe/Berlin", "--json");
    assertThat(first.exit()).as(first.out() + first.err()).isZero();
    assertThat(first.json()).containsEntry("appended", 4L);
    assertThat(first.json().get("keptAsBytes"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .hasSize(1);
    assertThat(run("import", "--events-db", file.toString(), "--json").json())
        .containsEntry("appended", 0L)
        .containsEntry("alreadyPresent", 4L);
    List<Map<String, Object>> events = exported();
    assertThat(events)
        .extracting(each -> each.get("event_id"))
        .containsExactly("e1", "e2", "e3", "e4");
    assertThat(events)
        .extracting(each -> each.get("timestamp"))
        .containsExactly(
            "2024-07-01T12:00:00.500+02:00",
            "2024-07-01T12:00:00.500+02:00",
            "2024-07-01T11:00+02:00",
            "2024-07-01T10:00Z");
    assertThat(run("validate", "--json").json())
        .containsEntry("valid", true)
        .extractingByKey("warnings")
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .anySatisfy(each -> assertThat(String.valueOf(each)).contains("not JSON"));
  }

  @Test
  void a_file_without_such_a_table_is_refused() throws IOException {
    Path file = Files.writeString(folder.resolve("x.db"), "not a database at all, but long enough");
    assertThat(run("import", "--events-db", file.toString()).err()).contains("[not-events]");
  }
}
