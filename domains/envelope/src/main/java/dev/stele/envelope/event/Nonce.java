package dev.stele.envelope.event;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * The number that is used once: 32 to 100 lower-case hex digits, so at least 128 bits.
 *
 * <p>Whether it was random nobody can see. What can be seen is that it was not: a nonce is insecure
 * if it
 *
 * <ul>
 *   <li>has four different digits or fewer,
 *   <li>repeats a block of eight digits or fewer from beginning to end: 32 bits,
 *   <li>steps by the same amount from each digit to the next,
 *   <li>begins or ends with sixteen zeros, as a counter does,
 *   <li>contains the digits of the event's id.
 * </ul>
 *
 * <p>A random nonce of 32 digits is taken for one of these less than once in 10^15 times.
 * Thread-safe.
 */
public final class Nonce {
  /** The bytes of a generated nonce: 64 digits. */
  private static final int RANDOM_BYTES = 32;

  private static final int FEW_DIGITS = 4;
  private static final int LONGEST_BLOCK = 8;
  private static final String ZEROS = "0".repeat(16);

  private Nonce() {}

  /** A new nonce of 64 digits. */
  public static String generate(RandomGenerator random) {
    byte[] bytes = new byte[RANDOM_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Tells whether the text has the form of a nonce. */
  public static boolean isWellFormed(String nonce) {
    return nonce.length() >= EnvelopeLimits.MIN_NONCE_LENGTH
        && nonce.length() <= EnvelopeLimits.MAX_NONCE_LENGTH
        && isHex(nonce);
  }

  /** Tells whether the text is made of lower-case hex digits alone. */
  public static boolean isHex(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  /**
   * Tells whether a well-formed nonce was evidently not drawn at random for the event {@code id}.
   */
  public static boolean isInsecure(String nonce, String id) {
    return nonce.chars().distinct().count() <= FEW_DIGITS
        || repeats(nonce)
        || steps(nonce)
        || nonce.startsWith(ZEROS)
        || nonce.endsWith(ZEROS)
        || containsDigitsOf(id, nonce);
  }

  private static boolean containsDigitsOf(String id, String nonce) {
    String digits = id.replace("-", "");
    return !digits.isEmpty() && nonce.contains(digits);
  }

  private static boolean repeats(String nonce) {
    for (int period = 1; period <= LONGEST_BLOCK; period++) {
      if (nonce.regionMatches(0, nonce, period, nonce.length() - period)) {
        return true;
      }
    }
    return false;
  }

  private static boolean steps(String nonce) {
    int step = step(nonce, 0);
    for (int i = 1; i + 1 < nonce.length(); i++) {
      if (step(nonce, i) != step) {
        return false;
      }
    }
    return true;
  }

  private static int step(String nonce, int at) {
    return (Character.digit(nonce.charAt(at + 1), 16) - Character.digit(nonce.charAt(at), 16)) & 15;
  }
}
