package dev.stele.core.backup;

import dev.stele.core.engine.Tile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The tiles of every level over those of level 0, made on the way: what is left of a tree whose
 * events were trimmed. Immutable; gone through as often as those of level 0 can be.
 */
record PrefixTiles(Iterable<Tile> lowest) implements Iterable<Tile> {
  /** The hashes of the events that a tile of level 0 is over. */
  static List<byte[]> leaves(Tile tile) {
    List<byte[]> leaves = new ArrayList<>(Tile.WIDTH);
    int bytes = tile.hashes().length / Tile.WIDTH;
    for (int i = 0; i < Tile.WIDTH; i++) {
      leaves.add(Arrays.copyOfRange(tile.hashes(), i * bytes, (i + 1) * bytes));
    }
    return leaves;
  }

  /** Takes all leaves up, as the beginning of a chain. */
  void into(RowChain chain) {
    for (Tile tile : lowest) {
      leaves(tile).forEach(chain::take);
      // They are made anew when an engine asks for them.
      var _ = chain.takeTiles();
    }
  }

  @Override
  public Iterator<Tile> iterator() {
    return new Walk(lowest.iterator());
  }

  private static final class Walk implements Iterator<Tile> {
    private final Iterator<Tile> lowest;
    private final RowChain tree = RowChain.ofOrigin("");
    private Iterator<Tile> made = List.<Tile>of().iterator();

    Walk(Iterator<Tile> lowest) {
      this.lowest = lowest;
    }

    @Override
    public boolean hasNext() {
      while (!made.hasNext() && lowest.hasNext()) {
        leaves(lowest.next()).forEach(tree::take);
        made = tree.takeTiles().iterator();
      }
      return made.hasNext();
    }

    @Override
    public Tile next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no more tiles");
      }
      return made.next();
    }
  }
}
