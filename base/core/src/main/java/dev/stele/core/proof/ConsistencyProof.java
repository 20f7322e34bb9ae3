package dev.stele.core.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The claim that a tree grew out of a smaller one by appending only (RFC 9162 section 2.1.4).
 *
 * <p>A proof is an allegation, so any values can be held; only {@link #verify} judges them. The
 * path is copied in and out. As with {@link InclusionProof}, take each size and its root from one
 * signed checkpoint.
 *
 * <p>Immutable.
 *
 * @param oldSize number of leaves before, 0 to {@code newSize} in a proof that holds
 * @param newSize number of leaves after, up to 2^63 - 1
 * @param path at most 63 hashes of 32 bytes; empty if the sizes are equal or the old one is 0
 */
public record ConsistencyProof(long oldSize, long newSize, List<byte[]> path) {
  /** Copies the path. */
  public ConsistencyProof {
    path = HashPath.copyOf(path);
  }

  /**
   * Builds the proof between the first {@code oldSize} and the first {@code newSize} leaves, asking
   * {@code nodes} for at most 125 hashes.
   *
   * @throws IllegalArgumentException unless {@code 0 <= oldSize <= newSize}
   */
  public static ConsistencyProof build(long oldSize, long newSize, NodeSource nodes) {
    if (oldSize < 0 || oldSize > newSize) {
      throw new IllegalArgumentException(
          "a tree of " + newSize + " leaves did not grow out of one of " + oldSize);
    }
    List<byte[]> path = new ArrayList<>();
    if (oldSize == 0 || oldSize == newSize) {
      return new ConsistencyProof(oldSize, newSize, path);
    }
    long begin = 0;
    long end = newSize;
    while (end != oldSize) {
      long middle = begin + Merkle.split(end - begin);
      if (oldSize <= middle) {
        path.add(Merkle.root(middle, end, nodes));
        end = middle;
      } else {
        path.add(Merkle.root(begin, middle, nodes));
        begin = middle;
      }
    }
    if (begin != 0) {
      // The verifier knows the old root, but not this last part of it.
      path.add(Merkle.root(begin, end, nodes));
    }
    return new ConsistencyProof(oldSize, newSize, path.reversed());
  }

  /**
   * Tells whether the path links {@code oldRoot} to {@code newRoot}, by the algorithm of RFC 9162
   * section 2.1.4.2. An old size of 0 asks for the empty root and an empty path. No value of any
   * argument or component makes it throw.
   */
  public boolean verify(byte[] oldRoot, byte[] newRoot) {
    if (oldSize < 0
        || oldSize > newSize
        || oldRoot.length != Merkle.HASH_BYTES
        || newRoot.length != Merkle.HASH_BYTES
        || !HashPath.isReadable(path)) {
      return false;
    }
    if (oldSize == 0 && !Arrays.equals(oldRoot, Merkle.emptyRoot())) {
      return false;
    }
    if (oldSize == newSize) {
      return path.isEmpty() && Arrays.equals(oldRoot, newRoot);
    }
    if (oldSize == 0) {
      return path.isEmpty();
    }
    return links(oldRoot, newRoot);
  }

  private boolean links(byte[] oldRoot, byte[] newRoot) {
    boolean oldIsComplete = Long.bitCount(oldSize) == 1;
    if (path.isEmpty()) {
      return false;
    }
    byte[] first = oldIsComplete ? oldRoot : path.getFirst();
    long fn = oldSize - 1;
    long sn = newSize - 1;
    while ((fn & 1) == 1) {
      fn >>>= 1;
      sn >>>= 1;
    }
    byte[] oldHash = first;
    byte[] newHash = first;
    for (byte[] hash : path.subList(oldIsComplete ? 0 : 1, path.size())) {
      if (sn == 0) {
        return false;
      }
      if ((fn & 1) == 1 || fn == sn) {
        oldHash = Merkle.nodeHash(hash, oldHash);
        newHash = Merkle.nodeHash(hash, newHash);
        while ((fn & 1) == 0 && fn != 0) {
          fn >>>= 1;
          sn >>>= 1;
        }
      } else {
        newHash = Merkle.nodeHash(newHash, hash);
      }
      fn >>>= 1;
      sn >>>= 1;
    }
    return sn == 0 && Arrays.equals(oldHash, oldRoot) && Arrays.equals(newHash, newRoot);
  }

  /** Returns a copy of the path, in the order in which {@link #verify} reads it. */
  @Override
  public List<byte[]> path() {
    return HashPath.copyOf(path);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ConsistencyProof(long otherOld, long otherNew, List<byte[]> otherPath)
        && oldSize == otherOld
        && newSize == otherNew
        && HashPath.equal(path, otherPath);
  }

  @Override
  public int hashCode() {
    return Objects.hash(oldSize, newSize, HashPath.hashCode(path));
  }
}
