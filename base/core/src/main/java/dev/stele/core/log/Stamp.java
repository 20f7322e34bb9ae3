package dev.stele.core.log;

import dev.stele.core.event.Body;

/**
 * The two things an append adds that are not in the event: when, and the salt.
 *
 * <p>A log draws them itself. They can be given where several nodes must record the same bytes, as
 * when each of them folds the same ordered topic.
 *
 * @param recordedAtMillis milliseconds since the epoch; raised to the previous event's if earlier
 * @param salt 16 random bytes; copied
 */
public record Stamp(long recordedAtMillis, byte[] salt) {
  /** Checks the length and copies the salt. */
  public Stamp {
    if (salt.length != Body.SALT_BYTES) {
      throw new IllegalArgumentException("a salt has 16 bytes, not " + salt.length);
    }
    salt = salt.clone();
  }

  /** Returns a copy of the salt. */
  @Override
  public byte[] salt() {
    return salt.clone();
  }
}
