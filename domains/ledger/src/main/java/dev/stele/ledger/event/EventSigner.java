package dev.stele.ledger.event;

import dev.stele.core.event.EventDraft;
import dev.stele.crypto.Ed25519;
import dev.stele.crypto.Ed25519Key;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Checks canonical events and signs them onto a previous hash.
 *
 * <p>Thread-safe where its clock and its randomness are.
 */
public final class EventSigner {
  /** 2020-01-01T00:00:00Z: earlier times are a clock that was never set. */
  public static final long EARLIEST_TIMESTAMP = 1_577_836_800_000L;

  /** How far ahead a source's clock may be, in milliseconds: an hour. */
  public static final long MAX_AHEAD_MILLIS = 3_600_000L;

  private static final byte[] UNSET_HASH = new byte[SignedEvent.HASH_BYTES];

  /** What came of signing. */
  public sealed interface Signing {
    /**
     * The event is signed.
     *
     * @param event with its hash, signature and key id
     */
    record Signed(SignedEvent event) implements Signing {}

    /**
     * The event is not one to sign.
     *
     * @param code {@code bad-shape} or {@code bad-time}
     * @param reason one sentence for people
     */
    record Refused(String code, String reason) implements Signing {}
  }

  /** What came of verifying. */
  public sealed interface Verification {
    /** Hash and signature are those of the event. */
    record Valid() implements Verification {}

    /**
     * They are not.
     *
     * @param code {@code bad-shape}, {@code unknown-key}, {@code bad-hash} or {@code bad-signature}
     * @param reason one sentence for people
     */
    record Invalid(String code, String reason) implements Verification {}
  }

  private final Ed25519Key key;
  private final String keyId;
  private final InstantSource clock;
  private final RandomGenerator random;

  /**
   * A signer with one key.
   *
   * @param clock tells whether a timestamp is in the future
   * @param random gives the salts; must be cryptographically strong outside tests
   */
  public EventSigner(Ed25519Key key, InstantSource clock, RandomGenerator random) {
    this.key = key;
    this.keyId = SignedEvent.keyId(key.publicKey());
    this.clock = clock;
    this.random = random;
  }

  /** The id of the key this signs with. */
  public String keyId() {
    return keyId;
  }

  /** A copy of the public key this signs with. */
  public byte[] publicKey() {
    return key.publicKey();
  }

  /** Signs {@code event} as the successor of the event with the hash {@code prevEventHash}. */
  public Signing sign(CanonicalEvent event, byte[] prevEventHash) {
    byte[] salt = new byte[SignedEvent.SALT_BYTES];
    random.nextBytes(salt);
    SignedEvent unsigned =
        new SignedEvent(
            event.eventId(),
            event.timestamp(),
            Optional.of(event.eventType()),
            event.sourceId(),
            event.sequence(),
            event.payloadUnshared(),
            event.payloadRef(),
            salt,
            keyId,
            prevEventHash,
            UNSET_HASH,
            new byte[0]);
    Optional<String> shape = shapeProblem(unsigned);
    if (shape.isPresent()) {
      return new Signing.Refused("bad-shape", shape.get());
    }
    Optional<String> time = timeProblem(event.timestamp(), clock.instant());
    if (time.isPresent()) {
      return new Signing.Refused("bad-time", time.get());
    }
    byte[] hash = unsigned.computeHash();
    return new Signing.Signed(unsigned.sealed(hash, key.sign(hash)));
  }

  /** Tells whether hash and signature of {@code event} are those of {@code publicKey}. */
  public static Verification verify(SignedEvent event, byte[] publicKey) {
    Optional<String> shape = shapeProblem(event);
    if (shape.isPresent()) {
      return new Verification.Invalid("bad-shape", shape.get());
    }
    if (!event.publicKeyId().equals(SignedEvent.keyId(publicKey))) {
      return new Verification.Invalid(
          "unknown-key",
          "the event names the key %s, not the given one".formatted(event.publicKeyId()));
    }
    if (!Arrays.equals(event.computeHash(), event.eventHash())) {
      return new Verification.Invalid("bad-hash", "the event hash is not that of the event");
    }
    if (!Ed25519.verify(publicKey, event.eventHash(), event.signature())) {
      return new Verification.Invalid(
          "bad-signature", "the signature is not that of the key over the event hash");
    }
    return new Verification.Valid();
  }

  /** In which way an event that is to be signed has not the shape of one. */
  public static Optional<String> shapeProblem(SignedEvent event) {
    Optional<String> problem = event.problem();
    if (problem.isPresent()) {
      return problem;
    }
    if (event.eventType().isEmpty()) {
      return Optional.of("an event has a type");
    }
    if (!EventDraft.fits(event.sourceId(), 1, SignedEvent.MAX_SOURCE_BYTES)) {
      return Optional.of("an event has a source");
    }
    if (event.sequence() < 1) {
      return Optional.of("a source counts from 1, not " + event.sequence());
    }
    return Optional.empty();
  }

  /** In which way a time cannot be one at which a source saw something. */
  public static Optional<String> timeProblem(long timestamp, Instant now) {
    if (timestamp < EARLIEST_TIMESTAMP) {
      return Optional.of(
          "a timestamp is %d or later, not %d".formatted(EARLIEST_TIMESTAMP, timestamp));
    }
    long latest = now.toEpochMilli() + MAX_AHEAD_MILLIS;
    if (timestamp > latest) {
      return Optional.of(
          "a timestamp is at most an hour ahead, %d, not %d".formatted(latest, timestamp));
    }
    return Optional.empty();
  }
}
