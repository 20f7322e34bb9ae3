package dev.stele.envelope.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.crypto.Sha256;
import dev.stele.envelope.Samples;
import dev.stele.envelope.event.Canonical;
import dev.stele.envelope.event.EnvelopeCreation;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.EnvelopeLimits;
import dev.stele.envelope.event.EnvelopeMaker;
import dev.stele.envelope.event.EventType;
import dev.stele.envelope.event.EventTypes;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.SignedEnvelope;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What senders' first implementation lets happen, each shown in compatible verification where that
 * answers the same, and mended in strict. Those of its store are tested with ours.
 */
class WeaknessesOfTheReferenceTest {
  private static final Instant NOW = Samples.NOW;
  private static final EnvelopeVerifier COMPATIBLE = EnvelopeVerifier.compatible();
  private static final EnvelopeVerifier STRICT = EnvelopeVerifier.strict(Samples.KEYS);

  private static String compatible(SignedEnvelope envelope) {
    return Samples.category(COMPATIBLE.verify(envelope.wire(), NOW));
  }

  private static String strict(SignedEnvelope envelope) {
    return Samples.category(STRICT.verify(envelope.wire(), NOW));
  }

  private static SignedEnvelope with(
      String id, String issuedAt, @Nullable String expiresAt, String keyId) {
    return with(id, issuedAt, expiresAt, keyId, Samples.PAYLOAD, null);
  }

  private static SignedEnvelope with(
      String id,
      String issuedAt,
      @Nullable String expiresAt,
      String keyId,
      JsonObject payload,
      @Nullable JsonObject context) {
    EnvelopeHeader sample = Samples.envelope(1).header();
    String hash = HexFormat.of().formatHex(Sha256.hash(Canonical.bytes(payload)));
    return Samples.signed(
        new EnvelopeHeader(
            id,
            sample.type(),
            sample.version(),
            sample.source(),
            issuedAt,
            expiresAt,
            sample.nonce(),
            keyId,
            sample.algorithm(),
            sample.canonicalization(),
            hash,
            context,
            null),
        payload);
  }

  private static final String ID = Samples.envelope(1).header().id();
  private static final String ISSUED = "2026-03-01T12:00:00Z";

  @Test
  void weakness_1_no_stranger_can_sign_under_a_registered_id() {
    EnvelopeKey stranger = EnvelopeKey.generate("gauge-17", new Random(666));
    SignedEnvelope forged = Samples.created(Samples.draft(), 1).sign(stranger);

    assertThat(compatible(forged)).isEqualTo("valid");
    assertThat(strict(forged)).isEqualTo("key_id_mismatch");
  }

  @Test
  void weakness_2_a_forgery_cannot_use_up_a_genuine_nonce() {
    SignedEnvelope genuine = Samples.envelope(1);
    byte[] signature = genuine.signature();
    signature[40] ^= 1;
    List<SignedEnvelope> forgeries =
        List.of(
            new SignedEnvelope(genuine.header(), genuine.payload(), signature, genuine.publicKey()),
            new SignedEnvelope(
                genuine.header(),
                JsonObject.of(Map.of("celsius", 99)),
                genuine.signature(),
                genuine.publicKey()));
    for (SignedEnvelope forgery : forgeries) {
      EnvelopeVerifier first = COMPATIBLE.withGuard(guard());
      first.verify(forgery, NOW);
      assertThat(Samples.category(first.verify(genuine, NOW))).isEqualTo("replay_detected");

      EnvelopeVerifier ours = STRICT.withGuard(guard());
      assertThat(ours.verify(forgery, NOW)).isInstanceOf(EnvelopeVerdict.Invalid.class);
      assertThat(Samples.category(ours.verify(genuine, NOW))).isEqualTo("valid");
      assertThat(Samples.category(ours.verify(genuine, NOW))).isEqualTo("replay_detected");
    }
  }

  private static MemoryReplayGuard guard() {
    return new MemoryReplayGuard(10, Duration.ofDays(1), () -> NOW);
  }

  @Test
  void weakness_3_an_envelope_without_expiry_does_not_live_for_ever() {
    SignedEnvelope old = with(ID, "2020-01-01T00:00:00Z", null, "gauge-17");

    assertThat(compatible(old)).isEqualTo("valid");
    assertThat(strict(old)).isEqualTo("expired");

    // What the guard forgets it would refuse for its age, also without a verifier's maximum age.
    AtomicReference<Instant> clock = new AtomicReference<>(NOW);
    MemoryReplayGuard guard = new MemoryReplayGuard(10, Duration.ofDays(1), clock::get);
    assertThat(guard.admit("k", "n", ISSUED)).isTrue();
    clock.set(NOW.plus(Duration.ofDays(1)));
    assertThat(guard.admit("k", "n", ISSUED)).isFalse();
    clock.set(NOW.plus(Duration.ofDays(2)));
    assertThat(guard.admit("k", "n", ISSUED)).isFalse();
    assertThat(guard.admit("k", "m", "2026-03-03T12:00:00Z")).isTrue();
    assertThat(guard.size()).isEqualTo(1);
  }

  @Test
  void weakness_4_what_is_checked_at_creation_is_checked_again() {
    JsonObject controls = JsonObject.of(Map.of("a", "\u0001".repeat(262_100)));
    for (SignedEnvelope envelope :
        List.of(
            with("no-uuid", ISSUED, null, "gauge-17"),
            with(ID, ISSUED, null, "gauge 17"),
            with(ID, ISSUED, "", "gauge-17"),
            with(ID, ISSUED, "2026-03-09T12:00:00Z", "gauge-17"),
            with(ID, ISSUED, null, "gauge-17", JsonObject.of(Map.of("nonce", 1)), null),
            with(ID, ISSUED, null, "gauge-17", controls, null),
            with(
                ID,
                ISSUED,
                null,
                "gauge-17",
                Samples.PAYLOAD,
                JsonObject.of(Map.of("a", "x".repeat(70_000)))))) {
      assertThat(compatible(envelope)).isEqualTo("valid");
      assertThat(strict(envelope)).isIn("structure_invalid", "payload_too_large");
    }
  }

  @Test
  void weakness_5_one_event_has_one_identity_and_no_key_of_small_order_signs() {
    SignedEnvelope envelope = Samples.envelope(1);
    String text = Samples.text(envelope);
    int spare = text.indexOf("==\",\"public_key\"") - 1;
    for (String other :
        List.of(
            text.replace("{\"header\"", "{\"x\":1,\"header\""),
            text.replace("{\"celsius\"", "{\"celsius\":1,\"celsius\""),
            text.substring(0, spare)
                + (char) (text.charAt(spare) + 1)
                + text.substring(spare + 1))) {
      assertThat(Samples.category(COMPATIBLE.verify(other.getBytes(UTF_8), NOW)))
          .isEqualTo("valid");
      assertThat(Samples.category(STRICT.verify(other.getBytes(UTF_8), NOW)))
          .isEqualTo("structure_invalid");
    }
    String spaced = text.replace(",", " , ").replace("cellar", "\\u0063ellar");
    assertThat(STRICT.verify(spaced.getBytes(UTF_8), NOW))
        .isInstanceOfSatisfying(
            EnvelopeVerdict.Valid.class,
            valid -> {
              assertThat(valid.envelope().hash()).isEqualTo(envelope.hash());
              assertThat(valid.envelope().wire()).isEqualTo(envelope.wire());
            });

    // The neutral element as key and as R, S = 0: fits every message. Also as y = p + 1.
    byte[] neutral = new byte[32];
    neutral[0] = 1;
    byte[] noncanonical = new byte[32];
    Arrays.fill(noncanonical, (byte) 0xff);
    noncanonical[0] = (byte) 0xee;
    noncanonical[31] = 0x7f;
    byte[] fitsAll = Arrays.copyOf(neutral, 64);
    for (byte[] key : List.of(neutral, noncanonical)) {
      SignedEnvelope forged =
          new SignedEnvelope(envelope.header(), envelope.payload(), fitsAll, key);
      EnvelopeKeyRegistry registered =
          EnvelopeKeyRegistry.of(List.of(EnvelopeKeyRegistry.Entry.of("gauge-17", key)));
      assertThat(compatible(forged)).isEqualTo("valid");
      assertThat(Samples.category(STRICT.withKeys(registered).verify(forged, NOW)))
          .isEqualTo("signature_invalid");
    }
  }

  @Test
  void weakness_6_the_canonical_form_is_its_own_and_keeps_numbers_apart() {
    assertThat(Samples.json("{\"b\":1e16,\"a\":1.0,\"c\":1}"))
        .hasToString("{\"a\":1.0,\"b\":1e+16,\"c\":1}");
    SignedEnvelope integer = with(ID, ISSUED, null, "gauge-17", Samples.json("{\"a\":1}"), null);
    String asDouble = Samples.text(integer).replace("{\"a\":1}", "{\"a\":1.0}");

    assertThat(Samples.category(STRICT.verify(asDouble.getBytes(UTF_8), NOW)))
        .isEqualTo("hash_mismatch");
  }

  @Test
  void weakness_7_no_bytes_make_it_throw() {
    String text = Samples.text(Samples.envelope(1));
    for (int depth : new int[] {17, 63, 64, 988, 989, 995, 1_000, 100_000}) {
      String nested = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
      for (String wire :
          List.of(
              text.replace("{\"celsius\":21.5}", nested),
              text.replace("\"context\":null", "\"context\":" + nested),
              nested,
              "[".repeat(depth))) {
        for (EnvelopeVerifier verifier : List.of(COMPATIBLE, STRICT)) {
          assertThat(verifier.verify(wire.getBytes(UTF_8), NOW))
              .isInstanceOf(EnvelopeVerdict.Invalid.class);
        }
      }
    }
    byte[] oversized = new byte[EnvelopeLimits.MAX_WIRE_BYTES + 1];
    assertThat(STRICT.verify(oversized, NOW)).isInstanceOf(EnvelopeVerdict.Invalid.class);
  }

  @Test
  void weakness_8_identity_is_separated_by_domain_and_types_can_be_added() {
    SignedEnvelope envelope = Samples.envelope(1);
    assertThat(envelope.hash())
        .isEqualTo(
            Sha256.concat(
                "stele/envelope/v1\n".getBytes(UTF_8),
                envelope.canonicalHeader(),
                envelope.signature(),
                envelope.publicKey()))
        .isNotEqualTo(Sha256.hash(envelope.canonicalHeader()));

    EventTypes types = EventTypes.STANDARD.with(new EventType("cellar.flooded", 1.0, true));
    EnvelopeMaker maker =
        new EnvelopeMaker(types, EnvelopeLimits.STANDARD, () -> NOW, new Random(1));
    EnvelopeCreation creation =
        maker.create(EnvelopeDraft.of("cellar.flooded", "", "gauge-17", Samples.PAYLOAD));
    SignedEnvelope flooded = ((EnvelopeCreation.Created) creation).sign(Samples.KEY);
    assertThat(strict(flooded)).isEqualTo("event_type_invalid");
    assertThat(Samples.category(STRICT.withTypes(types).verify(flooded, NOW))).isEqualTo("valid");
  }

  @Test
  void weakness_9_each_category_is_produced_and_a_full_guard_is_no_replay() {
    assertThat(strict(Samples.created(Samples.draft(), 1).sign(Samples.OTHER_KEY.key())))
        .isEqualTo("key_id_mismatch");
    EnvelopeHeader header = Samples.envelope(1).header();
    SignedEnvelope counted =
        Samples.signed(
            new EnvelopeHeader(
                header.id(),
                header.type(),
                header.version(),
                header.source(),
                header.issuedAt(),
                null,
                "0".repeat(31) + "1",
                header.keyId(),
                header.algorithm(),
                header.canonicalization(),
                header.payloadHash(),
                null,
                null),
            Samples.PAYLOAD);
    assertThat(strict(counted)).isEqualTo("nonce_insecure");

    MemoryReplayGuard small = new MemoryReplayGuard(1, Duration.ofDays(1), () -> NOW);
    EnvelopeVerifier guarded = STRICT.withGuard(small);
    assertThat(Samples.category(guarded.verify(Samples.envelope(1), NOW))).isEqualTo("valid");
    assertThatThrownBy(() -> guarded.verify(Samples.envelope(2), NOW))
        .isInstanceOf(ReplayGuardFull.class);
    assertThat(Samples.category(guarded.verify(Samples.envelope(1), NOW)))
        .isEqualTo("replay_detected");
  }
}
