package dev.stele.envelope.gate;

import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Ed25519;
import dev.stele.crypto.Sha256;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeLimits;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.EnvelopeRules;
import dev.stele.envelope.event.EnvelopeTime;
import dev.stele.envelope.event.EventType;
import dev.stele.envelope.event.EventTypes;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.Nonce;
import dev.stele.envelope.event.PayloadEstimate;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.gate.EnvelopeVerdict.Invalid;
import dev.stele.envelope.gate.EnvelopeVerdict.Valid;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Says what an envelope is worth. The first check that fails gives category and reason.
 *
 * <pre>
 *   COMPATIBLE                          STRICT
 *   type                                type
 *   version                             version
 *   source, nonce, lengths, hash form   the same; id, key id, no NUL
 *   issued_at: form, not ahead          the same
 *   expires_at unless empty             expires_at unless null; 24 hours at most; maximum age
 *                                       payload, context, extensions: size and names
 *                                       nonce not evidently made up
 *   guard, if given                     key id → key, from when to when
 *   signature                           signature, by a key of prime order
 *   payload: depth and size             payload: canonical size
 *   payload hash                        payload hash
 *                                       guard, if given
 * </pre>
 *
 * <p>Compatible is what senders' first implementation answers, to the word: any key may claim any
 * id, and a forgery can use up a nonce. It is there for envelopes of that time. Strict needs a
 * registry of keys and spends a nonce on nothing but a valid envelope.
 *
 * <p>Whatever the bytes, the answer is a verdict. Immutable, and thread-safe if its guard is.
 */
public final class EnvelopeVerifier {
  /** How old an envelope may be where nobody says otherwise: what a replay guard remembers. */
  public static final Duration STANDARD_MAX_AGE = Duration.ofHours(24);

  private final ReadingRules rules;
  private final EnvelopeKeyRegistry keys;
  private final EventTypes types;
  private final EnvelopeLimits limits;
  private final Duration maxAge;
  private final @Nullable ReplayGuard guard;

  private EnvelopeVerifier(
      ReadingRules rules,
      EnvelopeKeyRegistry keys,
      EventTypes types,
      EnvelopeLimits limits,
      Duration maxAge,
      @Nullable ReplayGuard guard) {
    this.rules = rules;
    this.keys = keys;
    this.types = types;
    this.limits = limits;
    this.maxAge = maxAge;
    this.guard = guard;
  }

  /** Verifies strictly, by these keys: what to use. */
  public static EnvelopeVerifier strict(EnvelopeKeyRegistry keys) {
    return new EnvelopeVerifier(
        ReadingRules.STRICT,
        keys,
        EventTypes.STANDARD,
        EnvelopeLimits.STANDARD,
        STANDARD_MAX_AGE,
        null);
  }

  /** Verifies as senders' first implementation does, by the key in the envelope. */
  public static EnvelopeVerifier compatible() {
    return new EnvelopeVerifier(
        ReadingRules.COMPATIBLE,
        EnvelopeKeyRegistry.EMPTY,
        EventTypes.STANDARD,
        EnvelopeLimits.STANDARD,
        STANDARD_MAX_AGE,
        null);
  }

  /** The same with other keys; compatible verification asks for none. */
  public EnvelopeVerifier withKeys(EnvelopeKeyRegistry others) {
    return new EnvelopeVerifier(rules, others, types, limits, maxAge, guard);
  }

  /** The same with other types. */
  public EnvelopeVerifier withTypes(EventTypes others) {
    return new EnvelopeVerifier(rules, keys, others, limits, maxAge, guard);
  }

  /** The same with other limits of payloads; compatible verification has 1 MiB for all. */
  public EnvelopeVerifier withLimits(EnvelopeLimits others) {
    return new EnvelopeVerifier(rules, keys, types, others, maxAge, guard);
  }

  /**
   * The same with another maximum age, which must not be longer than nonces are remembered;
   * compatible verification has none.
   */
  public EnvelopeVerifier withMaxAge(Duration age) {
    if (!age.isPositive()) {
      throw new IllegalArgumentException("a maximum age is more than nothing, not " + age);
    }
    return new EnvelopeVerifier(rules, keys, types, limits, age, guard);
  }

  /** The same with a guard against replays, for callers that keep no log. */
  public EnvelopeVerifier withGuard(ReplayGuard other) {
    return new EnvelopeVerifier(rules, keys, types, limits, maxAge, other);
  }

  /** How strictly it reads, and verifies. */
  public ReadingRules rules() {
    return rules;
  }

  /** The keys it trusts. */
  public EnvelopeKeyRegistry keys() {
    return keys;
  }

  /** Tells whether it asks a guard, so that its verdicts are not a function of their input. */
  boolean isGuarded() {
    return guard != null;
  }

  /**
   * Reads and verifies an envelope as of {@code now}.
   *
   * @throws ReplayGuardFull if there is a guard and it can note nothing now
   */
  public EnvelopeVerdict verify(byte[] wire, Instant now) {
    return switch (EnvelopeReader.read(wire, rules)) {
      case Parsed.Malformed<SignedEnvelope>(String reason) ->
          Invalid.of(Category.UNDECODABLE, reason);
      case Parsed.Value<SignedEnvelope>(SignedEnvelope envelope) -> verify(envelope, now);
    };
  }

  /**
   * Verifies an envelope as of {@code now}.
   *
   * @throws ReplayGuardFull if there is a guard and it can note nothing now
   */
  public EnvelopeVerdict verify(SignedEnvelope envelope, Instant now) {
    Optional<Invalid> flaw =
        switch (rules) {
          case COMPATIBLE -> compatibleFlaw(envelope, now);
          case STRICT -> strictFlaw(envelope, now);
        };
    return flaw.isPresent()
        ? flaw.get()
        : new Valid(envelope, EnvelopeVerdict.Details.of(envelope.header()));
  }

  private Optional<Invalid> compatibleFlaw(SignedEnvelope envelope, Instant now) {
    return kindFlaw(envelope.header())
        .or(() -> shapeFlaw(envelope))
        .or(() -> timeFlaw(envelope.header(), now))
        .or(() -> replayFlaw(envelope.header()))
        .or(() -> signatureFlaw(envelope))
        .or(() -> estimateFlaw(envelope.payload(), EnvelopeLimits.MAX_PAYLOAD_BYTES))
        .or(() -> hashFlaw(envelope));
  }

  private Optional<Invalid> strictFlaw(SignedEnvelope envelope, Instant now) {
    EnvelopeHeader header = envelope.header();
    return kindFlaw(header)
        .or(() -> structure(EnvelopeRules.id(header.id()), "id", header.id()))
        .or(() -> structure(EnvelopeRules.keyId(header.keyId()), "key_id", header.keyId()))
        .or(() -> structure(EnvelopeRules.source(header.source()), "source", header.source()))
        .or(() -> shapeFlaw(envelope))
        .or(() -> timeFlaw(header, now))
        .or(() -> ageFlaw(header, now))
        .or(() -> contentFlaw(envelope))
        .or(() -> keyFlaw(envelope, now))
        .or(() -> signatureFlaw(envelope))
        .or(() -> hashFlaw(envelope))
        .or(() -> replayFlaw(header));
  }

  private static Optional<Invalid> structure(Optional<String> reason, String name, String value) {
    return reason.map(text -> Invalid.of(Category.STRUCTURE_INVALID, text, name, value));
  }

  private static Optional<Invalid> invalid(Category category, String reason) {
    return Optional.of(Invalid.of(category, reason));
  }

  private static Optional<Invalid> invalid(
      Category category, String reason, String name, String value) {
    return Optional.of(Invalid.of(category, reason, name, value));
  }

  private Optional<Invalid> kindFlaw(EnvelopeHeader header) {
    if (types.find(header.type()).isEmpty()) {
      return invalid(
          Category.EVENT_TYPE_INVALID, "Event type is not registered", "type", header.type());
    }
    if (!header.version().equals(EnvelopeLimits.VERSION)) {
      return invalid(
          Category.UNSUPPORTED_VERSION,
          "Unsupported envelope version",
          "version",
          header.version());
    }
    if (!header.algorithm().equals(EnvelopeLimits.ALGORITHM)) {
      return invalid(
          Category.UNSUPPORTED_VERSION,
          "Unsupported signature algorithm",
          "algorithm",
          header.algorithm());
    }
    return header.canonicalization().equals(EnvelopeLimits.CANONICALIZATION)
        ? Optional.empty()
        : invalid(
            Category.UNSUPPORTED_VERSION,
            "Unsupported canonicalization",
            "canonicalization",
            header.canonicalization());
  }

  private static Optional<Invalid> shapeFlaw(SignedEnvelope envelope) {
    EnvelopeHeader header = envelope.header();
    String source = header.source();
    if (source.codePointCount(0, source.length()) > EnvelopeLimits.MAX_SOURCE_POINTS) {
      return invalid(Category.STRUCTURE_INVALID, "Source exceeds maximum allowed length");
    }
    if (!Nonce.isWellFormed(header.nonce())) {
      return invalid(
          Category.STRUCTURE_INVALID,
          "Invalid nonce format (must be 32-100 hexadecimal characters)",
          "nonce",
          header.nonce());
    }
    if (envelope.signature().length != Ed25519.SIGNATURE_BYTES
        || envelope.publicKey().length != Ed25519.PUBLIC_KEY_BYTES) {
      return invalid(Category.STRUCTURE_INVALID, "Invalid signature or public key length");
    }
    return header.payloadHash().length() == 2 * Sha256.SIZE_BYTES
            && Nonce.isHex(header.payloadHash())
        ? Optional.empty()
        : invalid(
            Category.STRUCTURE_INVALID,
            "Invalid payload_hash format (must be 64 lowercase hex chars)",
            "payload_hash",
            header.payloadHash());
  }

  private Optional<Invalid> timeFlaw(EnvelopeHeader header, Instant now) {
    Optional<Instant> issued = EnvelopeTime.parse(header.issuedAt());
    if (issued.isEmpty()) {
      return invalid(
          Category.STRUCTURE_INVALID, "Invalid issued_at format", "issued_at", header.issuedAt());
    }
    if (issued.get().isAfter(now.plus(EnvelopeLimits.CLOCK_SKEW))) {
      return invalid(
          Category.TIMESTAMP_FUTURE,
          "Envelope issued in the future (beyond clock skew tolerance)",
          "issued_at",
          header.issuedAt());
    }
    String expiresAt = header.expiresAt();
    return expiresAt == null || (expiresAt.isEmpty() && rules == ReadingRules.COMPATIBLE)
        ? Optional.empty()
        : expiryFlaw(expiresAt, issued.get(), now);
  }

  private Optional<Invalid> expiryFlaw(String expiresAt, Instant issued, Instant now) {
    Optional<Instant> expires = EnvelopeTime.parse(expiresAt);
    if (expires.isEmpty()) {
      return invalid(
          Category.STRUCTURE_INVALID, "Invalid expires_at format", "expires_at", expiresAt);
    }
    if (expires.get().isBefore(issued)) {
      return invalid(
          Category.STRUCTURE_INVALID,
          "expires_at is earlier than issued_at",
          "expires_at",
          expiresAt);
    }
    if (rules == ReadingRules.STRICT
        && Duration.between(issued, expires.get()).compareTo(EnvelopeLimits.LONGEST_LIFETIME) > 0) {
      return invalid(
          Category.STRUCTURE_INVALID,
          "expires_at is more than 24 hours after issued_at",
          "expires_at",
          expiresAt);
    }
    return expires.get().isBefore(now)
        ? invalid(Category.EXPIRED, "Envelope has expired", "expires_at", expiresAt)
        : Optional.empty();
  }

  private Optional<Invalid> ageFlaw(EnvelopeHeader header, Instant now) {
    return issued(header).isBefore(now.minus(maxAge))
        ? invalid(
            Category.EXPIRED,
            "Envelope is older than %d s, and so than what is remembered of nonces"
                .formatted(maxAge.toSeconds()),
            "issued_at",
            header.issuedAt())
        : Optional.empty();
  }

  /** When an envelope was issued whose time is known to be well-formed. */
  private static Instant issued(EnvelopeHeader header) {
    return EnvelopeTime.parse(header.issuedAt()).orElse(Instant.MIN);
  }

  private Optional<Invalid> contentFlaw(SignedEnvelope envelope) {
    EnvelopeHeader header = envelope.header();
    EventType type = types.find(header.type()).orElseThrow();
    return estimateFlaw(envelope.payload(), limits.payloadSize(type))
        .or(() -> structure(EnvelopeRules.names("payload", envelope.payload())))
        .or(() -> dictionaryFlaw("context", header.context()))
        .or(() -> dictionaryFlaw("extensions", header.extensions()))
        .or(
            () ->
                type.secureNonce() && Nonce.isInsecure(header.nonce(), header.id())
                    ? invalid(
                        Category.NONCE_INSECURE,
                        "the nonce is evidently not random",
                        "nonce",
                        header.nonce())
                    : Optional.empty());
  }

  private static Optional<Invalid> structure(Optional<String> reason) {
    return reason.map(text -> Invalid.of(Category.STRUCTURE_INVALID, text));
  }

  private static Optional<Invalid> dictionaryFlaw(String what, @Nullable JsonObject object) {
    return object == null ? Optional.empty() : structure(EnvelopeRules.dictionary(what, object));
  }

  private static Optional<Invalid> estimateFlaw(JsonObject payload, int limit) {
    OptionalLong estimate = PayloadEstimate.of(payload);
    if (estimate.isEmpty()) {
      return invalid(
          Category.PAYLOAD_TOO_LARGE,
          "Invalid payload structure: Payload nesting depth exceeds limit of "
              + EnvelopeLimits.MAX_PAYLOAD_DEPTH);
    }
    return estimate.getAsLong() > limit
        ? invalid(
            Category.PAYLOAD_TOO_LARGE,
            "Payload size exceeds " + limit,
            "payload_size",
            Long.toString(estimate.getAsLong()))
        : Optional.empty();
  }

  private Optional<Invalid> keyFlaw(SignedEnvelope envelope, Instant now) {
    EnvelopeHeader header = envelope.header();
    return keys.flaw(header.keyId(), envelope.publicKey(), issued(header), now)
        .map(reason -> Invalid.of(Category.KEY_ID_MISMATCH, reason, "key_id", header.keyId()));
  }

  private Optional<Invalid> signatureFlaw(SignedEnvelope envelope) {
    byte[] signed = envelope.canonicalHeader();
    boolean genuine =
        switch (rules) {
          case COMPATIBLE ->
              LenientEd25519.verify(envelope.publicKey(), signed, envelope.signature());
          case STRICT -> Ed25519.verify(envelope.publicKey(), signed, envelope.signature());
        };
    return genuine
        ? Optional.empty()
        : invalid(Category.SIGNATURE_INVALID, "Signature verification failed");
  }

  private Optional<Invalid> hashFlaw(SignedEnvelope envelope) {
    byte[] payload = envelope.canonicalPayload();
    if (rules == ReadingRules.STRICT && payload.length > EnvelopeLimits.MAX_PAYLOAD_BYTES) {
      return invalid(
          Category.PAYLOAD_TOO_LARGE,
          "Payload has more than %d canonical bytes".formatted(EnvelopeLimits.MAX_PAYLOAD_BYTES),
          "payload_size",
          Integer.toString(payload.length));
    }
    return HexFormat.of().formatHex(Sha256.hash(payload)).equals(envelope.header().payloadHash())
        ? Optional.empty()
        : invalid(Category.HASH_MISMATCH, "Payload hash mismatch");
  }

  private Optional<Invalid> replayFlaw(EnvelopeHeader header) {
    return guard == null || guard.admit(header.keyId(), header.nonce(), header.issuedAt())
        ? Optional.empty()
        : invalid(Category.REPLAY_DETECTED, "Replay attack detected or guard rejection");
  }
}
