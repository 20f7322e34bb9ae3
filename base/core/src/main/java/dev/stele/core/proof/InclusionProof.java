package dev.stele.core.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The claim that one leaf stands at one index of a tree (RFC 9162 section 2.1.3).
 *
 * <p>A proof is an allegation, so any values can be held; only {@link #verify} judges them. The
 * path is copied in and out.
 *
 * <p>The root decides what is proven, and a root belongs to one size: take both from the same
 * signed checkpoint. Against a root alone, a wrong size of the same path length can pass.
 *
 * <p>Immutable.
 *
 * @param index leaf index, 0 or more and below {@code size} in a proof that holds
 * @param size number of leaves of the tree, 1 to 2^63 - 1
 * @param path at most 63 sibling hashes of 32 bytes, the one beside the leaf first
 */
public record InclusionProof(long index, long size, List<byte[]> path) {
  /** Copies the path. */
  public InclusionProof {
    path = HashPath.copyOf(path);
  }

  /**
   * Builds the proof for {@code index} in the tree of the first {@code size} leaves, asking {@code
   * nodes} for at most 125 hashes.
   *
   * @throws IllegalArgumentException if {@code index} is not within the tree
   */
  public static InclusionProof build(long index, long size, NodeSource nodes) {
    if (index < 0 || index >= size) {
      throw new IllegalArgumentException("no leaf " + index + " in a tree of " + size + " leaves");
    }
    List<byte[]> path = new ArrayList<>();
    long begin = 0;
    long end = size;
    while (end - begin > 1) {
      long middle = begin + Merkle.split(end - begin);
      if (index < middle) {
        path.add(Merkle.root(middle, end, nodes));
        end = middle;
      } else {
        path.add(Merkle.root(begin, middle, nodes));
        begin = middle;
      }
    }
    return new InclusionProof(index, size, path.reversed());
  }

  /**
   * Tells whether the path leads from {@code leafHash} to {@code root}, by the algorithm of RFC
   * 9162 section 2.1.3.2. No value of any argument or component makes it throw.
   */
  public boolean verify(byte[] leafHash, byte[] root) {
    if (index < 0
        || index >= size
        || leafHash.length != Merkle.HASH_BYTES
        || !HashPath.isReadable(path)) {
      return false;
    }
    long fn = index;
    long sn = size - 1;
    byte[] hash = leafHash;
    for (byte[] sibling : path) {
      if (sn == 0) {
        return false;
      }
      if ((fn & 1) == 1 || fn == sn) {
        hash = Merkle.nodeHash(sibling, hash);
        while ((fn & 1) == 0 && fn != 0) {
          fn >>>= 1;
          sn >>>= 1;
        }
      } else {
        hash = Merkle.nodeHash(hash, sibling);
      }
      fn >>>= 1;
      sn >>>= 1;
    }
    return sn == 0 && Arrays.equals(hash, root);
  }

  /** Returns a copy of the path, the hash beside the leaf first. */
  @Override
  public List<byte[]> path() {
    return HashPath.copyOf(path);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof InclusionProof(long otherIndex, long otherSize, List<byte[]> otherPath)
        && index == otherIndex
        && size == otherSize
        && HashPath.equal(path, otherPath);
  }

  @Override
  public int hashCode() {
    return Objects.hash(index, size, HashPath.hashCode(path));
  }
}
