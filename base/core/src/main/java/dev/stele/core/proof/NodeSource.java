package dev.stele.core.proof;

/**
 * Where the hashes of complete subtrees are found.
 *
 * <p>An implementation says which threads may call it. It may throw its own unchecked failure when
 * the store behind it fails; the callers in this package let it pass.
 */
@FunctionalInterface
public interface NodeSource {
  /**
   * Returns the 32-byte hash of the complete subtree over the leaves {@code [index << level, (index
   * + 1) << level)}, all of which exist.
   *
   * @param level 0 for a leaf, up to 62
   * @param index which subtree of that level, from 0
   */
  byte[] node(int level, long index);

  /**
   * Returns the hashes of neighbouring subtrees of one level, 32 bytes each, one after the other.
   *
   * @param first the first of them
   * @param count how many, 0 or more; at a multiple of 8 levels they do not cross a tile of 256
   */
  default byte[] nodes(int level, long first, int count) {
    byte[] nodes = new byte[count * Merkle.HASH_BYTES];
    for (int i = 0; i < count; i++) {
      System.arraycopy(node(level, first + i), 0, nodes, i * Merkle.HASH_BYTES, Merkle.HASH_BYTES);
    }
    return nodes;
  }
}
