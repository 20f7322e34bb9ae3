package dev.stele.envelope.event;

/**
 * A type that events may have. Immutable.
 *
 * @param name 1 to {@value EnvelopeLimits#MAX_TYPE_LENGTH} printable ASCII characters
 * @param multiplier of the base size of payloads, greater than 0 and at most 16
 * @param secureNonce whether a nonce that looks made up is refused, see {@link Nonce}
 */
public record EventType(String name, double multiplier, boolean secureNonce) {
  /** Beyond it every base size is above what any payload may have. */
  private static final double MAX_MULTIPLIER = 16;

  /** Checks the bounds. */
  public EventType {
    if (name.isEmpty()
        || name.length() > EnvelopeLimits.MAX_TYPE_LENGTH
        || !name.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException(
          "a type has 1 to 64 printable ASCII characters, not '" + name + "'");
    }
    if (!(multiplier > 0 && multiplier <= MAX_MULTIPLIER)) {
      throw new IllegalArgumentException(
          "a multiplier is above 0 and at most 16, not " + multiplier);
    }
  }
}
