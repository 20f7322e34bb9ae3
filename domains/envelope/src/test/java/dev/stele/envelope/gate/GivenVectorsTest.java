package dev.stele.envelope.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.Samples;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.JsonArray;
import dev.stele.envelope.event.JsonBoolean;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.JsonString;
import dev.stele.envelope.event.JsonValue;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.event.Wire;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Envelopes of senders' first implementation with its answers, from {@code envelopes.json} in the
 * folder that the system property {@code stele.vectors} names, or in {@code ../shared/vectors}.
 */
class GivenVectorsTest {
  private static List<JsonObject> vectors() throws IOException {
    return elements(Wire.read(Samples.given("envelopes.json"), ReadingRules.COMPATIBLE).orThrow());
  }

  private static List<JsonObject> elements(JsonValue file) {
    return objects(((JsonObject) file).get("vectors").orElseThrow());
  }

  private static List<JsonObject> objects(JsonValue array) {
    return ((JsonArray) array).elements().stream().map(JsonObject.class::cast).toList();
  }

  private static Optional<String> text(JsonObject vector, String name) {
    return vector.get(name).orElseThrow() instanceof JsonString(String text)
        ? Optional.of(text)
        : Optional.empty();
  }

  private static boolean flag(JsonObject vector, String name) {
    return vector.get(name).orElseThrow() == JsonBoolean.TRUE;
  }

  private static byte[] wire(JsonObject vector) {
    return text(vector, "wire")
        .map(wire -> wire.getBytes(UTF_8))
        .orElseGet(() -> Base64.getDecoder().decode(text(vector, "wire_b64").orElseThrow()));
  }

  private static EnvelopeVerdict verdict(EnvelopeVerifier verifier, JsonObject vector) {
    Instant now = Instant.parse(text(vector, "now").orElseThrow());
    EnvelopeVerifier guarded =
        flag(vector, "replay_guard")
            ? verifier.withGuard(new MemoryReplayGuard(100, Duration.ofDays(1), () -> now))
            : verifier;
    for (JsonObject before : objects(vector.get("before").orElseThrow())) {
      EnvelopeVerdict first =
          guarded.verify(text(before, "wire").orElseThrow().getBytes(UTF_8), now);
      if (verifier.rules() == ReadingRules.COMPATIBLE) {
        boolean valid = flag((JsonObject) before.get("result").orElseThrow(), "valid");
        assertThat(first instanceof EnvelopeVerdict.Valid).isEqualTo(valid);
      }
    }
    return guarded.verify(wire(vector), now);
  }

  @Test
  void compatible_verification_gives_each_answer_with_its_category_and_reason() throws IOException {
    for (JsonObject vector : vectors()) {
      String name = text(vector, "name").orElseThrow();
      EnvelopeVerdict verdict = verdict(EnvelopeVerifier.compatible(), vector);
      if (flag(vector, "expect")) {
        assertThat(verdict).as(name).isInstanceOf(EnvelopeVerdict.Valid.class);
      } else if (text(vector, "stage").orElseThrow().equals("decode")) {
        assertThat(verdict)
            .as(name)
            .isInstanceOfSatisfying(
                EnvelopeVerdict.Invalid.class,
                invalid -> {
                  assertThat(invalid.category()).isEqualTo(Category.UNDECODABLE);
                  String reason = text(vector, "reason").orElseThrow();
                  if (!reason.contains("codec can't decode")) {
                    assertThat(invalid.reason()).as(name).isEqualTo(reason);
                  }
                });
      } else {
        assertThat(verdict)
            .as(name)
            .isEqualTo(
                new EnvelopeVerdict.Invalid(
                    Category.valueOf(
                        text(vector, "category").orElseThrow().toUpperCase(Locale.ROOT)),
                    text(vector, "reason").orElseThrow(),
                    ((EnvelopeVerdict.Invalid) verdict).details()));
      }
    }
  }

  @Test
  void strict_verification_gives_the_answer_that_is_advised() throws IOException {
    for (JsonObject vector : vectors()) {
      EnvelopeKeyRegistry keys =
          EnvelopeKeyRegistry.of(
              List.of(
                  EnvelopeKeyRegistry.Entry.of(
                      text(vector, "registered_key_id").orElseThrow(),
                      HexFormat.of().parseHex(text(vector, "public_key_hex").orElseThrow()))));

      assertThat(verdict(EnvelopeVerifier.strict(keys), vector) instanceof EnvelopeVerdict.Valid)
          .as("%s: %s", text(vector, "name"), verdict(EnvelopeVerifier.strict(keys), vector))
          .isEqualTo(flag(vector, "hardened_expect"));
    }
  }

  @Test
  void canonical_and_wire_bytes_are_the_given_ones() throws IOException {
    for (JsonObject vector : vectors()) {
      String name = text(vector, "name").orElseThrow();
      if (!(EnvelopeReader.read(wire(vector), ReadingRules.COMPATIBLE)
          instanceof Parsed.Value<SignedEnvelope>(SignedEnvelope envelope))) {
        continue;
      }
      text(vector, "canonical_header")
          .ifPresent(
              given ->
                  assertThat(new String(envelope.canonicalHeader(), UTF_8))
                      .as(name)
                      .isEqualTo(given));
      text(vector, "canonical_payload")
          .ifPresent(
              given ->
                  assertThat(new String(envelope.canonicalPayload(), UTF_8))
                      .as(name)
                      .isEqualTo(given));
      assertThat(hex(Sha256.hash(envelope.canonicalHeader())))
          .as(name)
          .isEqualTo(text(vector, "canonical_header_sha256").orElseThrow());
      text(vector, "payload_sha256")
          .ifPresent(
              given ->
                  assertThat(hex(Sha256.hash(envelope.canonicalPayload())))
                      .as(name)
                      .isEqualTo(given));
      assertThat(hex(envelope.signature()))
          .as(name)
          .isEqualTo(text(vector, "signature_hex").orElseThrow());
      if (flag(vector, "reencoded_equals_wire")) {
        assertThat(envelope.wire()).as(name).isEqualTo(wire(vector));
      } else if (vector.get("reencoded").isPresent()) {
        assertThat(Samples.text(envelope))
            .as(name)
            .isEqualTo(text(vector, "reencoded").orElseThrow());
      }
    }
  }

  @Test
  void the_keys_of_the_file_are_a_file_of_keys() throws IOException {
    JsonObject file =
        (JsonObject) Wire.read(Samples.given("envelopes.json"), ReadingRules.COMPATIBLE).orThrow();
    JsonValue keys = ((JsonObject) file.get("meta").orElseThrow()).get("keys").orElseThrow();

    assertThat(EnvelopeKeys.parse(Wire.bytes(keys)).orThrow().keys())
        .extracting(EnvelopeKeyRegistry.Entry::keyId)
        .containsExactly("sensor-A", "sensor_B", "C");
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
