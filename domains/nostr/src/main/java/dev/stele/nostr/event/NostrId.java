package dev.stele.nostr.event;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * An event's id: the SHA-256 of what its author signed (NIP-01).
 *
 * <p>Ordered by unsigned bytes, which is also the order of its digits. Immutable.
 *
 * @param bytes the 32 bytes; copied
 */
public record NostrId(byte[] bytes) implements Comparable<NostrId> {
  /** How many bytes it has. */
  public static final int SIZE_BYTES = 32;

  private static final HexFormat HEX = HexFormat.of();

  /**
   * Copies the bytes.
   *
   * @throws IllegalArgumentException if they are not 32
   */
  public NostrId {
    if (bytes.length != SIZE_BYTES) {
      throw new IllegalArgumentException("an id has 32 bytes, not " + bytes.length);
    }
    bytes = bytes.clone();
  }

  /**
   * Reads 64 lower-case hex digits.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static NostrId ofHex(String digits) {
    if (!LowerHex.is(digits, 2 * SIZE_BYTES)) {
      throw new IllegalArgumentException(
          "an id is 64 lower-case hex digits, not '%.80s'".formatted(digits));
    }
    return new NostrId(HEX.parseHex(digits));
  }

  /** Returns a copy of the bytes. */
  @Override
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Returns the bytes as 64 lower-case hex digits. */
  public String hex() {
    return HEX.formatHex(bytes);
  }

  @Override
  public int compareTo(NostrId other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NostrId that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return hex();
  }
}
