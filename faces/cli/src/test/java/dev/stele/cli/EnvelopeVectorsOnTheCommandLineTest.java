package dev.stele.cli;

import static dev.stele.cli.EnvelopeShell.CATEGORIES;
import static dev.stele.cli.EnvelopeShell.assertRefused;
import static dev.stele.cli.Shell.steleReading;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.JsonArray;
import dev.stele.envelope.event.JsonBoolean;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.JsonString;
import dev.stele.envelope.event.JsonValue;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.Wire;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every vector of envelopes through {@code stele envelope verify}, in both modes: its exit code,
 * its category and, in the words of senders' first implementation, its reason.
 */
class EnvelopeVectorsOnTheCommandLineTest {
  /** Each vector of our own is as of this time. */
  private static final String NOW = "2026-03-01T12:00:00Z";

  private static final String VALID = "valid";

  /**
   * What a vector is worth by itself, where its answer came from a guard that had seen others
   * before: {@code verify} remembers nothing. First by compatible rules, then by strict ones.
   */
  private static final Map<String, List<String>> WITHOUT_A_GUARD =
      Map.of(
          "invalid_replay_same_envelope", List.of(VALID, VALID),
          "invalid_replay_nonce_reused_other_event", List.of(VALID, VALID),
          "invalid_guard_poisoned_by_forgery", List.of(VALID, VALID),
          "invalid_guard_poisoned_by_tampered_payload", List.of(VALID, VALID),
          "precedence_replay_before_signature", List.of("signature_invalid", "signature_invalid"));

  @TempDir Path folder;

  private static Shell.Result verify(byte[] wire, String now, String... mode) {
    List<String> arguments =
        new ArrayList<>(List.of("envelope", "verify", "-", "--json", "--now", now));
    arguments.addAll(List.of(mode));
    return steleReading(new ByteArrayInputStream(wire), arguments.toArray(String[]::new));
  }

  /** The category of an answer whose exit code fits it, or {@link #VALID}. */
  private static String verdict(Shell.Result result, String about) {
    if (result.exit() == ExitCode.DONE) {
      assertThat(result.json())
          .as(about)
          .containsEntry("valid", true)
          .containsEntry("category", null)
          .containsEntry("reason", "Envelope verified successfully");
      return VALID;
    }
    assertRefused(result, about);
    assertThat(result.json()).as(about).containsEntry("valid", false);
    String category = String.valueOf(result.json().get("category"));
    assertThat(CATEGORIES).as(about).contains(category);
    return category;
  }

  // ---- those of this repository ----

  private static List<String> own() throws IOException {
    Path file = Path.of("domains/envelope/src/test/resources/dev/stele/envelope/gate/vectors.tsv");
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve(file))) {
      at = Optional.ofNullable(at.getParent()).orElseThrow(() -> new AssertionError(file + ""));
    }
    return Files.readAllLines(at.resolve(file));
  }

  private static String entry(int number) {
    EnvelopeKey key = EnvelopeKey.generate("gauge-" + number, new Random(number));
    return "\"%s\":\"%s\""
        .formatted(key.keyId(), Base64.getEncoder().encodeToString(key.publicKey()));
  }

  @Test
  void own_vectors_get_the_committed_verdicts() throws IOException {
    String keys =
        Files.writeString(folder.resolve("keys.json"), "{" + entry(17) + "," + entry(18) + "}")
            .toString();
    List<String> lines = own();
    assertThat(lines).hasSizeGreaterThanOrEqualTo(21);
    for (String line : lines) {
      String[] fields = line.split("\t", -1);
      byte[] wire = fields[6].getBytes(UTF_8);
      assertThat(verdict(verify(wire, NOW, "--compatible"), fields[0]))
          .as(fields[0])
          .isEqualTo(fields[1]);
      assertThat(verdict(verify(wire, NOW, "--keys", keys), fields[0]))
          .as(fields[0])
          .isEqualTo(fields[2]);
    }
  }

  // ---- those given ----

  private static List<JsonObject> given() throws IOException {
    byte[] file = Files.readAllBytes(Vectors.find("envelopes.json"));
    JsonObject all = (JsonObject) Wire.read(file, ReadingRules.COMPATIBLE).orThrow();
    List<JsonObject> vectors = objects(all.get("vectors").orElseThrow());
    assertThat(vectors).hasSizeGreaterThan(100);
    return vectors;
  }

  private static List<JsonObject> objects(JsonValue array) {
    return ((JsonArray) array).elements().stream().map(JsonObject.class::cast).toList();
  }

  private static Optional<String> text(JsonObject vector, String name) {
    return vector.get(name).orElseThrow() instanceof JsonString(String text)
        ? Optional.of(text)
        : Optional.empty();
  }

  private static String needed(JsonObject vector, String name) {
    return text(vector, name).orElseThrow();
  }

  private static boolean flag(JsonObject vector, String name) {
    return vector.get(name).orElseThrow() == JsonBoolean.TRUE;
  }

  private static byte[] wire(JsonObject vector) {
    return text(vector, "wire")
        .map(wire -> wire.getBytes(UTF_8))
        .orElseGet(() -> Base64.getDecoder().decode(needed(vector, "wire_b64")));
  }

  @Test
  void given_vectors_get_the_answers_of_senders_first_implementation() throws IOException {
    int guarded = 0;
    for (JsonObject vector : given()) {
      String name = needed(vector, "name");
      Shell.Result result = verify(wire(vector), needed(vector, "now"), "--compatible");
      String verdict = verdict(result, name);
      List<String> alone = WITHOUT_A_GUARD.get(name);
      if (alone != null) {
        assertThat(needed(vector, "category")).isEqualTo("replay_detected");
        assertThat(verdict).as(name).isEqualTo(alone.getFirst());
        guarded++;
      } else if (flag(vector, "expect")) {
        assertThat(verdict).as(name).isEqualTo(VALID);
      } else {
        boolean decoding = needed(vector, "stage").equals("decode");
        assertThat(verdict)
            .as("%s: %s", name, result.out())
            .isEqualTo(decoding ? "structure_invalid" : needed(vector, "category"));
        assertThat(result.json()).as(name).containsEntry("stage", needed(vector, "stage"));
        String reason = needed(vector, "reason");
        // What is no UTF-8 its own decoder told in words of its own.
        if (!(decoding && reason.contains("codec can't decode"))) {
          assertThat(result.json()).as(name).containsEntry("reason", reason);
        }
      }
      for (JsonObject before : objects(vector.get("before").orElseThrow())) {
        boolean valid = flag((JsonObject) before.get("result").orElseThrow(), "valid");
        Shell.Result first = verify(wire(before), needed(vector, "now"), "--compatible");
        assertThat(verdict(first, name).equals(VALID)).as(name + ", before").isEqualTo(valid);
      }
    }
    assertThat(guarded).isEqualTo(WITHOUT_A_GUARD.size());
  }

  @Test
  void given_vectors_get_the_strict_answers_that_are_advised() throws IOException {
    for (JsonObject vector : given()) {
      String name = needed(vector, "name");
      String key =
          "{\"%s\":\"%s\"}"
              .formatted(needed(vector, "registered_key_id"), needed(vector, "public_key"));
      String keys = Files.writeString(folder.resolve("keys.json"), key).toString();
      Shell.Result result = verify(wire(vector), needed(vector, "now"), "--keys", keys);
      String verdict = verdict(result, name);
      List<String> alone = WITHOUT_A_GUARD.get(name);
      if (alone != null) {
        assertThat(verdict).as(name).isEqualTo(alone.getLast());
      } else {
        assertThat(verdict.equals(VALID))
            .as("%s: %s", name, result.out())
            .isEqualTo(flag(vector, "hardened_expect"));
      }
    }
  }
}
