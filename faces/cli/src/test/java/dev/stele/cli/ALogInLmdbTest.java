package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ALogInLmdbTest {
  @TempDir Path folder;
  private String log = "";

  @BeforeEach
  void make_a_log() {
    log = "lmdb:" + folder.resolve("log");
    Shell.Result made =
        stele(
            "init",
            "--log",
            log,
            "--origin",
            "example.com/test",
            "--anchor",
            folder.resolve("anchor").toString());
    assertThat(made.exit()).as(made.err()).isZero();
    for (String payload : new String[] {"hello", "again"}) {
      Shell.Result appended = steleReading(payload, "append", "--log", log, "--type", "note", "-");
      assertThat(appended.exit()).as(appended.err()).isZero();
    }
  }

  private Path file() {
    return folder.resolve("log").resolve("log.lmdb");
  }

  @Test
  void is_written_shown_verified_and_proven_as_any_other() {
    assertThat(file()).exists();
    assertThat(stele("cat", "--log", log).out()).contains("hello").contains("again");
    Shell.Result verified = stele("verify", "--log", log, "--json");
    assertThat(verified.exit()).as(verified.out()).isZero();
    assertThat(verified.json()).containsEntry("verdict", "intact");
    String proof = folder.resolve("one.tlog-proof").toString();
    assertThat(stele("prove", "1", "--log", log, "-o", proof).exit()).isZero();
    assertThat(stele("stats", "--log", log).exit()).isZero();
    assertThat(stele("doctor", "--log", log).out()).contains("LMDB 0.9");
  }

  @Test
  void is_found_broken_where_a_byte_was_changed() throws IOException {
    byte[] bytes = Files.readAllBytes(file());
    byte[] sought = "hello".getBytes(StandardCharsets.US_ASCII);
    int flips = 0;
    for (int at = 0; at + sought.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + sought.length, sought, 0, sought.length)) {
        bytes[at] = 'j';
        flips++;
      }
    }
    assertThat(flips).isPositive();
    Files.write(file(), bytes);
    Shell.Result verified = stele("verify", "--log", log, "--json");
    assertThat(verified.exit()).isEqualTo(1);
    assertThat(verified.json()).containsEntry("verdict", "broken");
  }

  @Test
  void is_no_ledger_and_says_what_is() {
    String key = folder.resolve("event.key").toString();
    assertThat(stele("key", "new", "-o", key).exit()).isZero();
    Shell.Result signed =
        steleReading("x", "append", "--log", log, "--type", "note", "--key", key, "-");
    Shell.Result registered = stele("key", "register", "--log", log, "--key", key);
    for (Shell.Result refused : List.of(signed, registered)) {
      assertThat(refused.exit()).isEqualTo(2);
      assertThat(refused.err()).contains("[ledger-needs-sqlite]").contains("--log sqlite:");
    }
  }
}
