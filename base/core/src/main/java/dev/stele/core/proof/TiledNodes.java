package dev.stele.core.proof;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.Tile;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The nodes of a log's Merkle tree, from the tiles an engine stores; at the right edge, where no
 * tile is full, from the links of the rows.
 *
 * <p>Keeps the tiles it has used, up to {@value #CACHED_TILES} (1 MiB), and up to {@value
 * #CACHED_NODES} of the nodes it had to fold (1 MiB): without those, a proof in a tree whose upper
 * tiles are not full yet hashes every leaf below the node it needs. Thread-safe.
 */
public final class TiledNodes implements NodeSource {
  private static final int CACHED_TILES = 128;
  private static final int CACHED_NODES = 8_192;
  private static final int TILE_HEIGHT = 8;

  /** Folding fewer hashes than this costs less than keeping what comes of it. */
  private static final int LEAST_KEPT_HEIGHT = 3;

  private final LogEngine engine;
  private final LogId log;

  /** Guarded by itself. Full tiles never change, so they stay right while the log grows. */
  private final Map<TileKey, byte[]> tiles =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<TileKey, byte[]> eldest) {
          return size() > CACHED_TILES;
        }
      };

  /** Guarded by itself. A node over leaves that are all there never changes either. */
  private final Map<TileKey, byte[]> folded =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<TileKey, byte[]> eldest) {
          return size() > CACHED_NODES;
        }
      };

  /** Names a tile by the level of tiles, or a node by the level of nodes. */
  private record TileKey(int level, long index) {}

  /** The nodes of one of an engine's logs. */
  public TiledNodes(LogEngine engine, LogId log) {
    this.engine = engine;
    this.log = log;
  }

  @Override
  public byte[] node(int level, long index) {
    int tileLevel = level / TILE_HEIGHT;
    int height = level % TILE_HEIGHT;
    if (height >= LEAST_KEPT_HEIGHT) {
      return keptNode(level, index).clone();
    }
    int width = 1 << height;
    return fold(hashes(tileLevel, index << height, width), width);
  }

  @Override
  public byte[] nodes(int level, long first, int count) {
    return level % TILE_HEIGHT == 0 && count > 0
        ? hashes(level / TILE_HEIGHT, first, count)
        : NodeSource.super.nodes(level, first, count);
  }

  /**
   * A node that is kept once it was folded, from its two children or from a tile. Not to be
   * changed.
   */
  private byte[] keptNode(int level, long index) {
    TileKey key = new TileKey(level, index);
    synchronized (folded) {
      byte[] known = folded.get(key);
      if (known != null) {
        return known;
      }
    }
    byte[] node = Merkle.nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
    synchronized (folded) {
      folded.put(key, node);
    }
    return node;
  }

  /** {@code count} hashes of a tile level from the {@code first}, which never cross a tile. */
  private byte[] hashes(int tileLevel, long first, int count) {
    byte[] tile = tile(tileLevel, first / Tile.WIDTH);
    int from = (int) (first % Tile.WIDTH) * Merkle.HASH_BYTES;
    if (tile.length > 0) {
      return Arrays.copyOfRange(tile, from, from + count * Merkle.HASH_BYTES);
    }
    byte[] hashes = new byte[count * Merkle.HASH_BYTES];
    if (tileLevel == 0) {
      int got = 0;
      while (got < count) {
        List<Row> rows = engine.read(log, first + got, count - got);
        if (rows.isEmpty()) {
          throw StorageFailed.damaged(
              "log %s has no event %d, so its tree has no such node"
                  .formatted(log, first + got + 1));
        }
        for (Row row : rows) {
          System.arraycopy(row.link(), 0, hashes, got++ * Merkle.HASH_BYTES, Merkle.HASH_BYTES);
        }
      }
    } else {
      for (int i = 0; i < count; i++) {
        byte[] root = keptNode(tileLevel * TILE_HEIGHT, first + i);
        System.arraycopy(root, 0, hashes, i * Merkle.HASH_BYTES, Merkle.HASH_BYTES);
      }
    }
    return hashes;
  }

  /** The tile's hashes, or nothing when it is not full. */
  private byte[] tile(int level, long index) {
    TileKey key = new TileKey(level, index);
    synchronized (tiles) {
      byte[] known = tiles.get(key);
      if (known != null) {
        return known;
      }
    }
    byte[] read = engine.tile(log, level, index).map(Tile::hashes).orElse(new byte[0]);
    if (read.length > 0) {
      synchronized (tiles) {
        tiles.put(key, read);
      }
    }
    return read;
  }

  /**
   * The root over adjacent hashes.
   *
   * @param hashes at least {@code width} hashes of 32 bytes, one after the other
   * @param width how many of them: a power of two
   */
  public static byte[] fold(byte[] hashes, int width) {
    byte[][] nodes = new byte[width][];
    for (int i = 0; i < width; i++) {
      nodes[i] = Arrays.copyOfRange(hashes, i * Merkle.HASH_BYTES, (i + 1) * Merkle.HASH_BYTES);
    }
    for (int n = width; n > 1; n /= 2) {
      for (int i = 0; i < n / 2; i++) {
        nodes[i] = Merkle.nodeHash(nodes[2 * i], nodes[2 * i + 1]);
      }
    }
    return nodes[0];
  }
}
