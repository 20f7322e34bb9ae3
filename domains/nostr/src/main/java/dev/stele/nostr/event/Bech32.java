package dev.stele.nostr.event;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Text with a checksum (BIP-173): a readable part, the digit {@code 1}, groups of five bits, and
 * six groups that find any four wrong characters.
 *
 * <pre>
 *   npub  1  10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma  8qzvjpt
 *   │     │  └ five bits a character                              └ checksum
 *   │     └ the last 1 of the text: the alphabet has none
 *   └ readable
 * </pre>
 *
 * <p>Read in lower or in upper case, never in both; written in lower case. The 90 characters of
 * BIP-173 are no bound here: neither NIP-19 nor BOLT 11 keeps it, and each says its own.
 *
 * @param readable the part before the separator, in lower case
 * @param groups five bits each, without the checksum; shared, not to be changed
 */
record Bech32(String readable, byte[] groups) {
  private static final String ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  private static final int[] GENERATOR = {
    0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3
  };
  private static final int CHECKSUM_GROUPS = 6;
  private static final int BITS = 5;

  /** Reads text; empty when it is no Bech32, its checksum is wrong, or it has mixed cases. */
  static Optional<Bech32> decode(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (!text.equals(lower) && !text.equals(text.toUpperCase(Locale.ROOT))) {
      return Optional.empty();
    }
    int separator = lower.lastIndexOf('1');
    if (separator < 1 || lower.length() - separator - 1 < CHECKSUM_GROUPS) {
      return Optional.empty();
    }
    String readable = lower.substring(0, separator);
    if (!readable.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return Optional.empty();
    }
    byte[] groups = new byte[lower.length() - separator - 1];
    for (int i = 0; i < groups.length; i++) {
      groups[i] = (byte) ALPHABET.indexOf(lower.charAt(separator + 1 + i));
      if (groups[i] < 0) {
        return Optional.empty();
      }
    }
    return checksum(readable, groups) == 1
        ? Optional.of(new Bech32(readable, Arrays.copyOf(groups, groups.length - CHECKSUM_GROUPS)))
        : Optional.empty();
  }

  /** Writes bytes behind a readable part. */
  static String encode(String readable, byte[] bytes) {
    byte[] groups = new byte[(bytes.length * Byte.SIZE + BITS - 1) / BITS + CHECKSUM_GROUPS];
    int held = 0;
    int bits = 0;
    int at = 0;
    for (byte each : bytes) {
      held = (held << Byte.SIZE | (each & 0xff)) & 0xfff;
      for (bits += Byte.SIZE; bits >= BITS; bits -= BITS) {
        groups[at++] = (byte) (held >> (bits - BITS) & 31);
      }
    }
    if (bits > 0) {
      groups[at++] = (byte) (held << (BITS - bits) & 31);
    }
    int sum = checksum(readable, groups) ^ 1;
    for (int i = 0; i < CHECKSUM_GROUPS; i++) {
      groups[at++] = (byte) (sum >> (BITS * (CHECKSUM_GROUPS - 1 - i)) & 31);
    }
    StringBuilder text = new StringBuilder(readable).append('1');
    for (byte group : groups) {
      text.append(ALPHABET.charAt(group));
    }
    return text.toString();
  }

  /**
   * The groups as bytes; empty when they are not a whole number of bytes, or the bits that are left
   * over are not zero: then one value would have several spellings.
   */
  Optional<byte[]> bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(groups.length);
    int held = 0;
    int bits = 0;
    for (byte group : groups) {
      held = (held << BITS | group) & 0xfff;
      bits += BITS;
      if (bits >= Byte.SIZE) {
        bits -= Byte.SIZE;
        bytes.write(held >> bits & 0xff);
      }
    }
    return bits < BITS && (held & (1 << bits) - 1) == 0
        ? Optional.of(bytes.toByteArray())
        : Optional.empty();
  }

  private static int checksum(String readable, byte[] groups) {
    int sum = 1;
    for (int i = 0; i < readable.length(); i++) {
      sum = step(sum) ^ readable.charAt(i) >> BITS;
    }
    sum = step(sum);
    for (int i = 0; i < readable.length(); i++) {
      sum = step(sum) ^ (readable.charAt(i) & 31);
    }
    for (byte group : groups) {
      sum = step(sum) ^ group;
    }
    return sum;
  }

  private static int step(int sum) {
    int next = (sum & 0x1ffffff) << BITS;
    for (int i = 0; i < GENERATOR.length; i++) {
      next ^= (sum >> (25 + i) & 1) == 0 ? 0 : GENERATOR[i];
    }
    return next;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bech32 that
        && readable.equals(that.readable)
        && Arrays.equals(groups, that.groups);
  }

  @Override
  public int hashCode() {
    return 31 * readable.hashCode() + Arrays.hashCode(groups);
  }

  @Override
  public String toString() {
    return "Bech32[" + readable + ", " + groups.length + " groups]";
  }
}
