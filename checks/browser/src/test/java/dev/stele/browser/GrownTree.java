package dev.stele.browser;

import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.NodeSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A tree kept whole in memory; leaf i is the hash of {@code entry i}. */
final class GrownTree implements NodeSource {
  private final List<List<byte[]>> levels = new ArrayList<>();

  GrownTree(int size) {
    List<byte[]> level = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      level.add(Merkle.leafHash(("entry " + i).getBytes(StandardCharsets.UTF_8)));
    }
    while (!level.isEmpty()) {
      levels.add(level);
      List<byte[]> above = new ArrayList<>();
      for (int i = 0; i + 1 < level.size(); i += 2) {
        above.add(Merkle.nodeHash(level.get(i), level.get(i + 1)));
      }
      level = above;
    }
  }

  @Override
  public byte[] node(int level, long index) {
    return levels.get(level).get(Math.toIntExact(index));
  }

  byte[] root(int size) {
    return Merkle.root(size, this);
  }
}
