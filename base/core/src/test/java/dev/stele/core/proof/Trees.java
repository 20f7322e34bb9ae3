package dev.stele.core.proof;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Trees kept whole in memory, and a second, naive way to compute their roots. */
final class Trees {
  private Trees() {}

  /** All entries and all complete subtrees of one growing tree. */
  static final class Grown implements NodeSource, EntrySource, NodeSink {
    final List<byte[]> entries = new ArrayList<>();
    final List<List<byte[]>> levels = new ArrayList<>();
    final Frontier frontier = new Frontier();

    void append(byte[] entry) {
      entries.add(entry);
      frontier.append(Merkle.leafHash(entry), this);
    }

    @Override
    public void node(int level, long index, byte[] hash) {
      if (levels.size() == level) {
        levels.add(new ArrayList<>());
      }
      if (levels.get(level).size() != index) {
        throw new IllegalStateException("node " + level + "/" + index + " is out of order");
      }
      levels.get(level).add(hash);
    }

    @Override
    public byte[] node(int level, long index) {
      return levels.get(level).get(Math.toIntExact(index));
    }

    @Override
    public byte[] entry(long index) {
      return entries.get(Math.toIntExact(index));
    }

    byte[] leafHash(long index) {
      return node(0, index);
    }

    byte[] root(long size) {
      return Merkle.root(size, this);
    }
  }

  /** Returns a tree whose entry i is the text "event i". */
  static Grown ofSize(int size) {
    Grown tree = new Grown();
    for (int i = 0; i < size; i++) {
      tree.append(utf8("event " + i));
    }
    return tree;
  }

  /** MTH of RFC 6962 section 2.1, word for word. */
  static byte[] naiveRoot(List<byte[]> entries) {
    int n = entries.size();
    if (n == 0) {
      return Merkle.emptyRoot();
    }
    if (n == 1) {
      return Merkle.leafHash(entries.getFirst());
    }
    int k = 1;
    while (k * 2 < n) {
      k *= 2;
    }
    return Merkle.nodeHash(naiveRoot(entries.subList(0, k)), naiveRoot(entries.subList(k, n)));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
