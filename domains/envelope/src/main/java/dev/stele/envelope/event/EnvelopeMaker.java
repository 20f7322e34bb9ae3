package dev.stele.envelope.event;

import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.EnvelopeCreation.Created;
import dev.stele.envelope.event.EnvelopeCreation.Flaw;
import dev.stele.envelope.event.EnvelopeCreation.Invalid;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Makes envelopes of drafts, checking everything that a strict verifier will check again.
 *
 * <p>Ids and nonces come from {@code random}, which must be cryptographically strong outside tests;
 * times from {@code clock}. Thread-safe if these are.
 */
public final class EnvelopeMaker {
  private final EventTypes types;
  private final EnvelopeLimits limits;
  private final InstantSource clock;
  private final RandomGenerator random;

  /** A maker of envelopes with these types and limits. */
  public EnvelopeMaker(
      EventTypes types, EnvelopeLimits limits, InstantSource clock, RandomGenerator random) {
    this.types = types;
    this.limits = limits;
    this.clock = clock;
    this.random = random;
  }

  /** A maker with the standard types and limits. */
  public EnvelopeMaker(InstantSource clock, RandomGenerator random) {
    this(EventTypes.STANDARD, EnvelopeLimits.STANDARD, clock, random);
  }

  /** Makes an envelope to sign, or says what is wrong with the draft; the first flaw counts. */
  public EnvelopeCreation create(EnvelopeDraft draft) {
    Optional<EventType> type = types.find(draft.type());
    if (type.isEmpty()) {
      return new Invalid(Flaw.TYPE, "Event type is not registered: " + draft.type());
    }
    if (!JsonString.isWellFormed(draft.source())) {
      return new Invalid(Flaw.SOURCE, "source has a surrogate that stands alone");
    }
    Optional<Invalid> flaw =
        flaw(Flaw.SOURCE, EnvelopeRules.source(draft.source()))
            .or(() -> flaw(Flaw.KEY_ID, EnvelopeRules.keyId(draft.keyId())))
            .or(() -> flaw(Flaw.PAYLOAD_STRUCTURE, EnvelopeRules.names("payload", draft.payload())))
            .or(() -> sizeFlaw(draft.payload(), type.get()));
    if (flaw.isPresent()) {
      return flaw.get();
    }
    byte[] payload = Canonical.bytes(draft.payload());
    if (payload.length > EnvelopeLimits.MAX_PAYLOAD_BYTES) {
      return new Invalid(
          Flaw.PAYLOAD_TOO_LARGE,
          "payload has %d canonical bytes, more than %d"
              .formatted(payload.length, EnvelopeLimits.MAX_PAYLOAD_BYTES));
    }
    String id = uuid();
    String nonce = draft.nonce() == null ? Nonce.generate(random) : draft.nonce();
    return dictionaryFlaw(Flaw.CONTEXT, "context", draft.context())
        .or(() -> dictionaryFlaw(Flaw.EXTENSIONS, "extensions", draft.extensions()))
        .or(() -> nonceFlaw(nonce, id, type.get()))
        .<EnvelopeCreation>map(invalid -> invalid)
        .orElseGet(() -> timed(draft, id, nonce, HexFormat.of().formatHex(Sha256.hash(payload))));
  }

  private static Optional<Invalid> flaw(Flaw flaw, Optional<String> reason) {
    return reason.map(text -> new Invalid(flaw, text));
  }

  private static Optional<Invalid> dictionaryFlaw(
      Flaw flaw, String what, @Nullable JsonObject object) {
    return object == null ? Optional.empty() : flaw(flaw, EnvelopeRules.dictionary(what, object));
  }

  private Optional<Invalid> sizeFlaw(JsonObject payload, EventType type) {
    OptionalLong estimate = PayloadEstimate.of(payload);
    if (estimate.isEmpty()) {
      return Optional.of(
          new Invalid(
              Flaw.PAYLOAD_STRUCTURE,
              "Payload nesting depth exceeds limit of " + EnvelopeLimits.MAX_PAYLOAD_DEPTH));
    }
    int limit = limits.payloadSize(type);
    return estimate.getAsLong() > limit
        ? Optional.of(
            new Invalid(
                Flaw.PAYLOAD_SIZE,
                "payload size %d exceeds %d, the limit of %s"
                    .formatted(estimate.getAsLong(), limit, type.name())))
        : Optional.empty();
  }

  private static Optional<Invalid> nonceFlaw(String nonce, String id, EventType type) {
    if (!Nonce.isWellFormed(nonce)) {
      return Optional.of(
          new Invalid(Flaw.NONCE, "Invalid nonce format (must be 32-100 hexadecimal characters)"));
    }
    return type.secureNonce() && Nonce.isInsecure(nonce, id)
        ? Optional.of(new Invalid(Flaw.NONCE, "the nonce is evidently not random"))
        : Optional.empty();
  }

  private EnvelopeCreation timed(EnvelopeDraft draft, String id, String nonce, String hash) {
    String issuedAt =
        draft.issuedAt() == null ? EnvelopeTime.format(clock.instant()) : draft.issuedAt();
    Optional<Instant> issued = EnvelopeTime.parse(issuedAt);
    if (issued.isEmpty()) {
      return new Invalid(Flaw.TIME, "Invalid issued_at format");
    }
    Duration lifetime = draft.expiresIn();
    String expiresAt = null;
    if (lifetime != null) {
      if (!lifetime.isPositive() || lifetime.compareTo(EnvelopeLimits.LONGEST_LIFETIME) > 0) {
        return new Invalid(
            Flaw.TIME, "a lifetime is more than nothing and at most 24 hours, not " + lifetime);
      }
      Instant expires = issued.get().plus(lifetime).truncatedTo(ChronoUnit.MILLIS);
      if (expires.isBefore(issued.get()) || expires.isAfter(EnvelopeTime.LAST)) {
        return new Invalid(Flaw.TIME, "no expiry after %s can be written".formatted(issuedAt));
      }
      expiresAt = EnvelopeTime.format(expires);
    }
    return new Created(
        new EnvelopeHeader(
            id,
            draft.type(),
            EnvelopeLimits.VERSION,
            draft.source(),
            issuedAt,
            expiresAt,
            nonce,
            draft.keyId(),
            EnvelopeLimits.ALGORITHM,
            EnvelopeLimits.CANONICALIZATION,
            hash,
            draft.context(),
            draft.extensions()),
        draft.payload());
  }

  /** A random UUID (RFC 9562, version 4). */
  private String uuid() {
    long high = (random.nextLong() & ~0xf000L) | 0x4000L;
    long low = (random.nextLong() & ~(3L << 62)) | (1L << 63);
    return new UUID(high, low).toString();
  }
}
