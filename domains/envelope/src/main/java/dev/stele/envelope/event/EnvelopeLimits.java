package dev.stele.envelope.event;

import java.time.Duration;

/**
 * What envelopes are bounded by. The constants are the format's; the policy for payloads is the
 * operator's. Immutable.
 *
 * @param basePayloadSize how large a payload of a type with multiplier 1 may be, as {@link
 *     PayloadEstimate} counts: {@value #MIN_BASE_SIZE} to {@value #MAX_PAYLOAD_BYTES}
 */
public record EnvelopeLimits(int basePayloadSize) {
  /** The one version of the format. */
  public static final String VERSION = "4.0.0";

  /** The one algorithm. */
  public static final String ALGORITHM = "ed25519";

  /** The one canonical form, by the name that headers give it; see {@link Canonical}. */
  public static final String CANONICALIZATION = "rfc8785";

  /** How far a sender's clock may be ahead. Not how far behind: an expiry is exact. */
  public static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  /** The longest time from issue to expiry. */
  public static final Duration LONGEST_LIFETIME = Duration.ofHours(24);

  /** The most bytes of a canonical payload, whatever the policy. */
  public static final int MAX_PAYLOAD_BYTES = 1_048_576;

  /** The default of {@link #basePayloadSize}. */
  public static final int STANDARD_BASE_SIZE = 262_144;

  /** A smaller base would refuse what every sender takes for granted. */
  public static final int MIN_BASE_SIZE = 65_536;

  /** How deep a value of a payload may lie; the payload itself lies at 0. */
  public static final int MAX_PAYLOAD_DEPTH = 16;

  /** The most code points of a source. */
  public static final int MAX_SOURCE_POINTS = 128;

  /** The most characters of a key id. */
  public static final int MAX_KEY_ID_LENGTH = 64;

  /** The most characters of a type's name. */
  public static final int MAX_TYPE_LENGTH = 64;

  /** The fewest digits of a nonce: 128 bits. */
  public static final int MIN_NONCE_LENGTH = 32;

  /** The most digits of a nonce. */
  public static final int MAX_NONCE_LENGTH = 100;

  /** The most bytes of a canonical context, and of canonical extensions. */
  public static final int MAX_DICTIONARY_BYTES = 65_536;

  /**
   * The most bytes of an envelope that are read strictly: more than the largest payload, context
   * and extensions together, spelled with room.
   */
  public static final int MAX_WIRE_BYTES = 4 * 1024 * 1024;

  /** What holds where nobody says otherwise. */
  public static final EnvelopeLimits STANDARD = new EnvelopeLimits(STANDARD_BASE_SIZE);

  /** Checks the bound. */
  public EnvelopeLimits {
    if (basePayloadSize < MIN_BASE_SIZE || basePayloadSize > MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "a base size is %d to %d, not %d"
              .formatted(MIN_BASE_SIZE, MAX_PAYLOAD_BYTES, basePayloadSize));
    }
  }

  /** The largest payload of a type, as {@link PayloadEstimate} counts. */
  public int payloadSize(EventType type) {
    return (int) Math.min(basePayloadSize * type.multiplier(), MAX_PAYLOAD_BYTES);
  }
}
