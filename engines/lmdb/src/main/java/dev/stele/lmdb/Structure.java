package dev.stele.lmdb;

import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.Tile;
import dev.stele.lmdb.Layout.LogEntry;
import dev.stele.lmdb.Meta.Tree;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The check of everything in the file that no row tells of: each page, each count, each key.
 *
 * <p>LMDB has no checksums. But every page belongs to exactly one tree or is free, every byte of a
 * page from its upper bound on belongs to exactly one node, keys rise, and counts are kept; and
 * what the nodes hold is covered by the log's links, or derived from what is.
 *
 * <p>Takes time with the size of the file, and a bit for each page.
 */
final class Structure {
  private final Snapshot in;
  private final BitSet used = new BitSet();
  private final Map<Integer, LogEntry> logs = new HashMap<>();

  /** The last position of each log that has rows. */
  private final Map<Integer, Long> sizes = new HashMap<>();

  Structure(Snapshot in) {
    this.in = in;
  }

  /** What is wrong, in one sentence, or empty. */
  Optional<String> check() {
    try {
      used.set(0, Meta.SLOTS);
      walk("free", in.meta().free(), 0, true);
      walk("main", in.meta().main(), Snapshot.SUB_DATABASE, false);
      for (Database database : Purpose.LOG.databases()) {
        walk(database.title(), in.tree(database), 0, false);
      }
      FreePages.forEach(in, this::use);
      if (used.cardinality() != in.meta().lastPage() + 1) {
        return Optional.of("page %d belongs to nothing".formatted(used.nextClearBit(0)));
      }
      checkMeta();
      checkRows();
      checkIndex(Database.CLAIMS, 0);
      checkIndex(Database.STREAMS, Long.BYTES);
      checkTiles();
      checkCheckpoints();
      return Optional.empty();
    } catch (StorageFailed e) {
      if (e.damaged()) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  // ---- pages ----

  private void use(long page) {
    if (used.get((int) page)) {
      throw in.damaged("page %d is used twice".formatted(page));
    }
    used.set((int) page);
  }

  /** What was counted of a tree, to be compared with what it says of itself. */
  private static final class Count {
    /** What the flags of its leaves' entries are, but for large values. */
    final int nodeFlags;

    long branches;
    long leaves;
    long overflows;
    long entries;

    Count(int nodeFlags) {
      this.nodeFlags = nodeFlags;
    }
  }

  private void walk(String name, Tree tree, int nodeFlags, boolean nativeOrder) {
    if (tree.isEmpty()) {
      return;
    }
    Count count = new Count(nodeFlags);
    walk(tree, 1, tree.root(), null, null, count, nativeOrder);
    if (count.branches != tree.branches()
        || count.leaves != tree.leaves()
        || count.overflows != tree.overflows()
        || count.entries != tree.entries()) {
      throw in.damaged("the database %s is not as large as it says".formatted(name));
    }
  }

  /** Checks a page and what is below it; its keys lie from {@code from} to before {@code to}. */
  private void walk(
      Tree tree,
      int level,
      long number,
      byte @Nullable [] from,
      byte @Nullable [] to,
      Count count,
      boolean nativeOrder) {
    use(number);
    boolean leaf = level == tree.depth();
    long page = PageCheck.requireSound(in, number, leaf ? Snapshot.LEAF : Snapshot.BRANCH);
    int nodes = in.count(page);
    byte @Nullable [] low = from;
    for (int i = 0; i < nodes; i++) {
      long node = in.node(page, i);
      boolean named = leaf || i > 0;
      if (!named && in.keyLength(node) != 0) {
        throw in.damaged("the first entry of branch %d has a key".formatted(number));
      }
      byte @Nullable [] key = named ? key(node) : from;
      if (named && !nativeOrder) {
        requireBetween(node, low, leaf ? i > 0 : true, to);
      }
      if (leaf) {
        checkLeafNode(node, count);
      } else {
        byte @Nullable [] next = i + 1 < nodes ? key(in.node(page, i + 1)) : to;
        walk(tree, level + 1, in.child(node), key, next, count, nativeOrder);
      }
      low = key;
    }
    if (leaf) {
      count.leaves++;
      count.entries += nodes;
    } else {
      count.branches++;
    }
  }

  private void checkLeafNode(long node, Count count) {
    int flags = in.nodeFlags(node);
    if ((flags & ~Snapshot.LARGE_VALUE) != count.nodeFlags) {
      throw in.damaged("an entry of page %d is of no known kind".formatted(pageOf(node)));
    }
    if ((flags & Snapshot.LARGE_VALUE) != 0) {
      long first = in.valueAt(node) / in.pageBytes();
      long pages = in.largePages(in.valueLength(node));
      for (long page = first; page < first + pages; page++) {
        use(page);
      }
      count.overflows += pages;
    }
  }

  private byte[] key(long node) {
    return in.copy(node + Snapshot.NODE_HEADER, in.keyLength(node));
  }

  private void requireBetween(
      long node, byte @Nullable [] low, boolean strictly, byte @Nullable [] high) {
    boolean above = low == null || in.compareKey(node, low) > (strictly ? 0 : -1);
    boolean below = high == null || in.compareKey(node, high) < 0;
    if (!above || !below) {
      throw in.damaged("a key of page %d is out of order".formatted(pageOf(node)));
    }
  }

  private long pageOf(long at) {
    return at / in.pageBytes();
  }

  // ---- entries ----

  private void checkMeta() {
    TreeCursor entry = in.cursor(Database.META);
    while (entry.next()) {
      byte[] key = entry.key();
      if (entry.keyBeginsWith(Layout.LOG_PREFIX)) {
        LogEntry log = LogEntry.decode(key, entry.value());
        if (logs.put(log.number(), log) != null) {
          throw in.damaged("two logs have the number %d".formatted(log.number()));
        }
      } else if (!Arrays.equals(key, Layout.VERSION_KEY)
          && !Arrays.equals(key, Layout.BEING_REPLACED)) {
        throw in.damaged(
            "there is an entry '%s'".formatted(new String(key, StandardCharsets.ISO_8859_1)));
      }
    }
  }

  private LogEntry logOf(TreeCursor entry, Database database, int keyLength) {
    LogEntry log =
        entry.keyLength() == keyLength ? logs.get((int) (entry.keyLong(0) >>> 32)) : null;
    if (log == null) {
      throw in.damaged("%s has an entry of no log".formatted(database.title()));
    }
    return log;
  }

  private void checkRows() {
    TreeCursor row = in.cursor(Database.ROWS);
    while (row.next()) {
      LogEntry log = logOf(row, Database.ROWS, Layout.ROW_KEY);
      long position = row.keyLong(4);
      long before = sizes.getOrDefault(log.number(), 0L);
      if (position < 1 || (before > 0 && position != before + 1)) {
        throw in.damaged("row %d comes after row %d".formatted(position, before));
      }
      if (row.valueLength() < Row.KEY_BYTES) {
        throw in.damaged("row %d is none".formatted(position));
      }
      sizes.put(log.number(), position);
    }
  }

  private void checkIndex(Database database, int valueLength) {
    TreeCursor entry = in.cursor(database);
    while (entry.next()) {
      LogEntry log = logOf(entry, database, Layout.INDEX_KEY);
      if (entry.valueLength() != valueLength) {
        throw in.damaged("%s has a value of %d bytes".formatted(database.title(), valueLength));
      }
      long position =
          valueLength == 0 ? entry.keyLong(20) : ByteBuffer.wrap(entry.value()).getLong();
      if (position < 1 || position > log.indexedTo()) {
        throw in.damaged("%s leads to an event that it does not cover".formatted(database.title()));
      }
    }
  }

  /**
   * Until a tile is full, proofs are made from the rows below it: a tile that is there too early
   * would be taken for one that was checked.
   */
  private void checkTiles() {
    TreeCursor tile = in.cursor(Database.TILES);
    while (tile.next()) {
      LogEntry log = logOf(tile, Database.TILES, Layout.TILE_KEY);
      int level = (int) (tile.keyLong(0) >>> 24 & 0xff);
      long index = tile.keyLong(5);
      long rows = sizes.getOrDefault(log.number(), 0L);
      boolean full = level <= 4 && index >= 0 && index < rows >>> (8 * (level + 1));
      if (!full || tile.valueLength() != Tile.WIDTH * 32) {
        throw in.damaged("tiles has a tile that cannot be full yet");
      }
    }
  }

  private void checkCheckpoints() {
    TreeCursor checkpoint = in.cursor(Database.CHECKPOINTS);
    while (checkpoint.next()) {
      LogEntry log = logOf(checkpoint, Database.CHECKPOINTS, Layout.CHECKPOINT_KEY);
      if (checkpoint.keyLong(4) < 0
          || checkpoint.keyLong(4) > sizes.getOrDefault(log.number(), 0L)) {
        throw in.damaged("there is a checkpoint of more rows than there are");
      }
    }
  }
}
