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
}
