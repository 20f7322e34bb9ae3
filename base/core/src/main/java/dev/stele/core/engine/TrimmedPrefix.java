package dev.stele.core.engine;

/**
 * What stays of a log's first events once they were trimmed. May be large: each part is gone
 * through once, in order, and need never be in memory.
 *
 * @param head the last of them, and its link
 * @param tiles the full tiles over them, of every level
 * @param claims their entries in the claim index, in order of key and then position; all of claims
 *     that never expire
 * @param streams their entries in the stream index, in order of key and then revision
 */
public record TrimmedPrefix(
    Head head, Iterable<Tile> tiles, Iterable<IndexEntry> claims, Iterable<IndexEntry> streams) {
  /** Checks that there is something. */
  public TrimmedPrefix {
    if (head.size() < 1 || head.size() % Tile.WIDTH != 0) {
      throw new IllegalArgumentException(
          "a log is trimmed by whole tiles, not by %d events".formatted(head.size()));
    }
  }
}
