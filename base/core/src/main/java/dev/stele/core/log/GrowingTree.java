package dev.stele.core.log;

import dev.stele.core.engine.Tile;
import dev.stele.core.proof.Frontier;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.NodeSource;
import dev.stele.core.proof.TiledNodes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Merkle tree of a log while it is being written: its right edge, and the tiles that are not
 * full yet.
 *
 * <p>Each leaf costs one node hash on average. A tile that becomes full is handed out once, to be
 * stored in the commit of the leaf that filled it. Confined to the writer.
 */
final class GrowingTree {
  private static final int TILE_HEIGHT = 8;
  private static final int LEVELS = 63;

  /** At level 0; half as many a level higher, and 8 at least: some 4,000 hashes in all. */
  private static final int RECENT_LEAVES = 2_048;

  private final NodeSource stored;
  private Frontier frontier;

  /** For each tile level, the hashes of its last tile, which is not full. */
  private final List<byte[]> partials = new ArrayList<>();

  private final List<Tile> full = new ArrayList<>();

  /**
   * The newest complete nodes of each level, by index modulo the length: what the proofs in an ack
   * are made of. Folding them from the leaves of a tile anew would cost more than the commit.
   */
  private final byte[][][] recent = new byte[LEVELS][][];

  /** Takes up a tree of {@code size} leaves whose nodes are in {@code stored}. */
  GrowingTree(long size, NodeSource stored) {
    this.stored = stored;
    this.frontier = Frontier.of(size, edge(size, stored));
    for (int level = 0; (size >>> (TILE_HEIGHT * level)) > 0; level++) {
      long hashes = size >>> (TILE_HEIGHT * level);
      int width = (int) (hashes % Tile.WIDTH);
      byte[] known = stored.nodes(TILE_HEIGHT * level, hashes - width, width);
      partials.add(Arrays.copyOf(known, Tile.WIDTH * Merkle.HASH_BYTES));
    }
  }

  private static List<byte[]> edge(long size, NodeSource stored) {
    List<byte[]> edge = new ArrayList<>();
    long begin = 0;
    for (int level = 62; level >= 0; level--) {
      if ((size >>> level & 1) == 1) {
        edge.add(stored.node(level, begin >>> level));
        begin += 1L << level;
      }
    }
    return edge;
  }

  long size() {
    return frontier.size();
  }

  byte[] root() {
    return frontier.root();
  }

  void append(byte[] leaf) {
    frontier.append(
        leaf,
        (level, index, hash) -> {
          remember(level, index, hash);
          if (level % TILE_HEIGHT == 0) {
            put(level / TILE_HEIGHT, index, hash);
          }
        });
  }

  private void remember(int level, long index, byte[] hash) {
    byte[][] nodes = recent[level];
    if (nodes == null) {
      nodes = new byte[Math.max(8, RECENT_LEAVES >>> level)][];
      recent[level] = nodes;
    }
    nodes[(int) (index % nodes.length)] = hash;
  }

  /** A node that was completed lately, or null. */
  private byte @Nullable [] recent(int level, long index) {
    byte[][] nodes = recent[level];
    if (nodes == null || index < (size() >>> level) - nodes.length) {
      return null;
    }
    // In the last round there is one index for each slot, so what is there is what is asked for.
    return nodes[(int) (index % nodes.length)];
  }

  private void put(int tileLevel, long index, byte[] hash) {
    while (partials.size() <= tileLevel) {
      partials.add(new byte[Tile.WIDTH * Merkle.HASH_BYTES]);
    }
    int slot = (int) (index % Tile.WIDTH);
    byte[] partial = partials.get(tileLevel);
    System.arraycopy(hash, 0, partial, slot * Merkle.HASH_BYTES, Merkle.HASH_BYTES);
    if (slot == Tile.WIDTH - 1) {
      full.add(new Tile(tileLevel, index / Tile.WIDTH, partial.clone()));
    }
  }

  /** What a tree that other writers may overtake is set back to. */
  record Mark(Frontier frontier, List<byte[]> partials) {}

  /** The tree as it is now. */
  Mark mark() {
    return new Mark(frontier.copy(), copies(partials));
  }

  /** Makes the tree what it was at {@code mark}, which may be come back to again. */
  void rollBack(Mark mark) {
    frontier = mark.frontier.copy();
    partials.clear();
    partials.addAll(copies(mark.partials));
    full.clear();
    // What was remembered may be of leaves that were given up.
    Arrays.fill(recent, null);
  }

  private static List<byte[]> copies(List<byte[]> hashes) {
    List<byte[]> copies = new ArrayList<>(hashes.size());
    for (byte[] each : hashes) {
      copies.add(each.clone());
    }
    return copies;
  }

  /** The tiles that became full since the last call. */
  List<Tile> takeFull() {
    List<Tile> taken = List.copyOf(full);
    full.clear();
    return taken;
  }

  /** Inclusion of a leaf in the tree as it is, also while its last rows are not stored yet. */
  InclusionProof prove(long index, List<Tile> unstored) {
    return InclusionProof.build(
        index, size(), (level, nodeIndex) -> node(level, nodeIndex, unstored));
  }

  private byte[] node(int level, long index, List<Tile> unstored) {
    byte[] known = recent(level, index);
    if (known != null) {
      return known;
    }
    int tileLevel = level / TILE_HEIGHT;
    int height = level % TILE_HEIGHT;
    long first = index << height;
    long tileIndex = first / Tile.WIDTH;
    long hashesAtLevel = size() >>> (TILE_HEIGHT * tileLevel);
    byte[] source = null;
    if (tileIndex == hashesAtLevel / Tile.WIDTH) {
      source = partials.get(tileLevel);
    } else {
      for (Tile tile : unstored) {
        if (tile.level() == tileLevel && tile.index() == tileIndex) {
          source = tile.hashes();
        }
      }
    }
    if (source == null) {
      return stored.node(level, index);
    }
    int from = (int) (first % Tile.WIDTH) * Merkle.HASH_BYTES;
    int width = 1 << height;
    return TiledNodes.fold(
        Arrays.copyOfRange(source, from, from + width * Merkle.HASH_BYTES), width);
  }
}
