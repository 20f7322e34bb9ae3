package dev.stele.core.engine;

/**
 * A full tile of the Merkle tree: 256 hashes of 32 bytes.
 *
 * @param level the tile's level, 0 for leaves, as in C2SP tlog-tiles
 * @param index the tile's number in its level, from 0
 * @param hashes 8,192 bytes, shared, never written to
 */
public record Tile(int level, long index, byte[] hashes) {
  /** How many hashes a full tile has. */
  public static final int WIDTH = 256;
}
