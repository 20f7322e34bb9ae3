package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrKey;
import dev.stele.postgresserver.PostgresServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ACopyOfALogTest {
  private static final List<String> ENGINES = List.of("sqlite", "lmdb", "postgres");

  @TempDir Path folder;
  private int written;

  private String place(String engine, String name) throws IOException {
    Path at = folder.resolve(name);
    if (!engine.equals("postgres")) {
      return engine + ":" + at;
    }
    return PostgresServer.shared().databaseFor(Files.createDirectories(at))
        + "?home="
        + URLEncoder.encode(at.toString(), StandardCharsets.UTF_8);
  }

  private String makeALog(String engine, String name) throws IOException {
    String uri = place(engine, name);
    Shell.Result made =
        stele(
            "init",
            "--origin",
            "example.com/" + name,
            "--log",
            uri,
            "--anchor",
            folder.resolve("anchor-" + name).toString());
    assertThat(made.exit()).as(made.err()).isZero();
    return uri;
  }

  /** Signed events, in streams, of which some are erased. */
  private void write(String uri, int count, Random random) throws IOException {
    byte[] secret = new byte[32];
    secret[31] = 9;
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add(
          new String(
              EventJson.write(
                  NostrKey.fromSecret(secret)
                      .sign(1_700_000_000L + ++written, 1, List.of(), "note " + written)),
              StandardCharsets.UTF_8));
    }
    Path file = Files.write(folder.resolve("events.jsonl"), lines);
    Shell.Result imported = stele("import", "--nostr", file.toString(), "--log", uri);
    assertThat(imported.exit()).as(imported.err()).isZero();
    for (int i = 0; i < 3; i++) {
      stele("erase", String.valueOf(1 + random.nextInt(count)), "--log", uri);
    }
  }

  private static Shell.Result copied(String from, String to, String... more) {
    List<String> arguments = new ArrayList<>(List.of("copy", "--from", from, "--to", to, "--json"));
    arguments.addAll(List.of(more));
    Shell.Result result = stele(arguments.toArray(String[]::new));
    assertThat(result.exit()).as(result.out() + result.err()).isZero();
    return result;
  }

  @Test
  void has_the_same_root_whatever_it_is_copied_from_and_to() throws IOException {
    Random random = new Random(17);
    for (String from : ENGINES) {
      String log = makeALog(from, "log-" + from);
      write(log, 300, random);
      Object root = stele("stats", "--log", log, "--json").json().get("root");
      for (String to : ENGINES) {
        String copy = place(to, from + "-to-" + to);
        Shell.Result first = copied(log, copy);
        assertThat(first.json())
            .as("%s to %s", from, to)
            .containsEntry("root", root)
            .containsEntry("rootOfSource", root)
            .containsEntry("leftForNextTime", 0L)
            .containsEntry("writable", false);
        Shell.Result verified = stele("verify", "--log", copy, "--json");
        assertThat(verified.json()).containsEntry("verdict", "intact");
        assertThat(stele("cat", "--log", copy, "--json").out())
            .isEqualTo(stele("cat", "--log", log, "--json").out());
        assertThat(copied(log, copy).json()).containsEntry("new", 0L);
      }
    }
  }

  @Test
  void knows_whose_store_it_was_which_each_engine_is_told_once() throws IOException {
    String owner = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    for (String engine : ENGINES) {
      String log = makeALog(engine, "owned-" + engine);
      Shell.Result told = stele("nostr", "scan", "{}", "--count", "--owner", owner, "--log", log);
      assertThat(told.exit()).as(told.err()).isZero();
      write(log, 10, new Random(19));
      Shell.Result again = stele("nostr", "scan", "{}", "--count", "--owner", owner, "--log", log);
      assertThat(again.exit()).as(again.err()).isZero();

      String copy = place("sqlite", "owned-copy-of-" + engine);
      copied(log, copy);
      for (String each : List.of(log, copy)) {
        assertThat(stele("cat", "--log", each, "--json").out().lines())
            .as("%s of %s", each, engine)
            .filteredOn(line -> line.contains("nostr.settings"))
            .hasSize(1);
      }
    }
  }

  @Test
  void takes_up_what_has_come_since_and_what_was_erased_since() throws IOException {
    Random random = new Random(18);
    String log = makeALog("sqlite", "growing");
    String copy = place("lmdb", "copy");
    write(log, 200, random);
    Object size = copied(log, copy).json().get("size");
    write(log, 100, random);
    assertThat(copied(log, copy).json().get("size")).isNotEqualTo(size);
    assertThat(stele("cat", "--log", copy, "--json").out())
        .isEqualTo(stele("cat", "--log", log, "--json").out())
        .contains("\"erased\":true");
  }

  @Test
  void is_read_only_until_it_has_the_keys_and_then_alone_goes_on() throws IOException {
    String log = makeALog("sqlite", "moving");
    write(log, 20, new Random(19));
    String copy = place("lmdb", "moved");
    copied(log, copy);
    assertThat(steleReading("x", "append", "--type", "t", "-", "--log", copy).err())
        .contains("[no-key]");
    assertThat(copied(log, copy, "--with-keys").json()).containsEntry("writable", true);
    assertThat(steleReading("x", "append", "--type", "t", "-", "--log", copy).exit()).isZero();

    Shell.Result original = steleReading("y", "append", "--type", "t", "-", "--log", log);
    assertThat(original.exit()).isEqualTo(ExitCode.COULD_NOT_RUN);
    assertThat(original.err()).contains("[broken-log]");
    Shell.Result again = stele("copy", "--from", log, "--to", copy, "--json");
    assertThat(again.exit()).isNotZero();
  }

  @Test
  void is_not_made_where_another_log_is() throws IOException {
    String log = makeALog("sqlite", "one");
    write(log, 20, new Random(20));
    String other = makeALog("lmdb", "other");
    Shell.Result refused = stele("copy", "--from", log, "--to", other, "--json");
    assertThat(refused.exit()).isEqualTo(ExitCode.COULD_NOT_RUN);
    assertThat(refused.json()).containsEntry("error", "another-log");
    assertThat(stele("copy", "--from", log, "--to", log).err()).contains("[same-place]");
    assertThat(stele("verify", "--log", other, "--json").json()).containsEntry("verdict", "intact");
  }

  @Test
  void is_not_made_of_a_log_that_does_not_verify() throws IOException {
    String log = makeALog("lmdb", "broken");
    write(log, 50, new Random(21));
    Path file = folder.resolve("broken/log.lmdb");
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int found = text.indexOf("note 33\"");
    assertThat(found).as("the payload is in the file").isPositive();
    for (; found >= 0; found = text.indexOf("note 33\"", found + 1)) {
      bytes[found + "note 3".length()] = '4';
    }
    Files.write(file, bytes);
    String copy = place("sqlite", "none");
    Shell.Result refused = stele("copy", "--from", log, "--to", copy, "--json");
    assertThat(refused.exit()).as(refused.out() + refused.err()).isEqualTo(1);
    assertThat(refused.json())
        .containsEntry("copied", false)
        .containsEntry("reason", "source-unsound");
    assertThat(stele("stats", "--log", copy).err()).contains("[no-log]");
  }
}
