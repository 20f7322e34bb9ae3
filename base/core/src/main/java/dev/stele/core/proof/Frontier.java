package dev.stele.core.proof;

import java.util.ArrayList;
import java.util.List;

/**
 * The right edge of a growing tree: all that is needed to append to it and to know its root.
 *
 * <p>For each set bit of the size there is one peak, the root of a complete subtree of that many
 * leaves. Appending is binary addition: the new leaf merges with each peak that the carry meets.
 *
 * <pre>
 *   size 6 = 110b     peaks[2] over leaves 0..3, peaks[1] over leaves 4..5
 * </pre>
 *
 * <p>An append costs one node hash on average, and at most 62. It allocates nothing but those
 * hashes.
 *
 * <p>One thread at a time.
 */
public final class Frontier {
  private static final NodeSink NOBODY = (level, index, hash) -> {};

  // A slot is meaningful only while its bit of the size is set. Slots are not cleared, because that
  // would cost a write on every merge and free at most 63 hashes.
  private final byte[][] peaks;
  private long size;

  /** Makes the edge of the tree without leaves. */
  public Frontier() {
    this(new byte[Long.SIZE - 1][], 0);
  }

  private Frontier(byte[][] peaks, long size) {
    this.peaks = peaks;
    this.size = size;
  }

  /**
   * Restores an edge from what {@link #size} and {@link #hashes} returned.
   *
   * @param size number of leaves, 0 or more
   * @param hashes one 32-byte hash for each set bit of {@code size}, the largest subtree first
   * @throws IllegalArgumentException if the number or the length of the hashes does not fit the
   *     size
   */
  public static Frontier of(long size, List<byte[]> hashes) {
    if (size < 0 || hashes.size() != Long.bitCount(size)) {
      throw new IllegalArgumentException(
          hashes.size() + " hashes are not the edge of a tree of " + size + " leaves");
    }
    Frontier frontier = new Frontier();
    long bits = size;
    for (byte[] hash : hashes) {
      if (hash.length != Merkle.HASH_BYTES) {
        throw new IllegalArgumentException("a hash has 32 bytes, not " + hash.length);
      }
      int level = Long.SIZE - 1 - Long.numberOfLeadingZeros(bits);
      frontier.peaks[level] = hash.clone();
      bits &= ~(1L << level);
    }
    frontier.size = size;
    return frontier;
  }

  /** Appends one leaf, as {@link #append(byte[], NodeSink)} does, and tells nobody. */
  public void append(byte[] leafHash) {
    append(leafHash, NOBODY);
  }

  /**
   * Appends one leaf and hands {@code sink} the leaf and then, bottom up, each subtree that it
   * completes.
   *
   * <p>If the sink throws, this edge is unchanged.
   *
   * @param leafHash 32 bytes, kept and not to be changed by the caller
   * @throws IllegalArgumentException if the hash has another length
   * @throws IllegalStateException if the tree has 2^63 - 1 leaves already
   */
  public void append(byte[] leafHash, NodeSink sink) {
    if (leafHash.length != Merkle.HASH_BYTES) {
      throw new IllegalArgumentException("a leaf hash has 32 bytes, not " + leafHash.length);
    }
    if (size == Long.MAX_VALUE) {
      throw new IllegalStateException("a tree has at most 2^63 - 1 leaves");
    }
    int level = 0;
    byte[] hash = leafHash;
    sink.node(0, size, hash);
    while ((size >>> level & 1) != 0) {
      hash = Merkle.nodeHash(peaks[level], hash);
      level++;
      sink.node(level, size >>> level, hash);
    }
    peaks[level] = hash;
    size++;
  }

  /** Returns the number of leaves. */
  public long size() {
    return size;
  }

  /**
   * Returns the 32-byte root, folding the peaks with at most 62 node hashes. The array is a copy.
   */
  public byte[] root() {
    if (size == 0) {
      return Merkle.emptyRoot();
    }
    int level = Long.numberOfTrailingZeros(size);
    byte[] root = peaks[level];
    for (long rest = size & (size - 1); rest != 0; rest &= rest - 1) {
      root = Merkle.nodeHash(peaks[Long.numberOfTrailingZeros(rest)], root);
    }
    return root.clone();
  }

  /** Returns copies of the peaks, the largest subtree first: one for each set bit of the size. */
  public List<byte[]> hashes() {
    List<byte[]> hashes = new ArrayList<>(Long.bitCount(size));
    for (int level = peaks.length - 1; level >= 0; level--) {
      if ((size >>> level & 1) != 0) {
        hashes.add(peaks[level].clone());
      }
    }
    return hashes;
  }

  /** Returns an edge of the same tree that grows on its own. */
  public Frontier copy() {
    return new Frontier(peaks.clone(), size);
  }
}
