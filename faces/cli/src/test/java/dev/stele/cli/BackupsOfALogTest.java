package dev.stele.cli;

import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogOptions;
import dev.stele.core.proof.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackupsOfALogTest {
  @TempDir Path folder;
  private String log = "";

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

  private void make(String scheme) {
    log = scheme + ":" + folder.resolve("log");
    assertThat(run("init", "--origin", "example.com/a", "--anchor", anchor()).exit()).isZero();
    append("one", "two", "three");
  }

  private String anchor() {
    return folder.resolve("anchor").toString();
  }

  private void append(String... payloads) {
    for (String payload : payloads) {
      Shell.Result appended = reading(payload, "append", "--type", "note", "--id", payload, "-");
      assertThat(appended.exit()).as(appended.err()).isZero();
    }
  }

  private void assertIntact(long size) {
    assertThat(json("verify")).containsEntry("verdict", "intact").containsEntry("size", size);
  }

  private Path database() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("log"))) {
      return files
          .filter(file -> file.toString().endsWith(".db") || file.toString().endsWith(".lmdb"))
          .filter(file -> !file.toString().contains("views"))
          .findFirst()
          .orElseThrow();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void a_lost_database_is_put_back_and_goes_on(String scheme) throws IOException {
    make(scheme);
    assertThat(json("backup")).containsEntry("made", true).containsEntry("size", 3L);
    Files.delete(database());
    assertThat(run("verify").exit()).isEqualTo(ExitCode.REFUSED_OR_BROKEN);
    assertThat(json("restore")).containsEntry("restored", true).containsEntry("rewoundFrom", null);
    assertIntact(3);
    append("four");
    assertIntact(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void a_chain_is_put_back_and_what_was_there_is_kept_aside(String scheme) throws IOException {
    make(scheme);
    json("backup");
    append("four");
    assertThat(json("backup", "--incremental"))
        .containsEntry("full", false)
        .containsEntry("after", 3L);
    assertThat(json("backup", "--incremental")).containsEntry("reason", "nothing-new");
    Map<String, Object> restored = json("restore");
    assertThat(restored).containsEntry("size", 4L);
    assertThat((List<?>) restored.get("keptAside"))
        .isNotEmpty()
        .allMatch(path -> Files.exists(Path.of(String.valueOf(path))));
    assertIntact(4);
    assertThat(run("cat").out()).contains("four");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void an_older_state_needs_a_word_and_leaves_a_receipt(String scheme) {
    make(scheme);
    json("backup");
    append("four", "five");
    Shell.Result refused = run("restore");
    assertThat(refused.exit()).isEqualTo(ExitCode.COULD_NOT_RUN);
    assertThat(refused.err()).contains("[rewind]").contains("--allow-rewind");
    assertIntact(5);
    assertThat(json("restore", "--allow-rewind")).containsEntry("rewoundFrom", 5L);
    assertIntact(4);
    assertThat(run("get", "4").out()).contains("stele/receipts").contains("rewound");
    append("six");
    assertIntact(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void an_older_state_is_noticed_without_the_anchor_too(String scheme) throws IOException {
    make(scheme);
    json("backup");
    append("four");
    try (Stream<Path> files = Files.walk(folder.resolve("anchor"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
    assertThat(run("restore").err()).contains("[rewind]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void a_backup_moves_a_log_to_another_machine_with_its_keys_only_when_told(String scheme) {
    make(scheme);
    String without = folder.resolve("without").toString();
    String with = folder.resolve("with").toString();
    assertThat(json("backup", "--to", without)).containsEntry("keys", false);
    Shell.Result secret = run("backup", "--to", with, "--with-keys");
    assertThat(secret.out()).contains("SECRET");
    log = "sqlite:" + folder.resolve("elsewhere");
    String other = folder.resolve("other-anchor").toString();
    assertThat(json("restore", "--from", without, "--anchor", other))
        .containsEntry("writable", false);
    assertThat(json("verify", "--anchor", other)).containsEntry("size", 3L);
    log = "lmdb:" + folder.resolve("third");
    assertThat(json("restore", "--from", with, "--anchor", folder.resolve("a3").toString()))
        .containsEntry("writable", true);
    append("four");
    assertIntact(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void a_file_with_keys_is_for_its_owner_alone(String scheme) throws IOException {
    make(scheme);
    Object path = json("backup", "--with-keys").get("path");
    assertThat(Files.getPosixFilePermissions(Path.of(String.valueOf(path))))
        .extracting(Enum::name)
        .containsExactlyInAnyOrder("OWNER_READ", "OWNER_WRITE");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void another_log_takes_the_place_only_when_told(String scheme) {
    make(scheme);
    String to = folder.resolve("backups").toString();
    json("backup", "--to", to);
    String first = log;
    log = scheme + ":" + folder.resolve("second");
    assertThat(run("init", "--origin", "example.com/b", "--anchor", anchor()).exit()).isZero();
    String file = listedPath(first, to);
    assertThat(run("restore", file).err()).contains("[another-log]");
    assertThat(json("restore", file, "--another-log")).containsEntry("origin", "example.com/a");
    assertIntact(3);
  }

  private String listedPath(String of, String to) {
    String before = log;
    log = of;
    Object listed = json("backup", "--list", "--to", to).get("backups");
    log = before;
    return listed instanceof List<?> backups && backups.getFirst() instanceof Map<?, ?> first
        ? String.valueOf(first.get("path"))
        : "";
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void a_changed_backup_changes_nothing(String scheme) throws IOException {
    make(scheme);
    Path file = Path.of(String.valueOf(json("backup").get("path")));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 3] ^= 1;
    Files.write(file, bytes);
    Shell.Result refused = run("restore", file.toString());
    assertThat(refused.exit()).isEqualTo(ExitCode.COULD_NOT_RUN);
    assertThat(refused.err()).contains("[damaged]");
    assertIntact(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void what_was_erased_stays_so_and_old_files_go_when_told(String scheme) {
    make(scheme);
    json("backup");
    assertThat(run("erase", "2").exit()).isZero();
    assertThat(json("backup", "--incremental")).containsEntry("forgottenHeld", 1L);
    assertThat(json("restore")).containsEntry("forgotten", 1L);
    assertThat(json("get", "2")).containsEntry("erased", true);
    Map<String, Object> renewed = json("backup", "--forget");
    assertThat((List<?>) renewed.get("deleted")).hasSize(2);
    assertThat((List<?>) json("backup", "--list").get("backups")).hasSize(1);
    json("restore");
    assertIntact(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void rotation_keeps_the_newest_the_pinned_and_what_they_continue(String scheme) {
    make(scheme);
    json("backup", "--name", "first", "--pin");
    json("backup", "--name", "second");
    json("backup", "--name", "third");
    append("four");
    json("backup", "--incremental", "--name", "fourth");
    Map<String, Object> rotated = json("backup", "--incremental", "--keep", "1");
    assertThat(rotated).containsEntry("reason", "nothing-new");
    assertThat((List<?>) json("backup", "--list").get("backups"))
        .extracting(each -> Path.of(String.valueOf(((Map<?, ?>) each).get("path"))).getFileName())
        .extracting(Object::toString)
        .containsExactly("first.stele-backup", "third.stele-backup", "fourth.stele-backup");
    assertIntact(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void a_log_that_is_written_can_be_backed_up_and_not_put_back(String scheme) {
    make(scheme);
    LogLocation location = LogLocation.of(log);
    LogLocation.Writing writing = location.openWriter(Optional.empty());
    try (EventLog writer =
        EventLog.open(
            writing.engine(),
            LogId.MAIN,
            location.home().keys().orElseThrow(),
            LogOptions.withAnchor(writing.anchor()))) {
      assertThat(json("backup")).containsEntry("made", true);
      Shell.Result refused = run("restore");
      assertThat(refused.exit()).isEqualTo(ExitCode.COULD_NOT_RUN);
      assertThat(refused.err()).contains("[storage-failed]").contains("writer");
      assertThat(writer.scrub(List::of, _ -> {})).isInstanceOf(Verdict.Intact.class);
    }
    json("restore");
    assertIntact(3);
  }
}
