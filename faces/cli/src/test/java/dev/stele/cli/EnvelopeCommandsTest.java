package dev.stele.cli;

import static dev.stele.cli.EnvelopeShell.assertCouldNotRun;
import static dev.stele.cli.EnvelopeShell.assertRefused;
import static dev.stele.cli.EnvelopeShell.id;
import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvelopeCommandsTest {
  @TempDir Path folder;
  private EnvelopeShell shell;

  @BeforeEach
  void make_a_key() {
    shell = new EnvelopeShell(folder);
  }

  // ---- keys ----

  @Test
  void a_key_is_secret_and_never_overwritten() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(shell.key()))))
        .isEqualTo("rw-------");
    assertCouldNotRun(
        stele("envelope", "keygen", "--key-id", "other", "-o", shell.key()), "file-exists");
    assertCouldNotRun(
        stele("envelope", "keygen", "--key-id", "a b", "-o", folder.resolve("b.key").toString()),
        "bad-key-id");
    assertThat(folder.resolve("b.key")).doesNotExist();
  }

  // ---- making ----

  @Test
  void an_envelope_that_was_created_with_a_key_verifies_with_it() throws IOException {
    String file = shell.file("e.json", shell.envelope("{\"n\":1}", "--expires-in", "60"));

    Shell.Result verified = stele("envelope", "verify", file, "--keys", shell.keys(), "--json");

    assertThat(verified.exit()).as(verified.out()).isZero();
    assertThat(verified.json())
        .containsEntry("valid", true)
        .containsEntry("category", null)
        .containsEntry("reason", "Envelope verified successfully");
    assertThat(stele("envelope", "verify", file, "--compatible").out()).startsWith("valid:");
  }

  @Test
  void an_envelope_can_be_signed_elsewhere_than_it_was_created() throws IOException {
    String context = shell.file("context.json", "{\"trace\":\"t-1\"}");
    Shell.Result created =
        steleReading(
            "{\"n\":1}",
            "envelope",
            "create",
            "--type",
            "omen.observed",
            "--key-id",
            "sensor-1",
            "--context",
            context,
            "-");
    assertThat(created.exit()).as(created.err()).isZero();
    assertThat(created.out()).doesNotContain("public_key");

    Shell.Result signed =
        steleReading(created.out(), "envelope", "sign", "--key", shell.key(), "-");
    assertThat(signed.exit()).as(signed.out()).isZero();
    assertThat(signed.out()).contains("t-1");
    Shell.Result verified =
        steleReading(signed.out(), "envelope", "verify", "-", "--keys", shell.keys());
    assertThat(verified.exit()).as(verified.out()).isZero();

    String tampered = created.out().replace("\"n\":1", "\"n\":2");
    assertRefused(
        steleReading(tampered, "envelope", "sign", "--key", shell.key(), "-"), "tampered");
    String others = created.out().replace("sensor-1", "sensor-2");
    assertRefused(steleReading(others, "envelope", "sign", "--key", shell.key(), "-"), "another's");
    assertRefused(
        steleReading(signed.out(), "envelope", "sign", "--key", shell.key(), "-", "--json"),
        "signed already");
  }

  @Test
  void what_cannot_be_created_says_why() {
    for (List<String> wrong :
        List.of(
            List.of("--type", "no.such.type"),
            List.of("--type", "omen.observed", "--source", "s".repeat(129)),
            List.of("--type", "omen.observed", "--expires-in", "86401"),
            List.of("--type", "omen.observed", "--expires-in", "0"),
            List.of("--type", "omen.observed", "--expires-in", "-1"),
            List.of("--type", "omen.observed", "--expires-in", "9223372036854775807"))) {
      List<String> arguments =
          new java.util.ArrayList<>(List.of("envelope", "create", "--key", shell.key(), "--json"));
      arguments.addAll(wrong);
      arguments.add("-");
      Shell.Result refused = steleReading("{}", arguments.toArray(String[]::new));
      assertRefused(refused, wrong.toString());
      assertThat(refused.json()).containsEntry("created", false).containsKeys("flaw", "reason");
    }
  }

  @Test
  void what_is_no_payload_or_key_could_not_run() throws IOException {
    String[] create = {"envelope", "create", "--type", "omen.observed", "--key", shell.key(), "-"};
    for (String wrong : List.of("", "[]", "1", "{\"a\":", "{\"a\":1} x", "\ufeff{}")) {
      assertCouldNotRun(steleReading(wrong, create), "bad-json");
    }
    assertCouldNotRun(
        steleReading("{}", "envelope", "create", "--type", "omen.observed", "-"), "no-key");
    for (byte[] wrong : List.of(new byte[0], new byte[] {(byte) 0xff, 0}, new byte[100])) {
      String bad = shell.file("bad.key", wrong);
      create[5] = bad;
      assertCouldNotRun(steleReading("{}", create), "bad-key");
    }
    create[5] = folder.resolve("none.key").toString();
    assertCouldNotRun(steleReading("{}", create), "no-file");
  }

  // ---- verifying ----

  @Test
  void an_envelope_that_is_not_valid_says_category_and_reason() throws IOException {
    String envelope = shell.envelope("{\"n\":1}");
    String file = shell.file("e.json", envelope.replace("\"n\":1", "\"n\":2"));
    for (String mode : List.of("--compatible", "--keys=" + shell.keys())) {
      Shell.Result tampered = stele("envelope", "verify", file, mode, "--json");
      assertRefused(tampered, mode);
      assertThat(tampered.json())
          .containsEntry("valid", false)
          .containsEntry("category", "hash_mismatch")
          .containsEntry("reason", "Payload hash mismatch")
          .containsEntry("stage", "verify");
    }
    String genuine = shell.file("g.json", envelope);
    assertThat(stele("envelope", "verify", genuine, "--json").json())
        .containsEntry("category", "key_id_mismatch");
    assertThat(
            stele(
                    "envelope",
                    "verify",
                    genuine,
                    "--compatible",
                    "--now",
                    "2020-01-01T00:00:00Z",
                    "--json")
                .json())
        .containsEntry("category", "timestamp_future");
    assertThat(
            stele(
                    "envelope",
                    "verify",
                    genuine,
                    "--keys",
                    shell.keys(),
                    "--now",
                    "2999-01-01T00:00:00Z",
                    "--json")
                .json())
        .containsEntry("category", "expired");
  }

  @Test
  void a_verification_that_could_not_run_is_neither_valid_nor_not() throws IOException {
    String file = shell.file("e.json", shell.envelope("{}"));
    assertCouldNotRun(
        stele("envelope", "verify", folder.resolve("none").toString(), "--json"), "no-file");
    assertCouldNotRun(stele("envelope", "verify", folder.toString(), "--json"), "io-failed");
    assertCouldNotRun(stele("envelope", "verify", "a\0b", "--json"), "no-file");
    assertCouldNotRun(stele("envelope", "verify", file, "--now", "noon", "--json"), "bad-time");
    assertCouldNotRun(stele("envelope", "verify", file, "--nonsense", "--json"), "bad-arguments");
    assertCouldNotRun(stele("envelope", "verify", "--json"), "bad-arguments");
    assertCouldNotRun(
        stele("envelope", "verify", file, "--keys", folder.resolve("none").toString()), "no-file");
    for (String wrong :
        List.of(
            "",
            "null",
            "{\"sensor-1\":1}",
            "{\"sensor-1\":\"AAAA\"}",
            "[{\"key_id\":\"sensor-1\",\"public_key\":\"%s\",\"valid\":1}]"
                .formatted(shell.publicKey()))) {
      assertCouldNotRun(
          stele("envelope", "verify", file, "--keys", shell.file("bad.json", wrong), "--json"),
          "bad-keys");
    }
    assertCouldNotRun(stele("envelope", "verify", file, "--keys", "/dev/zero"), "bad-keys");
  }

  // ---- printing ----

  @Test
  void the_schema_is_sql_for_the_schema_that_is_named() {
    Shell.Result printed = stele("envelope", "schema", "--schema", "mine", "--json");
    assertThat(printed.exit()).isZero();
    assertThat(printed.json()).containsEntry("schema", "mine");
    assertThat(String.valueOf(printed.json().get("ddl")))
        .contains("CREATE VIEW \"mine\".events")
        .doesNotContain("${schema}");
    assertThat(id(shell.envelope("{}"))).hasSize(36);
  }
}
