package dev.stele.cli;

import static dev.stele.cli.EnvelopeShell.assertCouldNotRun;
import static dev.stele.cli.EnvelopeShell.assertRefused;
import static dev.stele.cli.EnvelopeShell.id;
import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.postgresserver.PostgresServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
class EnvelopesInAStoreTest {
  /** A password that the server does not ask for, and nothing may ever print. */
  static final String PASSWORD = "s3cr3t-Pa55";

  enum Kind {
    SQLITE,
    LMDB,
    POSTGRES,
    HYBRID
  }

  @TempDir Path folder;
  private EnvelopeShell shell;
  private String store = "";

  @BeforeEach
  void make_a_key() {
    shell = new EnvelopeShell(folder);
  }

  private String uri(Kind kind) {
    return switch (kind) {
      case SQLITE -> "sqlite:" + folder.resolve("store");
      case LMDB -> "lmdb:" + folder.resolve("store");
      case POSTGRES -> server();
      case HYBRID -> server() + "&blobs=" + encoded("blobs");
    };
  }

  private String server() {
    return PostgresServer.shared()
            .databaseFor(folder)
            .replace("postgres@", "postgres:" + PASSWORD + "@")
        + "?home="
        + encoded("home");
  }

  private String encoded(String name) {
    return URLEncoder.encode(folder.resolve(name).toString(), StandardCharsets.UTF_8);
  }

  private Shell.Result run(String command, String... more) {
    return reading("", command, more);
  }

  private Shell.Result reading(String stdin, String command, String... more) {
    Shell.Result result =
        steleReading(
            stdin,
            Stream.concat(
                    Stream.of(
                        "envelope",
                        command,
                        "--log",
                        store,
                        "--anchor",
                        folder.resolve("anchors").toString(),
                        "--json"),
                    Stream.of(more))
                .toArray(String[]::new));
    assertThat(result.out() + result.err()).doesNotContain(PASSWORD);
    return result;
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void an_envelope_is_saved_found_erased_and_the_store_audited(Kind kind) throws IOException {
    store = uri(kind);
    Map<String, Object> registered = run("register", "--key", shell.key()).json();
    assertThat(registered).containsEntry("result", "recorded").containsEntry("key_id", "sensor-1");

    String first = shell.envelope("{\"n\":1}");
    String second = shell.envelope("{\"n\":1}");
    Shell.Result saved = run("save", shell.file("first.json", first));
    assertThat(saved.exit()).as(saved.err() + saved.out()).isZero();
    assertThat(saved.json()).containsEntry("result", "inserted").containsEntry("stored", true);
    long position = Long.parseLong(String.valueOf(saved.json().get("position")));
    assertThat(reading(second, "save", "-").json()).containsEntry("position", position + 1);
    assertThat(run("save", shell.file("first.json", first)).json())
        .containsEntry("result", "already_present")
        .containsEntry("position", position);

    assertThat(run("get", id(first)).out()).isEqualTo(first + "\n");
    assertThat(run("get", id(second).toUpperCase(java.util.Locale.ROOT)).out())
        .isEqualTo(second + "\n");
    String hash = first.replaceAll(".*\"payload_hash\":\"([0-9a-f]+)\".*", "$1");
    assertThat(run("get", "--hash", hash).out()).isEqualTo(first + "\n" + second + "\n");
    assertRefused(run("get", "00000000-0000-4000-8000-000000000000"), "nobody");
    assertRefused(run("get", "' OR 1=1 --"), "no id");

    assertThat(run("erase", id(first)).json()).containsEntry("erased", 1L);
    Shell.Result gone = run("get", id(first));
    assertRefused(gone, "erased");
    assertThat(gone.json()).containsEntry("found", false).containsEntry("erased", true);
    assertRefused(run("erase", "00000000-0000-4000-8000-000000000000"), "nobody");

    Shell.Result compacted = run("compact");
    assertThat(compacted.exit()).as(compacted.out() + compacted.err()).isZero();
    assertThat(compacted.json()).containsEntry("compacted", true);

    Shell.Result audited = run("audit");
    assertThat(audited.exit()).as(audited.out() + audited.err()).isZero();
    assertThat(audited.json()).containsEntry("intact", true);
    Shell.Result stats = run("stats");
    assertThat(stats.exit()).as(stats.out()).isZero();
    assertThat(stats.json()).containsEntry("ok", true).containsEntry("keys", 1L);
    assertThat(stats.json().containsKey("blobs")).isEqualTo(kind == Kind.HYBRID);
  }

  @Test
  void what_is_not_valid_is_refused_with_its_category_and_the_rest_is_saved() throws IOException {
    store = uri(Kind.SQLITE);
    String genuine = shell.envelope("{\"n\":1}");
    assertThat(reading(genuine, "save", "-").json())
        .containsEntry("result", "invalid")
        .containsEntry("category", "key_id_mismatch");
    assertThat(run("register", "--key", shell.key()).exit()).isZero();
    String tampered = shell.file("t.json", genuine.replace("\"n\":1", "\"n\":2"));

    Shell.Result both = run("save", tampered, shell.file("g.json", genuine));

    assertRefused(both, "one of two");
    assertThat(both.out().lines()).hasSize(2);
    assertThat(TestJson.object(both.out().lines().findFirst().orElseThrow()))
        .containsEntry("category", "hash_mismatch")
        .containsEntry("stored", false);
    assertThat(run("get", id(genuine)).out()).isEqualTo(genuine + "\n");
  }

  @Test
  void a_key_that_was_revoked_signs_no_more() {
    store = uri(Kind.SQLITE);
    assertThat(run("register", "--key", shell.key()).exit()).isZero();
    Shell.Result revoked =
        run("revoke", "--key-id", "sensor-1", "--public", shell.publicKey(), "--reason", "lost");
    assertThat(revoked.exit()).as(revoked.out() + revoked.err()).isZero();
    Shell.Result refused = reading(shell.envelope("{}"), "save", "-");
    assertRefused(refused, "revoked");
    assertThat(refused.json()).containsEntry("category", "key_id_mismatch");
    assertCouldNotRun(run("revoke", "--key-id", "sensor-1", "--public", "!"), "bad-key");
    assertCouldNotRun(run("revoke", "--key-id", "sensor-1", "--public", "AAAA"), "bad-key");
    assertCouldNotRun(run("revoke", "--key-id", "a b", "--public", shell.publicKey()), "bad-key");
  }

  @Test
  void equal_payloads_get_what_the_policy_says() {
    store = uri(Kind.SQLITE);
    assertThat(run("register", "--key", shell.key()).exit()).isZero();
    assertThat(reading(shell.envelope("{}"), "save", "--equal-payload", "reject", "-").exit())
        .isZero();
    assertThat(reading(shell.envelope("{}"), "save", "--equal-payload", "reject", "-").json())
        .containsEntry("result", "duplicate_payload");
  }

  @Test
  void a_store_that_is_not_one_could_not_run_and_says_no_password() {
    String envelope = shell.envelope("{}");
    for (String wrong :
        new String[] {
          "carrier-pigeon:home",
          "carrier://u:" + PASSWORD + "@h/d",
          "postgres://u:" + PASSWORD + "@/nowhere",
          "postgres://u:" + PASSWORD + "@localhost/db?nonsense=1",
          "postgres://u:" + PASSWORD + " @localhost/db",
          "postgres://u:" + PASSWORD + "/x@localhost/db",
          "postgresql://u:" + PASSWORD + "@localhost/db"
        }) {
      store = wrong;
      assertCouldNotRun(reading(envelope, "save", "-"), "bad-log-uri");
    }
    store = "postgres://u:" + PASSWORD + "@localhost:1/db?home=" + encoded("home");
    assertCouldNotRun(reading(envelope, "save", "-"), "storage-failed");
    assertThat(stele("envelope", "save", "--log", store, "--help").out()).doesNotContain(PASSWORD);
  }
}
