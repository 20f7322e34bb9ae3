package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TheCommandLineTest {
  @TempDir Path folder;
  private String log = "";

  @BeforeEach
  void make_a_log() {
    log = "sqlite:" + folder.resolve("log");
    Shell.Result made =
        stele("init", "--log", log, "--origin", "example.com/test", "--anchor", anchor());
    assertThat(made.exit()).as(made.err()).isZero();
  }

  private String anchor() {
    return folder.resolve("anchor").toString();
  }

  private Path database() {
    return folder.resolve("log").resolve("log.db");
  }

  private Shell.Result append(String payload, String... more) {
    String[] arguments = {"append", "--log", log, "--type", "note", "--json", "-"};
    String[] all = new String[arguments.length + more.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length - 1);
    System.arraycopy(more, 0, all, arguments.length - 1, more.length);
    all[all.length - 1] = "-";
    return steleReading(payload, all);
  }

  private void sql(String statement) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        Statement sql = connection.createStatement()) {
      sql.executeUpdate(statement);
    }
  }

  @Test
  void init_makes_a_secret_key_that_only_its_owner_reads_and_never_twice() throws IOException {
    Path key = folder.resolve("log").resolve("log.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(folder.resolve("log").resolve("log.vkey")))
        .startsWith("example.com/test+");

    Shell.Result again = stele("init", "--log", log);

    assertThat(again.exit()).isEqualTo(2);
    assertThat(again.err()).contains("[log-exists]").contains("next:");
  }

  @Test
  void an_event_that_was_appended_can_be_read_proven_and_checked_offline() throws IOException {
    Map<String, Object> appended = append("hello", "--id", "e-1", "--stream", "letters").json();
    assertThat(appended)
        .containsEntry("result", "appended")
        .containsEntry("position", 1L)
        .containsEntry("durability", "durable");

    Map<String, Object> event = stele("get", "--id", "e-1", "--log", log, "--json").json();
    assertThat(event)
        .containsEntry("position", 1L)
        .containsEntry("stream", "letters")
        .containsEntry("admittedBy", "unsigned/1")
        .containsEntry(
            "payload",
            Base64.getEncoder().encodeToString("hello".getBytes(StandardCharsets.UTF_8)));

    String proof = folder.resolve("one.tlog-proof").toString();
    assertThat(stele("prove", "1", "-o", proof, "--log", log).exit()).isZero();
    Path vkey = folder.resolve("log").resolve("log.vkey");
    Map<String, Object> checked = stele("check", proof, "--vkey", vkey.toString(), "--json").json();
    assertThat(checked)
        .containsEntry("proven", true)
        .containsEntry("position", 1L)
        .containsEntry("id", "e-1");
    assertThat(stele("check", proof, "--vkey", Files.readString(vkey).strip()).exit()).isZero();
  }

  @Test
  void every_flipped_bit_of_a_proof_is_refused() throws IOException {
    append("hello", "--id", "e-1");
    append("world");
    Path proof = folder.resolve("one.tlog-proof");
    stele("prove", "1", "-o", proof.toString(), "--log", log);
    String vkey = folder.resolve("log").resolve("log.vkey").toString();
    byte[] bytes = Files.readAllBytes(proof);
    for (int at = 0; at < bytes.length; at += 7) {
      byte[] flipped = bytes.clone();
      flipped[at] ^= (byte) (1 << (at % 8));
      Files.write(proof, flipped);
      Shell.Result checked = stele("check", proof.toString(), "--vkey", vkey, "--json");
      assertThat(checked.exit()).as("byte %d: %s", at, checked.out()).isEqualTo(1);
      assertThat(checked.json()).containsEntry("proven", false);
    }
  }

  @Test
  void the_same_id_again_answers_where_it_is_and_a_wrong_expectation_is_refused() {
    append("hello", "--id", "e-1", "--expect", "0");

    assertThat(append("hello", "--id", "e-1", "--expect", "0").json())
        .containsEntry("result", "alreadyPresent")
        .containsEntry("position", 1L);
    Shell.Result conflict = append("other", "--expect", "0");
    assertThat(conflict.exit()).isEqualTo(1);
    assertThat(conflict.json()).containsEntry("code", "conflict");
  }

  @Test
  void a_log_that_is_whole_verifies_and_names_its_root() {
    append("one");
    append("two");

    Shell.Result verified = stele("verify", "--log", log, "--json");

    assertThat(verified.exit()).isZero();
    assertThat(verified.json())
        .containsEntry("verdict", "intact")
        .containsEntry("size", 2L)
        .containsEntry("erased", 0L)
        .containsEntry("anchored", true)
        .containsEntry("signedSize", 2L);
    assertThat(String.valueOf(verified.json().get("root"))).matches("[0-9a-f]{64}");
    assertThat(stele("checkpoint", "--log", log, "--json").json().get("root"))
        .isEqualTo(verified.json().get("root"));
  }

  @Test
  void a_changed_payload_is_found_at_its_position_and_nothing_more_is_appended()
      throws SQLException {
    for (int i = 1; i <= 10; i++) {
      append("payload " + i);
    }
    sql(
        "UPDATE log_events SET entry = CAST(substr(entry, 1, length(entry) - 1) || '?' AS BLOB)"
            + " WHERE place = 5");

    Shell.Result verified = stele("verify", "--log", log, "--json");

    assertThat(verified.exit()).isEqualTo(1);
    assertThat(verified.json())
        .containsEntry("verdict", "broken")
        .containsEntry("brokenAt", 5L)
        .containsEntry("fault", "payload");
    Shell.Result refused = append("more");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.json()).containsEntry("error", "broken-log");
  }

  @Test
  void a_log_that_was_cut_is_found_by_its_anchor_and_by_none_without_it() throws Exception {
    for (int i = 1; i <= 5; i++) {
      append("payload " + i);
    }
    sql("DELETE FROM log_events WHERE place > 3");
    sql("DELETE FROM log_checkpoints WHERE size > 3");

    assertThat(stele("verify", "--log", log, "--json").json())
        .containsEntry("verdict", "broken")
        .containsEntry("brokenAt", 4L)
        .containsEntry("fault", "gap")
        .containsEntry("anchored", true);
    assertThat(
            stele("verify", "--log", log, "--json", "--anchor", folder.resolve("none").toString())
                .json())
        .containsEntry("anchored", false);
  }

  @Test
  void a_log_in_the_place_of_another_is_noticed_even_with_its_own_keys() throws IOException {
    append("one");
    Path other = folder.resolve("other");
    stele("init", "--log", "sqlite:" + other, "--anchor", anchor());
    for (String file : List.of("log.db", "log.key", "log.vkey", "log.anchor")) {
      Files.copy(
          other.resolve(file),
          folder.resolve("log").resolve(file),
          StandardCopyOption.REPLACE_EXISTING);
    }

    Shell.Result verified = stele("verify", "--log", log, "--json");

    assertThat(verified.exit()).isEqualTo(1);
    assertThat(verified.json())
        .containsEntry("verdict", "broken")
        .containsEntry("brokenAt", 1L)
        .containsEntry("fault", "checkpoint");
    assertThat(append("two").exit()).isEqualTo(2);
  }

  @Test
  void a_database_that_is_gone_or_empty_or_foreign_is_broken() throws Exception {
    append("one");
    byte[] whole = Files.readAllBytes(database());
    Path foreign = folder.resolve("foreign.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + foreign);
        Statement sql = connection.createStatement()) {
      sql.executeUpdate("CREATE TABLE t (a)");
    }
    for (byte[] instead :
        List.of(new byte[0], Arrays.copyOf(whole, 5_000), Files.readAllBytes(foreign))) {
      Files.write(database(), instead);
      assertThat(stele("verify", "--log", log, "--json").json()).containsEntry("verdict", "broken");
    }
    Files.delete(database());
    assertThat(stele("verify", "--log", log, "--json").json()).containsEntry("verdict", "broken");
  }

  @Test
  void a_changed_byte_of_the_anchor_is_told_although_its_other_slot_serves() throws IOException {
    append("one");
    try (Stream<Path> files = Files.list(folder.resolve("anchor"))) {
      Path file =
          files.filter(each -> each.toString().endsWith(".anchor")).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(file);
      bytes[100] ^= 1;
      Files.write(file, bytes);
    }

    Shell.Result verified = stele("verify", "--log", log, "--json");

    assertThat(verified.exit()).isEqualTo(1);
    assertThat(verified.json()).containsEntry("verdict", "intact");
    assertThat(String.valueOf(verified.json().get("anchorDamage"))).contains("slot 0");
  }

  @Test
  void cat_gives_one_object_a_line_and_tail_the_last_ones() {
    for (int i = 1; i <= 5; i++) {
      append("payload " + i);
    }

    List<String> all = stele("cat", "--log", log, "--json").out().lines().toList();
    List<String> last = stele("tail", "-n", "2", "--log", log, "--json").out().lines().toList();

    assertThat(all).hasSize(5).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
    assertThat(last).isEqualTo(all.subList(3, 5));
    assertThat(stele("cat", "--log", log, "--after", "1", "--limit", "2", "--json").out().lines())
        .containsExactlyElementsOf(all.subList(1, 3));
  }

  @Test
  void keys_sign_from_their_registration_to_their_revocation() throws IOException {
    String key = folder.resolve("event.key").toString();
    String keyId = String.valueOf(stele("key", "new", "-o", key, "--json").json().get("keyId"));
    assertThat(append("early", "--key", key).json()).containsEntry("code", "unknown-key");
    assertThat(stele("key", "register", "--key", key, "--label", "me", "--log", log).exit())
        .isZero();
    assertThat(append("good", "--key", key).json())
        .containsEntry("result", "appended")
        .containsEntry("seqNo", 1L)
        .containsEntry("keyId", keyId);
    assertThat(stele("key", "revoke", keyId, "--reason", "lost", "--log", log).exit()).isZero();
    assertThat(append("late", "--key", key).json()).containsEntry("code", "revoked-key");
    assertThat(stele("key", "list", "--log", log, "--json").out()).contains(keyId);
    assertThat(stele("verify", "--log", log, "--json").json())
        .containsEntry("verdict", "intact")
        .containsEntry("unsigned", 0L);
  }

  @Test
  void tiles_are_written_as_transparency_tools_expect_them() throws IOException {
    append("one");
    Path tiles = folder.resolve("tiles");

    Shell.Result exported = stele("tiles", "export", tiles.toString(), "--log", log, "--json");

    assertThat(exported.exit()).isZero();
    assertThat(exported.json()).containsEntry("exported", true).containsEntry("size", 1L);
    assertThat(Files.readString(tiles.resolve("checkpoint"))).startsWith("example.com/test\n1\n");
    assertThat(tiles.resolve("tile/0/000.p/1")).exists();
    assertThat(tiles.resolve("tile/entries/000.p/1")).exists();
  }

  @Test
  void what_cannot_run_says_why_and_what_to_do_next() {
    assertThat(stele("verify", "--log", "sqlite:" + folder.resolve("none")).exit()).isEqualTo(2);
    assertThat(stele("verify", "--log", "tape:a").err()).contains("[bad-log-uri]");
    assertThat(stele("get", "--log", log).exit()).isEqualTo(2);
    assertThat(stele("get", "99", "--log", log).exit()).isEqualTo(1);
    assertThat(stele("nothing-like-it").exit()).isEqualTo(2);
    Shell.Result failed =
        stele("import", "--nostr", folder.resolve("none").toString(), "--log", log, "--json");
    assertThat(failed.exit()).isEqualTo(2);
    assertThat(failed.json()).containsEntry("error", "no-file");
    assertThat(failed.err()).contains("next:").doesNotContain("\tat ");
  }

  @Test
  void doctor_and_stats_answer_in_json() {
    assertThat(stele("stats", "--log", log, "--json").json()).containsEntry("size", 0L);
    assertThat(stele("doctor", "--log", log, "--json").json()).containsKey("syncP50Micros");
    assertThat(stele("completion").out()).contains("complete");
  }

  @Test
  void the_demo_finds_its_own_tampering() {
    Shell.Result demo = stele("demo", "--dir", folder.resolve("demo").toString(), "--json");

    assertThat(demo.exit()).as(demo.out() + demo.err()).isZero();
    assertThat(demo.json())
        .containsEntry("sound", true)
        .containsEntry("proven", true)
        .containsEntry("tamperedAt", 4242L)
        .containsEntry("tamperFound", true)
        .containsEntry("appendRefused", true);
  }
}
