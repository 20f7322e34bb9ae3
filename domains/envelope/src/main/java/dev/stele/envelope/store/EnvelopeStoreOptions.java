package dev.stele.envelope.store;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.LogOptions;
import dev.stele.envelope.event.EventTypes;
import dev.stele.envelope.gate.EqualPayload;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How a store is opened.
 *
 * @param judging by which rules envelopes are judged
 * @param equalPayload what a distinct envelope with an equal payload gets
 * @param nonces for how long a nonce is kept
 * @param maxAge how old an envelope may be when it is saved; at most {@link #LONGEST_AGE}
 * @param types which event types are known
 * @param durability what an ack means
 * @param origin the log's name in its checkpoints, for a store that is made
 * @param anchorFolder where the anchor is, when not in the user's state folder
 * @param clock tells the time
 * @param random makes salts and keys
 */
public record EnvelopeStoreOptions(
    Judging judging,
    EqualPayload equalPayload,
    Nonces nonces,
    Duration maxAge,
    EventTypes types,
    Durability durability,
    String origin,
    Optional<Path> anchorFolder,
    InstantSource clock,
    RandomGenerator random) {
  /** By which rules envelopes are judged. */
  public enum Judging {
    /** By our own: registered keys, freshness, one spelling. */
    STRICT,
    /** By those of Nekhebet 4.0.0: the key in the envelope is taken for the key id's. */
    COMPATIBLE
  }

  /** For how long a nonce is kept. */
  public enum Nonces {
    /** For as long as the log lives. */
    FOR_EVER,
    /** Until a clean-up by age, which cannot reach those that could still be replayed. */
    UNTIL_CLEANED_UP
  }

  /** 24 hours, the longest lifetime an envelope may have: older ones are no news. */
  public static final Duration LONGEST_AGE = Duration.ofHours(24);

  /** Strict, durable, distinct events with equal payloads kept, nonces for ever. */
  public static final EnvelopeStoreOptions DEFAULT =
      new EnvelopeStoreOptions(
          Judging.STRICT,
          EqualPayload.ALLOW,
          Nonces.FOR_EVER,
          LONGEST_AGE,
          EventTypes.STANDARD,
          Durability.DURABLE,
          "stele.local/envelopes",
          Optional.empty(),
          InstantSource.system(),
          new SecureRandom());

  /** Checks the bounds. */
  public EnvelopeStoreOptions {
    if (maxAge.isNegative() || maxAge.isZero() || maxAge.compareTo(LONGEST_AGE) > 0) {
      throw new IllegalArgumentException(
          "an envelope is at most %s old when it is saved, not %s".formatted(LONGEST_AGE, maxAge));
    }
  }

  /** The same with another clock and other randomness. */
  public EnvelopeStoreOptions with(InstantSource otherClock, RandomGenerator otherRandom) {
    return new EnvelopeStoreOptions(
        judging,
        equalPayload,
        nonces,
        maxAge,
        types,
        durability,
        origin,
        anchorFolder,
        otherClock,
        otherRandom);
  }

  /** The same with another answer to equal payloads. */
  public EnvelopeStoreOptions with(EqualPayload other) {
    return new EnvelopeStoreOptions(
        judging, other, nonces, maxAge, types, durability, origin, anchorFolder, clock, random);
  }

  /** The same with nonces kept otherwise. */
  public EnvelopeStoreOptions with(Nonces other) {
    return new EnvelopeStoreOptions(
        judging,
        equalPayload,
        other,
        maxAge,
        types,
        durability,
        origin,
        anchorFolder,
        clock,
        random);
  }

  /** The same with other rules. */
  public EnvelopeStoreOptions with(Judging other) {
    return new EnvelopeStoreOptions(
        other,
        equalPayload,
        nonces,
        maxAge,
        types,
        durability,
        origin,
        anchorFolder,
        clock,
        random);
  }

  /** The same with another log's name. */
  public EnvelopeStoreOptions named(String otherOrigin) {
    return new EnvelopeStoreOptions(
        judging,
        equalPayload,
        nonces,
        maxAge,
        types,
        durability,
        otherOrigin,
        anchorFolder,
        clock,
        random);
  }

  /** The same with the anchor in a folder. */
  public EnvelopeStoreOptions anchoredIn(Path folder) {
    return new EnvelopeStoreOptions(
        judging,
        equalPayload,
        nonces,
        maxAge,
        types,
        durability,
        origin,
        Optional.of(folder),
        clock,
        random);
  }

  LogOptions forLog(dev.stele.core.log.Anchor anchor) {
    return LogOptions.withAnchor(anchor).with(clock, random);
  }
}
