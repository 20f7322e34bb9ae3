package dev.stele.core.proof;

import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Which tile of a tree: a row of up to 256 hashes (C2SP tlog-tiles).
 *
 * <pre>
 *   level 0   leaf hashes                  tile/0/x001/234      full: leaves 315,904 to 316,159
 *   level 1   roots of full level-0 tiles  tile/1/004.p/211     partial: 211 hashes so far
 *   ...
 *   level 7   the highest that a size below 2^63 can need
 * </pre>
 *
 * <p>Hash {@code j} of tile {@code index} is the node {@code (8 * level, 256 * index + j)}. Beside
 * each tile of level 0 lies the bundle of its entries.
 *
 * <p>Immutable.
 *
 * @param level 0 to 7
 * @param index which tile of the level, from 0
 * @param width hashes in it: 256 if full, 1 to 255 if partial
 */
public record TileCoordinates(int level, long index, int width) {
  /** Hashes in a full tile. */
  public static final int FULL_WIDTH = 256;

  /** Highest level that a size below 2^63 can need. */
  public static final int MAX_LEVEL = 7;

  /** Levels of nodes that one level of tiles spans. */
  static final int NODE_LEVELS = 8;

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException if a component breaks them
   */
  public TileCoordinates {
    if (level < 0 || level > MAX_LEVEL || index < 0 || width < 1 || width > FULL_WIDTH) {
      throw new IllegalArgumentException(
          "no tile at level " + level + ", index " + index + ", width " + width);
    }
  }

  /**
   * Returns all tiles of a tree of {@code size} leaves, level by level from the leaves and in order
   * within each: the full ones, then the partial one if there is any. Walk it with {@code forEach}:
   * the iterator of such a stream holds a whole level in memory.
   *
   * @throws IllegalArgumentException if the size is negative
   */
  public static Stream<TileCoordinates> ofTree(long size) {
    if (size < 0) {
      throw new IllegalArgumentException("a tree cannot have " + size + " leaves");
    }
    return IntStream.rangeClosed(0, MAX_LEVEL)
        .boxed()
        .flatMap(
            level ->
                LongStream.range(0, count(level, size))
                    .mapToObj(index -> inTree(level, index, size)));
  }

  /**
   * Returns how many tiles a level has in a tree of {@code size} leaves, the partial one included.
   */
  static long count(int level, long size) {
    long hashes = size >>> (NODE_LEVELS * level);
    return hashes / FULL_WIDTH + (hashes % FULL_WIDTH == 0 ? 0 : 1);
  }

  /** Returns the tile as a tree of {@code size} leaves has it; it has at least one hash there. */
  static TileCoordinates inTree(int level, long index, long size) {
    long hashes = (size >>> (NODE_LEVELS * level)) - index * FULL_WIDTH;
    return new TileCoordinates(level, index, (int) Math.min(FULL_WIDTH, hashes));
  }

  /** Tells whether the tile will never change again. */
  public boolean isFull() {
    return width == FULL_WIDTH;
  }

  /** Returns the index of the first leaf below this tile. */
  public long firstLeaf() {
    return (index * FULL_WIDTH) << (NODE_LEVELS * level);
  }

  /** Returns the path of the tile, such as {@code tile/0/x001/234.p/17}. */
  public String path() {
    return "tile/" + level + "/" + place();
  }

  /**
   * Returns the path of the bundle of the entries below a tile of level 0, such as {@code
   * tile/entries/x001/234.p/17}.
   *
   * @throws IllegalStateException if this is a tile of another level
   */
  public String entriesPath() {
    if (level != 0) {
      throw new IllegalStateException("only a tile of level 0 has entries, not " + path());
    }
    return "tile/entries/" + place();
  }

  private String place() {
    StringBuilder path = new StringBuilder(group(index % 1000));
    for (long rest = index / 1000; rest > 0; rest /= 1000) {
      path.insert(0, "x" + group(rest % 1000) + "/");
    }
    return isFull() ? path.toString() : path.append(".p/").append(width).toString();
  }

  private static String group(long threeDigits) {
    String digits = Long.toString(threeDigits);
    return "0".repeat(3 - digits.length()) + digits;
  }

  /** Returns the tile's 32 to 8,192 bytes, asking {@code nodes} for each of its hashes. */
  public byte[] bytes(NodeSource nodes) {
    byte[] tile = new byte[width * Merkle.HASH_BYTES];
    for (int i = 0; i < width; i++) {
      byte[] hash = nodes.node(NODE_LEVELS * level, index * FULL_WIDTH + i);
      System.arraycopy(hash, 0, tile, i * Merkle.HASH_BYTES, Merkle.HASH_BYTES);
    }
    return tile;
  }
}
