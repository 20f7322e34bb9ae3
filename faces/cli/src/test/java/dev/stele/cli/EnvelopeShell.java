package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** A key and envelopes of it, all made by commands in a test's folder. */
final class EnvelopeShell {
  /** The words for what is wrong with an envelope. */
  static final Set<String> CATEGORIES =
      Set.of(
          "structure_invalid",
          "hash_mismatch",
          "signature_invalid",
          "key_id_mismatch",
          "expired",
          "timestamp_future",
          "replay_detected",
          "nonce_insecure",
          "event_type_invalid",
          "unsupported_version",
          "payload_too_large");

  private final Path folder;
  private final Path key;
  private final String publicKey;

  EnvelopeShell(Path folder) {
    this.folder = folder;
    this.key = folder.resolve("sensor.key");
    Shell.Result made =
        stele("envelope", "keygen", "--key-id", "sensor-1", "-o", key.toString(), "--json");
    assertThat(made.exit()).as(made.err()).isZero();
    this.publicKey = String.valueOf(made.json().get("public_key"));
  }

  String key() {
    return key.toString();
  }

  String publicKey() {
    return publicKey;
  }

  /** A file that says which keys are trusted. */
  String keys() throws IOException {
    return file("keys.json", "{\"sensor-1\":\"%s\"}".formatted(publicKey));
  }

  String file(String name, String text) throws IOException {
    return file(name, text.getBytes(StandardCharsets.UTF_8));
  }

  String file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes).toString();
  }

  /** A signed envelope, as text without its line feed. */
  String envelope(String payload, String... more) {
    String[] first = {
      "envelope", "create", "--type", "omen.observed", "--source", "tower", "--key", key()
    };
    String[] all = new String[first.length + more.length + 1];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    all[all.length - 1] = "-";
    Shell.Result made = steleReading(payload, all);
    assertThat(made.exit()).as(made.err() + made.out()).isZero();
    return made.out().strip();
  }

  @SuppressWarnings("unchecked")
  static String id(String envelope) {
    var header = (java.util.Map<String, Object>) TestJson.object(envelope).get("header");
    assertThat(header).isNotNull();
    return String.valueOf(header.get("id"));
  }

  /** A refusal is an answer: no stack trace, no exception's name, exit 1. */
  static void assertRefused(Shell.Result result, String about) {
    assertThat(result.exit()).as("%s: %s%s", about, result.out(), result.err()).isEqualTo(1);
    assertQuiet(result, about);
  }

  static void assertCouldNotRun(Shell.Result result, String code) {
    assertThat(result.exit()).as("%s%s", result.out(), result.err()).isEqualTo(2);
    assertThat(result.err()).contains("[" + code + "]").contains("next:");
    assertQuiet(result, code);
  }

  private static void assertQuiet(Shell.Result result, String about) {
    assertThat(result.err())
        .as(about)
        .doesNotContain("Exception")
        .doesNotContain("\tat ")
        .doesNotContain("[internal]");
  }
}
