package dev.stele.cli;

import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.postgresserver.PostgresServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ALogInPostgresTest {
  /** A password that the server does not ask for, and nothing may ever print. */
  private static final String PASSWORD = "s3cr3t-Pa55";

  @TempDir Path folder;
  private String log = "";

  private Shell.Result run(String stdin, String... arguments) {
    Shell.Result result =
        steleReading(
            stdin,
            Stream.concat(Stream.of(arguments), Stream.of("--log", log)).toArray(String[]::new));
    assertThat(result.out() + result.err()).doesNotContain(PASSWORD);
    return result;
  }

  @BeforeEach
  void make_a_log() {
    log =
        PostgresServer.shared()
                .databaseFor(folder)
                .replace("postgres@", "postgres:" + PASSWORD + "@")
            + "?home="
            + URLEncoder.encode(folder.resolve("home").toString(), StandardCharsets.UTF_8);
    String anchor = folder.resolve("anchor").toString();
    Shell.Result made =
        run("", "init", "--origin", "example.com/test", "--anchor", anchor, "--json");
    assertThat(made.exit()).as(made.err()).isZero();
    for (String payload : new String[] {"hello", "again"}) {
      Shell.Result appended = run(payload, "append", "--type", "note", "-");
      assertThat(appended.exit()).as(appended.err()).isZero();
    }
  }

  @Test
  void is_written_shown_verified_and_proven_as_any_other() {
    assertThat(run("", "cat").out()).contains("hello").contains("again");
    Shell.Result verified = run("", "verify", "--json");
    assertThat(verified.exit()).as(verified.out() + verified.err()).isZero();
    assertThat(verified.json()).containsEntry("verdict", "intact");
    String proof = folder.resolve("one.tlog-proof").toString();
    assertThat(run("", "prove", "1", "-o", proof).exit()).isZero();
    assertThat(run("", "stats", "--json").exit()).isZero();
    assertThat(run("", "views").exit()).isZero();
    assertThat(run("", "init").err()).contains("[log-exists]");
  }

  @Test
  void is_backed_up_and_put_into_a_file_and_into_another_schema() {
    String backups = folder.resolve("backups").toString();
    assertThat(run("", "backup", "--to", backups, "--with-keys", "--json").json())
        .containsEntry("made", true)
        .containsEntry("size", 2L);
    assertThat(run("third", "append", "--type", "note", "-").exit()).isZero();
    assertThat(run("", "backup", "--to", backups, "--incremental", "--json").json())
        .containsEntry("full", false);
    Object root = run("", "stats", "--json").json().get("root");
    assertThat(run("", "restore", "--from", backups).err()).contains("[not-empty]");
    String server = log;
    log =
        server.replaceFirst("home=.*", "home=")
            + URLEncoder.encode(folder.resolve("home-2").toString(), StandardCharsets.UTF_8)
            + "&schema=restored";
    for (String place : new String[] {log, "sqlite:" + folder.resolve("file")}) {
      log = place;
      String anchor = folder.resolve("anchor-" + place.substring(0, 4)).toString();
      Shell.Result restored = run("", "restore", "--from", backups, "--anchor", anchor, "--json");
      assertThat(restored.exit()).as(restored.out() + restored.err()).isZero();
      assertThat(restored.json()).containsEntry("size", 3L).containsEntry("root", root);
      assertThat(run("", "verify", "--json").json()).containsEntry("verdict", "intact");
      assertThat(run("fourth", "append", "--type", "note", "-").exit()).isZero();
    }
  }
}
