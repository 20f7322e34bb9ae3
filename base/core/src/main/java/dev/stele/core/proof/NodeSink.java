package dev.stele.core.proof;

/** What wants to know the hash of each subtree at the moment it becomes complete. */
@FunctionalInterface
public interface NodeSink {
  /**
   * Takes the 32-byte hash of the complete subtree over the leaves {@code [index << level, (index +
   * 1) << level)}. The array is shared with the caller and must not be changed.
   *
   * @param level 0 for a leaf, up to 62
   * @param index which subtree of that level, from 0
   */
  void node(int level, long index, byte[] hash);
}
