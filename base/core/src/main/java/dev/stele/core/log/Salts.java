package dev.stele.core.log;

import dev.stele.core.event.Body;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Draws salts from a random source some hundreds at a time: strong sources are slow to start.
 *
 * <p>Thread-safe. One caller after another gets the same salts as one caller alone would.
 */
final class Salts {
  private final RandomGenerator random;

  /** Guarded by this. */
  private final byte[] drawn = new byte[256 * Body.SALT_BYTES];

  /** Guarded by this. */
  private int used = drawn.length;

  Salts(RandomGenerator random) {
    this.random = random;
  }

  /** A number from 0 to below {@code bound} from the same source, for waits that must differ. */
  synchronized long below(long bound) {
    return random.nextLong(bound);
  }

  synchronized byte[] next() {
    if (used == drawn.length) {
      random.nextBytes(drawn);
      used = 0;
    }
    byte[] salt = Arrays.copyOfRange(drawn, used, used + Body.SALT_BYTES);
    Arrays.fill(drawn, used, used + Body.SALT_BYTES, (byte) 0);
    used += Body.SALT_BYTES;
    return salt;
  }
}
