package dev.stele.core.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The list of hashes that a proof carries: copied in and out, and compared by content. */
final class HashPath {
  private HashPath() {}

  static List<byte[]> copyOf(List<byte[]> path) {
    List<byte[]> copy = new ArrayList<>(path.size());
    for (byte[] hash : path) {
      copy.add(hash.clone());
    }
    return List.copyOf(copy);
  }

  /** Tells whether a verifier may read the path: short enough, and of hashes only. */
  static boolean isReadable(List<byte[]> path) {
    if (path.size() > Merkle.MAX_PATH) {
      return false;
    }
    for (byte[] hash : path) {
      if (hash.length != Merkle.HASH_BYTES) {
        return false;
      }
    }
    return true;
  }

  static boolean equal(List<byte[]> one, List<byte[]> other) {
    return Arrays.deepEquals(one.toArray(), other.toArray());
  }

  static int hashCode(List<byte[]> path) {
    return Arrays.deepHashCode(path.toArray());
  }
}
