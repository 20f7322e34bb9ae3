package dev.stele.envelope.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.envelope.Samples;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.EventType;
import dev.stele.envelope.event.EventTypes;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.Nonce;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Strict verification: what it takes, and each thing it refuses. */
class EnvelopeVerifierTest {
  private static final EnvelopeVerifier STRICT = EnvelopeVerifier.strict(Samples.KEYS);

  /** An envelope, validly signed, with one member of the header changed before. */
  private static SignedEnvelope changed(String name, String json) {
    return changed(
        Samples.PAYLOAD,
        header ->
            header.replaceFirst("\"" + name + "\":(\"[^\"]*\"|null)", "\"" + name + "\":" + json));
  }

  private static SignedEnvelope changed(JsonObject payload, UnaryOperator<String> change) {
    SignedEnvelope sample = Samples.created(Samples.draft(payload), 5).sign(Samples.KEY);
    String wire = change.apply(Samples.text(sample));
    EnvelopeHeader header =
        EnvelopeReader.read(wire.getBytes(UTF_8), ReadingRules.COMPATIBLE).orThrow().header();
    return Samples.signed(header, payload);
  }

  private static void assertInvalid(String category, String reason, SignedEnvelope envelope) {
    EnvelopeVerdict verdict = STRICT.verify(envelope.wire(), Samples.NOW);
    assertThat(Samples.category(verdict)).as(verdict.toString()).isEqualTo(category);
    assertThat(((EnvelopeVerdict.Invalid) verdict).reason()).contains(reason);
  }

  @Test
  void a_genuine_envelope_is_valid_and_shown_without_its_whole_key_id() {
    SignedEnvelope envelope = changed("key_id", "\"gauge-17\"");

    assertThat(STRICT.verify(envelope.wire(), Samples.NOW))
        .isInstanceOfSatisfying(
            EnvelopeVerdict.Valid.class,
            valid -> {
              assertThat(valid.envelope()).isEqualTo(envelope);
              assertThat(valid.details().keyId()).isEqualTo("***");
              assertThat(valid.details().source()).isEqualTo("cellar");
            });
    assertThat(EnvelopeVerdict.Details.of(changed("key_id", "\"gauge-0017\"").header()).keyId())
        .isEqualTo("gaug***0017");
  }

  @Test
  void each_category_has_its_cause() {
    assertInvalid("event_type_invalid", "not registered", changed("type", "\"cellar.flooded\""));
    assertInvalid("unsupported_version", "version", changed("version", "\"3.0.0\""));
    assertInvalid("structure_invalid", "UUID", changed("id", "\"17\""));
    assertInvalid(
        "structure_invalid", "UUID", changed("id", "\"AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA\""));
    assertInvalid(
        "structure_invalid", "UUID", changed("id", "\"aaaaaaaa-aaaa-1aaa-8aaa-aaaaaaaaaaaa\""));
    assertInvalid("structure_invalid", "key_id", changed("key_id", "\"\""));
    assertInvalid("structure_invalid", "key_id", changed("key_id", "\"gauge 17\""));
    assertInvalid("structure_invalid", "NUL", changed("source", "\"a\\\\u0000\""));
    assertInvalid("structure_invalid", "Source", changed("source", '"' + "s".repeat(129) + '"'));
    assertInvalid("structure_invalid", "nonce", changed("nonce", "\"abc\""));
    assertInvalid("structure_invalid", "issued_at", changed("issued_at", "\"yesterday\""));
    assertInvalid("structure_invalid", "expires_at", changed("expires_at", "\"\""));
    assertInvalid(
        "structure_invalid", "earlier", changed("expires_at", "\"2026-03-01T11:59:59Z\""));
    assertInvalid(
        "structure_invalid", "24 hours", changed("expires_at", "\"2026-03-02T12:00:00.001Z\""));
    assertInvalid(
        "timestamp_future", "future", changed("issued_at", "\"2026-03-01T12:05:00.000001Z\""));
    assertInvalid("expired", "older", changed("issued_at", "\"2026-02-28T11:59:59.999Z\""));
    assertInvalid("structure_invalid", "reserved", changed("context", "{\"nonce\":1}"));
    assertInvalid(
        "structure_invalid",
        "canonical bytes",
        changed("extensions", "{\"a\":\"" + "x".repeat(65_529) + "\"}"));
    assertInvalid("key_id_mismatch", "no key is registered", changed("key_id", "\"gauge-99\""));
    assertInvalid("key_id_mismatch", "not one that", changed("key_id", "\"gauge-18\""));
  }

  @Test
  void equality_passes_at_each_boundary_of_time() {
    for (String issued :
        List.of("2026-03-01T12:05:00Z", "2026-02-28T12:00:00Z", "2026-03-01T12:05:00.0000009Z")) {
      assertThat(STRICT.verify(changed("issued_at", '"' + issued + '"'), Samples.NOW))
          .isInstanceOf(EnvelopeVerdict.Valid.class);
    }
    SignedEnvelope expiring = changed("expires_at", "\"2026-03-01T12:00:00Z\"");
    assertThat(STRICT.verify(expiring, Samples.NOW)).isInstanceOf(EnvelopeVerdict.Valid.class);
    assertThat(Samples.category(STRICT.verify(expiring, Samples.NOW.plusMillis(1))))
        .isEqualTo("expired");
  }

  @Test
  void the_payload_is_measured_by_its_type() {
    JsonObject large = JsonObject.of(Map.of("a", "x".repeat(262_144)));
    EnvelopeHeader header = Samples.envelope(1).header();
    JsonObject deep = Samples.json("{\"a\":".repeat(18) + "1" + "}".repeat(18));

    assertInvalid("payload_too_large", "exceeds", Samples.signed(header, large));
    assertInvalid("payload_too_large", "depth", Samples.signed(header, deep));
    assertInvalid(
        "structure_invalid",
        "reserved",
        Samples.signed(header, JsonObject.of(Map.of("signature", ""))));
    assertInvalid(
        "hash_mismatch", "hash", Samples.signed(header, JsonObject.of(Map.of("celsius", 22))));
  }

  @Test
  void a_nonce_that_was_made_up_is_insecure_where_the_type_asks_for_a_secure_one() {
    String id = Samples.envelope(5).header().id().replace("-", "");
    for (String nonce :
        List.of(
            "0".repeat(32),
            "f".repeat(100),
            "ab".repeat(16),
            "abcd".repeat(8),
            "01234567".repeat(4),
            "0123456789abcdef".repeat(2),
            "fdb97531fdb97531fdb97531fdb97531",
            "0000000000000000" + "9c41d7e2b60a358f",
            "9c41d7e2b60a358f" + "0000000000000000",
            id,
            "9c41d7" + id)) {
      SignedEnvelope envelope = changed("nonce", '"' + nonce + '"');
      assertInvalid("nonce_insecure", "not random", envelope);
      assertThat(EnvelopeVerifier.compatible().verify(envelope, Samples.NOW))
          .isInstanceOf(EnvelopeVerdict.Valid.class);
    }
    EventTypes lax = EventTypes.STANDARD.with(new EventType("observation.recorded", 1.0, false));
    assertThat(
            STRICT.withTypes(lax).verify(changed("nonce", '"' + "0".repeat(32) + '"'), Samples.NOW))
        .isInstanceOf(EnvelopeVerdict.Valid.class);
  }

  @Test
  void a_random_nonce_is_never_called_insecure() {
    long seed = 11;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      String nonce = Nonce.generate(random).substring(0, 32);
      assertThat(Nonce.isInsecure(nonce, Samples.envelope(5).header().id()))
          .as("seed %d: %s", seed, nonce)
          .isFalse();
    }
  }

  @Test
  void a_key_counts_from_when_to_when_it_is_registered() {
    EnvelopeKey key = Samples.KEY;
    Instant now = Samples.NOW;
    assertThat(with(now, now.plusMillis(1), null)).isEqualTo("valid");
    assertThat(with(now.plusMillis(1), null, null)).isEqualTo("key_id_mismatch");
    assertThat(with(null, now, null)).isEqualTo("key_id_mismatch");
    assertThat(with(null, null, now)).isEqualTo("key_id_mismatch");
    assertThat(with(null, null, now.plusMillis(1))).isEqualTo("valid");
    assertThat(key.keyId()).isEqualTo("gauge-17");
  }

  private static String with(
      @Nullable Instant from, @Nullable Instant until, @Nullable Instant revoked) {
    EnvelopeKeyRegistry keys =
        EnvelopeKeyRegistry.of(
            List.of(
                new EnvelopeKeyRegistry.Entry(
                    "gauge-17", Samples.KEY.publicKey(), from, until, revoked, "lost")));
    return Samples.category(STRICT.withKeys(keys).verify(Samples.envelope(1), Samples.NOW));
  }

  @Test
  void a_revoked_key_admits_nothing_however_far_it_dates_back() {
    EnvelopeKeyRegistry keys =
        EnvelopeKeyRegistry.of(
            List.of(
                new EnvelopeKeyRegistry.Entry(
                    "gauge-17",
                    Samples.KEY.publicKey(),
                    null,
                    null,
                    Samples.NOW.minus(Duration.ofMinutes(1)),
                    "lost")));
    SignedEnvelope backDated = changed("issued_at", "\"2026-03-01T02:00:00Z\"");

    assertThat(STRICT.withKeys(keys).verify(backDated, Samples.NOW))
        .isInstanceOfSatisfying(
            EnvelopeVerdict.Invalid.class,
            invalid -> {
              assertThat(invalid.category()).isEqualTo(Category.KEY_ID_MISMATCH);
              assertThat(invalid.reason()).contains("revoked").contains("lost");
            });
  }

  @Test
  void the_maximum_age_is_the_callers() {
    SignedEnvelope hourOld = changed("issued_at", "\"2026-03-01T11:00:00Z\"");

    assertThat(
            Samples.category(
                STRICT.withMaxAge(Duration.ofMinutes(59)).verify(hourOld, Samples.NOW)))
        .isEqualTo("expired");
    assertThat(
            Samples.category(
                STRICT.withMaxAge(Duration.ofMinutes(60)).verify(hourOld, Samples.NOW)))
        .isEqualTo("valid");
  }
}
