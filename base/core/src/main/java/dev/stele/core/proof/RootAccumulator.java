package dev.stele.core.proof;

import dev.stele.crypto.Sha256;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The verifier's own computation of a Merkle root, from complete subtrees added left to right.
 *
 * <p>Independent of the writer's tree on purpose. One thread at a time.
 */
final class RootAccumulator {
  private record Subtree(int level, byte[] hash) {}

  /** Complete subtrees, the smallest last. */
  private final Deque<Subtree> edge = new ArrayDeque<>();

  void add(int level, byte[] hash) {
    Subtree grown = new Subtree(level, hash);
    while (!edge.isEmpty() && edge.getLast().level == grown.level) {
      grown = new Subtree(grown.level + 1, node(edge.removeLast().hash, grown.hash));
    }
    edge.addLast(grown);
  }

  byte[] root() {
    if (edge.isEmpty()) {
      return Sha256.hash(new byte[0]);
    }
    Iterator<Subtree> fromRight = edge.descendingIterator();
    byte[] root = fromRight.next().hash;
    while (fromRight.hasNext()) {
      root = node(fromRight.next().hash, root);
    }
    return root;
  }

  static byte[] node(byte[] left, byte[] right) {
    return Sha256.tagged((byte) 1, left, right);
  }
}
