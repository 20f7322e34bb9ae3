package dev.stele.cli;

import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong with the event store whose place this one takes, and does not go wrong here. */
class WeaknessesOfTheReferenceManagerTest {
  @TempDir Path folder;
  private String log = "";

  @BeforeEach
  void make_a_log() {
    log = "sqlite:" + folder.resolve("log");
    String anchor = folder.resolve("anchor").toString();
    assertThat(run("init", "--origin", "example.com/a", "--anchor", anchor).exit()).isZero();
  }

  private Shell.Result run(String... arguments) {
    return reading("", arguments);
  }

  private Shell.Result reading(String stdin, String... arguments) {
    return steleReading(
        stdin, Stream.concat(Stream.of(arguments), Stream.of("--log", log)).toArray(String[]::new));
  }

  private Map<String, Object> json(String... arguments) {
    Shell.Result result =
        run(Stream.concat(Stream.of(arguments), Stream.of("--json")).toArray(String[]::new));
    assertThat(result.exit()).as(result.out() + result.err()).isZero();
    return result.json();
  }

  private void events(int count) {
    String rows =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    "{\"event_id\":\"e%d\",\"stream_id\":\"s%d\",\"message\":%d,\"timestamp\":\"2024-01-01T00:00:00Z\"}"
                        .formatted(i, i % 3, i))
            .reduce("", (a, b) -> a + b + "\n");
    Shell.Result imported = reading(rows, "import", "--events", "-");
    assertThat(imported.exit()).as(imported.out()).isZero();
  }

  private static List<Object> list(Map<String, Object> json, String name) {
    return json.get(name) instanceof List<?> found ? List.copyOf(found) : List.of();
  }

  @Test
  void validation_reads_every_row_and_not_the_first_hundred() throws SQLException {
    events(150);
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("log/log.db"));
        Statement statement = connection.createStatement()) {
      assertThat(
              statement.executeUpdate(
                  "UPDATE log_events SET entry = CAST(substr(entry, 1, length(entry) - 1) || x'00'"
                      + " AS BLOB) WHERE place = 149"))
          .isEqualTo(1);
    }
    Shell.Result found = run("validate", "--json");
    assertThat(found.exit()).isEqualTo(ExitCode.REFUSED_OR_BROKEN);
    assertThat(found.json()).containsEntry("valid", false).containsKey("warnings");
    assertThat(list(found.json(), "errors"))
        .anySatisfy(
            error ->
                assertThat(error)
                    .asInstanceOf(InstanceOfAssertFactories.MAP)
                    .containsEntry("position", 149L));
  }

  @Test
  void a_missing_file_is_answered_in_the_same_shape_as_anything_else() throws IOException {
    events(1);
    Files.delete(folder.resolve("log/log.db"));
    assertThat(run("validate", "--json").json())
        .containsEntry("valid", false)
        .containsEntry("warnings", List.of())
        .containsKey("errors");
  }

  @Test
  void a_restored_log_leaves_no_view_behind_that_tells_what_is_gone() throws IOException {
    events(3);
    json("backup");
    events(6);
    assertThat(run("views").exit()).isZero();
    json("restore", "--allow-rewind");
    assertThat(json("validate")).containsEntry("valid", true);
    assertThat(json("stats")).containsEntry("total_events", 4L);
  }

  @Test
  void maintenance_takes_its_settings_from_options_and_runs_with_none() {
    events(2);
    assertThat(json("maintenance"))
        .containsKeys("validation", "stats")
        .doesNotContainKey("backup")
        .containsEntry("success", true);
  }

  @Test
  void a_store_in_memory_is_refused_and_not_a_new_one_for_each_call() {
    log = "memory:";
    assertThat(run("stats").err()).contains("[bad-log-uri]");
  }

  @Test
  void maintenance_never_deletes_the_backup_it_has_just_made_however_old_the_data_is()
      throws IOException {
    events(5);
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(400)));
    Files.setLastModifiedTime(folder.resolve("log/log.db"), longAgo);
    Map<String, Object> ran = json("maintenance", "--backup", "--keep-days", "7");
    assertThat(ran.get("backup_cleanup"))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("success", true)
        .containsEntry("deleted_count", 0L);
    assertThat(list(json("backup", "--list"), "backups")).hasSize(1);
  }

  @Test
  void the_age_of_a_backup_is_not_the_time_of_its_file() throws IOException {
    events(5);
    Path first = Path.of(String.valueOf(json("backup").get("path")));
    Files.setLastModifiedTime(first, FileTime.from(Instant.now().minus(Duration.ofDays(400))));
    assertThat(list(json("backup", "--keep-days", "1"), "deleted")).isEmpty();
    assertThat(first).exists();
  }

  @Test
  void two_backups_in_one_second_are_two() {
    events(5);
    assertThat(json("backup").get("path")).isNotEqualTo(json("backup").get("path"));
    assertThat(list(json("backup", "--list"), "backups")).hasSize(2);
  }

  @Test
  void backups_with_a_name_are_rotated_too() {
    events(5);
    json("backup", "--name", "before_restore");
    json("backup", "--name", "mine.old");
    assertThat(list(json("backup", "--keep", "1"), "deleted")).hasSize(2);
  }

  @Test
  void one_invalid_row_aborts_no_export() {
    events(2);
    assertThat(reading("{ broken", "append", "--type", "t", "--stream", "s0", "-").exit()).isZero();
    Path file = folder.resolve("out.json");
    assertThat(json("export", file.toString())).containsEntry("exported", 3L);
    assertThat(TestJson.object("{\"rows\":" + read(file) + "}").get("rows"))
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .hasSize(3);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void days_are_those_of_utc() {
    events(4);
    assertThat(list(json("stats"), "daily_events"))
        .singleElement()
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("count", 4L)
        .extractingByKey("date")
        .isIn(
            LocalDate.now(ZoneOffset.UTC).toString(),
            LocalDate.now(ZoneOffset.UTC).minusDays(1).toString());
  }

  @Test
  void a_task_that_fails_stops_none_of_the_others() throws IOException {
    events(2);
    Path notAFolder = Files.writeString(folder.resolve("file"), "x");
    Shell.Result ran = run("maintenance", "--backup", "--to", notAFolder.toString(), "--json");
    assertThat(ran.exit()).isEqualTo(ExitCode.REFUSED_OR_BROKEN);
    assertThat(ran.json().get("backup"))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("success", false)
        .containsKey("error");
    assertThat(ran.json().get("validation"))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("success", true);
    assertThat(ran.json().get("stats"))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("total_events", 2L)
        .containsEntry("total_streams", 2L);
  }
}
