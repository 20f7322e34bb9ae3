package dev.stele.envelope.store;

import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.Canonical;
import dev.stele.envelope.event.EnvelopeCreation;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.EnvelopeMaker;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.SignedEnvelope;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;

/** Makes envelopes of two keys, at a time that a test sets. */
final class Envelopes implements InstantSource {
  static final EnvelopeKey SENSOR = key("sensor-A", 1);
  static final EnvelopeKey OTHER = key("sensor-B", 2);
  static final Instant START = Instant.parse("2026-01-22T12:00:00Z");

  private final Random random;
  private final EnvelopeMaker maker;
  private volatile Instant now = START;

  Envelopes(long seed) {
    random = new Random(seed);
    maker = new EnvelopeMaker(this, random);
  }

  private static EnvelopeKey key(String id, int number) {
    byte[] seed = new byte[32];
    seed[0] = (byte) number;
    return EnvelopeKey.fromSeed(id, seed);
  }

  @Override
  public Instant instant() {
    return now;
  }

  void pass(Duration time) {
    now = now.plus(time);
  }

  void setTo(Instant time) {
    now = time;
  }

  Random random() {
    return random;
  }

  /** An envelope that nobody has seen. */
  SignedEnvelope make(Map<String, ?> payload) {
    return make(draft(payload), SENSOR);
  }

  static EnvelopeDraft draft(Map<String, ?> payload) {
    return EnvelopeDraft.of("omen.observed", "north tower", SENSOR.keyId(), JsonObject.of(payload));
  }

  /** A draft whose envelope has more than one part of a megabyte, as a context can make it. */
  static EnvelopeDraft large() {
    return EnvelopeDraft.of(
        "charon.transported",
        "north tower",
        SENSOR.keyId(),
        JsonObject.of(Map.of("text", "\u00e9\u4e16".repeat(200_000))));
  }

  SignedEnvelope make(EnvelopeDraft draft, EnvelopeKey key) {
    return created(draft).sign(key);
  }

  EnvelopeCreation.Created created(EnvelopeDraft draft) {
    return switch (maker.create(draft)) {
      case EnvelopeCreation.Created created -> created;
      case EnvelopeCreation.Invalid invalid -> throw new IllegalStateException(invalid.toString());
    };
  }

  /** An envelope with an id and a payload that no maker would let by. */
  SignedEnvelope unchecked(String id, JsonObject payload) {
    EnvelopeHeader header = created(draft(Map.of("n", 0L))).header();
    EnvelopeHeader made =
        new EnvelopeHeader(
            id,
            header.type(),
            header.version(),
            header.source(),
            header.issuedAt(),
            header.expiresAt(),
            header.nonce(),
            header.keyId(),
            header.algorithm(),
            header.canonicalization(),
            HexFormat.of().formatHex(Sha256.hash(Canonical.bytes(payload))),
            header.context(),
            header.extensions());
    return new EnvelopeCreation.Created(made, payload).sign(SENSOR);
  }

  /** An envelope with the header of another but for its payload, signed anew. */
  static SignedEnvelope withOtherPayload(
      SignedEnvelope envelope, Map<String, ?> payload, Envelopes by, EnvelopeKey key) {
    EnvelopeCreation.Created other = by.created(draft(payload));
    var header = envelope.header();
    var made =
        new EnvelopeHeader(
            header.id(),
            header.type(),
            header.version(),
            header.source(),
            header.issuedAt(),
            header.expiresAt(),
            other.header().nonce(),
            header.keyId(),
            header.algorithm(),
            header.canonicalization(),
            other.header().payloadHash(),
            header.context(),
            header.extensions());
    return new EnvelopeCreation.Created(made, other.payload()).sign(key);
  }
}
