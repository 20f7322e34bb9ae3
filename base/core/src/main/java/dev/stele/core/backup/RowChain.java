package dev.stele.core.backup;

import dev.stele.core.engine.Row;
import dev.stele.core.engine.Tile;
import dev.stele.core.event.EventRecord;
import dev.stele.core.proof.Frontier;
import dev.stele.core.proof.NodeSource;
import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Follows rows as they pass: each continues the one before, has the link of its record, and the
 * body that its record names. Grows their tree beside it, and its tiles. One thread at a time.
 */
final class RowChain {
  private static final int POSITION_AT = 1;
  private static final int PREVIOUS_AT = 9;
  private static final int BODY_HASH_AT = 41;
  private static final int RECORD_LEAST = 89;
  private static final int TILE_HEIGHT = 8;

  private final Frontier tree;
  private byte[] link;

  /** By level of tiles the hashes of the last one, which is not full, and what became full. */
  private final Map<Integer, byte[]> partials = new HashMap<>();

  private final List<Tile> full = new ArrayList<>();

  private RowChain(Frontier tree, byte[] link) {
    this.tree = tree;
    this.link = link;
  }

  /** Follows a log from its first event. */
  static RowChain ofOrigin(String origin) {
    return new RowChain(new Frontier(), EventRecord.genesis(origin));
  }

  /**
   * Follows on behind the first events of a log. Tiles that they began are gone on with.
   *
   * @param size how many events
   * @param nodes of a tree that has them at least
   */
  static RowChain behind(String origin, long size, NodeSource nodes) {
    if (size == 0) {
      return ofOrigin(origin);
    }
    List<byte[]> edge = new ArrayList<>();
    long begin = 0;
    for (int level = Long.SIZE - 2; level >= 0; level--) {
      if ((size >>> level & 1) == 1) {
        edge.add(nodes.node(level, begin >>> level));
        begin += 1L << level;
      }
    }
    RowChain chain = new RowChain(Frontier.of(size, edge), nodes.node(0, size - 1));
    for (int level = 0; size >>> level > 0; level += TILE_HEIGHT) {
      long complete = size >>> level;
      int begun = (int) (complete % Tile.WIDTH);
      byte[] hashes = nodes.nodes(level, complete - begun, begun);
      chain.partials.put(
          level / TILE_HEIGHT, Arrays.copyOf(hashes, Tile.WIDTH * Sha256.SIZE_BYTES));
    }
    return chain;
  }

  long size() {
    return tree.size();
  }

  byte[] root() {
    return tree.root();
  }

  byte[] link() {
    return link;
  }

  /** Takes a leaf whose record is not there any more, because it was trimmed. */
  void take(byte[] leaf) {
    link = leaf;
    tree.append(leaf, this::node);
  }

  /** Takes the next row; or says, as a phrase, what is wrong with it, and takes nothing. */
  Optional<String> take(Row row) {
    byte[] record = row.record();
    long expected = tree.size() + 1;
    if (row.position() != expected) {
      return Optional.of("event %d is missing".formatted(expected));
    }
    if (record.length < RECORD_LEAST || ByteBuffer.wrap(record).getLong(POSITION_AT) != expected) {
      return Optional.of("the record at %d is not that of event %d".formatted(expected, expected));
    }
    if (!Arrays.equals(record, PREVIOUS_AT, PREVIOUS_AT + 32, link, 0, 32)) {
      return Optional.of("event %d does not continue the one before".formatted(expected));
    }
    byte[] own = EventRecord.link(record);
    if (!Arrays.equals(own, row.link())) {
      return Optional.of("the record of event %d is not the one linked".formatted(expected));
    }
    byte[] body = row.body();
    if (body != null
        && !Arrays.equals(
            record, BODY_HASH_AT, BODY_HASH_AT + 32, Sha256.hash(body), 0, Sha256.SIZE_BYTES)) {
      return Optional.of("the body of event %d is not the one recorded".formatted(expected));
    }
    take(own);
    return Optional.empty();
  }

  private void node(int level, long index, byte[] hash) {
    if (level % TILE_HEIGHT != 0) {
      return;
    }
    int tileLevel = level / TILE_HEIGHT;
    int slot = (int) (index % Tile.WIDTH);
    byte[] hashes =
        partials.computeIfAbsent(tileLevel, _ -> new byte[Tile.WIDTH * Sha256.SIZE_BYTES]);
    System.arraycopy(hash, 0, hashes, slot * Sha256.SIZE_BYTES, Sha256.SIZE_BYTES);
    if (slot == Tile.WIDTH - 1) {
      full.add(new Tile(tileLevel, index / Tile.WIDTH, hashes.clone()));
    }
  }

  /** The tiles that became full since the last call. */
  List<Tile> takeTiles() {
    List<Tile> taken = List.copyOf(full);
    full.clear();
    return taken;
  }
}
