package dev.stele.core.proof;

import dev.stele.crypto.Sha256;

/**
 * The hash tree of RFC 6962 section 2.1 (the same as RFC 9162 section 2.1) over SHA-256.
 *
 * <pre>
 *   empty root       SHA-256 of nothing
 *   leaf             SHA-256(0x00 ‖ entry)
 *   interior node    SHA-256(0x01 ‖ left ‖ right)
 * </pre>
 *
 * <p>A list of more than one leaf splits at the largest power of two below its length. Nothing is
 * ever padded, repeated or sorted.
 *
 * <p>Thread-safe.
 */
public final class Merkle {
  /** Length of every hash, in bytes. */
  public static final int HASH_BYTES = Sha256.SIZE_BYTES;

  /** Most hashes in a path: sizes end at 2^63 - 1, and C2SP texts allow no more. */
  public static final int MAX_PATH = 63;

  private static final byte LEAF = 0;
  private static final byte NODE = 1;

  private Merkle() {}

  /** Returns the 32-byte leaf hash of {@code entry}, which may be of any length. */
  public static byte[] leafHash(byte[] entry) {
    return Sha256.tagged(LEAF, entry);
  }

  /**
   * Returns the 32-byte hash of the node above {@code left} and {@code right}, each of 32 bytes.
   */
  public static byte[] nodeHash(byte[] left, byte[] right) {
    return Sha256.tagged(NODE, left, right);
  }

  /** Returns the root of the tree without leaves, a new array at each call. */
  public static byte[] emptyRoot() {
    return Sha256.hash(new byte[0]);
  }

  /**
   * Returns the root of the first {@code size} leaves, asking {@code nodes} for at most 63 hashes.
   *
   * @throws IllegalArgumentException if {@code size} is negative
   */
  public static byte[] root(long size, NodeSource nodes) {
    if (size < 0) {
      throw new IllegalArgumentException("a tree cannot have " + size + " leaves");
    }
    return size == 0 ? emptyRoot() : root(0, size, nodes);
  }

  /**
   * Returns the root over the leaves [begin, end). The range must be one that splitting a tree
   * produces: {@code begin} is a multiple of the least power of two that is not below its length.
   */
  static byte[] root(long begin, long end, NodeSource nodes) {
    long length = end - begin;
    if (Long.bitCount(length) == 1) {
      int level = Long.numberOfTrailingZeros(length);
      return nodes.node(level, begin >>> level);
    }
    long middle = begin + split(length);
    return nodeHash(root(begin, middle, nodes), root(middle, end, nodes));
  }

  /** Returns the largest power of two below {@code length}, which is 2 or more. */
  static long split(long length) {
    return Long.highestOneBit(length - 1);
  }
}
