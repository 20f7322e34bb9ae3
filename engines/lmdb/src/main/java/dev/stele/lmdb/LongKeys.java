package dev.stele.lmdb;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ordered trees whose keys are longer than LMDB's may be, many of them in one database.
 *
 * <pre>
 *   tree u64 │ a key of less than 503 bytes       ► its value
 *   tree u64 │ the first 503 bytes of a longer one ► number u64 of the tree that holds the rest
 * </pre>
 *
 * <p>The order of bytes is that of the keys, provided that none begins with another one; what
 * {@link dev.stele.core.view.OrderedKey} makes of a fixed list of columns does not. Almost every
 * key is short. A tree has a larger number than the one that leads to it.
 */
final class LongKeys {
  /** LMDB's keys have at most 511 bytes, as it is compiled. */
  static final int PIECE_BYTES = 511 - Long.BYTES;

  /** The columns of an index and those of a primary key: 511 bytes each. */
  static final int MAX_KEY_BYTES = 2 * 511;

  private static final byte[] NOTHING = {};

  private LongKeys() {}

  /** Takes entries one by one; the value is that of the cursor. */
  interface Sink {
    /** Tells whether to go on. */
    boolean accept(byte[] key, TreeCursor at);
  }

  /** A database's key. */
  static byte[] place(long tree, byte[] piece) {
    return ByteBuffer.allocate(Long.BYTES + piece.length).putLong(tree).put(piece).array();
  }

  private static byte[] firstPiece(byte[] key) {
    return Arrays.copyOf(key, Math.min(key.length, PIECE_BYTES));
  }

  private static byte[] rest(byte[] key) {
    return Arrays.copyOfRange(key, PIECE_BYTES, key.length);
  }

  private static boolean leadsOn(byte[] piece) {
    return piece.length == PIECE_BYTES;
  }

  /** The number of the tree that the entry at a cursor leads to. */
  static long next(Snapshot in, TreeCursor at) {
    if (at.valueLength() != Long.BYTES) {
      throw in.damaged("the rest of a long key is nowhere");
    }
    return ByteBuffer.wrap(at.value()).getLong();
  }

  // ---- reading ----

  /** The value under a key, or null. */
  static byte @Nullable [] get(Snapshot in, long tree, byte[] key) {
    TreeCursor at = in.cursor(Database.ROWS);
    long number = tree;
    byte[] left = key;
    while (left.length >= PIECE_BYTES) {
      if (!at.find(place(number, firstPiece(left)))) {
        return null;
      }
      number = next(in, at);
      left = rest(left);
    }
    return at.find(place(number, left)) ? at.value() : null;
  }

  /**
   * Walks over a range of a tree.
   *
   * @param low the first key, or what it begins with
   * @param high what comes behind the last key; null for the end of the tree
   * @param backwards from the end to the beginning
   */
  static void walk(
      Snapshot in, long tree, byte[] low, byte @Nullable [] high, boolean backwards, Sink sink) {
    var _ = new Walk(in, backwards, sink).through(tree, NOTHING, low, high);
  }

  private record Walk(Snapshot in, boolean backwards, Sink sink) {
    /** Walks a tree whose keys begin with {@code before}; tells whether to go on. */
    boolean through(long tree, byte[] before, byte[] low, byte @Nullable [] high) {
      if (before.length > MAX_KEY_BYTES) {
        throw in.damaged("a key has no end");
      }
      return backwards ? backwards(tree, before, low, high) : forwards(tree, before, low, high);
    }

    private boolean forwards(long tree, byte[] before, byte[] low, byte @Nullable [] high) {
      TreeCursor at = in.cursor(Database.ROWS);
      byte[] begin = place(tree, NOTHING);
      boolean there = at.seek(place(tree, firstPiece(low)));
      while (there && at.keyBeginsWith(begin)) {
        byte[] piece = piece(at);
        if (high != null && isPast(piece, high)) {
          return true;
        }
        if (!visit(at, piece, before, low, high)) {
          return false;
        }
        there = at.next();
      }
      return true;
    }

    /** Tells whether all keys that begin with a piece are at an end or behind it. */
    private static boolean isPast(byte[] piece, byte[] high) {
      int compared = Arrays.compareUnsigned(piece, firstPiece(high));
      return compared > 0 || (compared == 0 && high.length <= PIECE_BYTES);
    }

    private boolean backwards(long tree, byte[] before, byte[] low, byte @Nullable [] high) {
      TreeCursor at = in.cursor(Database.ROWS);
      byte[] begin = place(tree, NOTHING);
      byte[] end = high == null ? place(tree + 1, NOTHING) : place(tree, firstPiece(high));
      if (high != null && high.length > PIECE_BYTES && at.find(end)) {
        // Some of those that begin like the end are before it.
        if (!visit(at, piece(at), before, low, high)) {
          return false;
        }
      }
      boolean there = at.seekBefore(end);
      while (there && at.keyBeginsWith(begin)) {
        byte[] piece = piece(at);
        if (Arrays.compareUnsigned(piece, firstPiece(low)) < 0) {
          return true;
        }
        if (!visit(at, piece, before, low, high)) {
          return false;
        }
        there = at.seekBefore(place(tree, piece));
      }
      return true;
    }

    private static byte[] piece(TreeCursor at) {
      byte[] key = at.key();
      return Arrays.copyOfRange(key, Long.BYTES, key.length);
    }

    private boolean visit(
        TreeCursor at, byte[] piece, byte[] before, byte[] low, byte @Nullable [] high) {
      byte[] key = Arrays.copyOf(before, before.length + piece.length);
      System.arraycopy(piece, 0, key, before.length, piece.length);
      if (!leadsOn(piece)) {
        return sink.accept(key, at);
      }
      return through(
          next(in, at),
          key,
          goesOn(low, piece) ? rest(low) : NOTHING,
          high != null && goesOn(high, piece) ? rest(high) : null);
    }

    private static boolean goesOn(byte[] end, byte[] piece) {
      return end.length > PIECE_BYTES && Arrays.equals(firstPiece(end), piece);
    }
  }

  // ---- writing ----

  /** Puts and deletes in one transaction. Confined to the thread that writes. */
  static final class Writer {
    private final Environment.Changes changes;
    private final TreeCursor at;

    /** The trees that this transaction made, by what leads to them. */
    private final Map<ByteBuffer, Long> made = new HashMap<>();

    private long nextTree;

    /**
     * Begins to write.
     *
     * @param nextTree the number for the next tree that is made
     */
    Writer(Environment.Changes changes, long nextTree) {
      this.changes = changes;
      this.at = changes.before().cursor(Database.ROWS);
      this.nextTree = nextTree;
    }

    /** The number for the next tree, after those that were made here. */
    long nextTree() {
      return nextTree;
    }

    void put(long tree, byte[] key, byte[] value) throws LmdbFailure {
      long number = tree;
      byte[] left = key;
      while (left.length >= PIECE_BYTES) {
        number = treeAt(place(number, firstPiece(left)));
        left = rest(left);
      }
      changes.put(Database.ROWS, place(number, left), value);
    }

    private long treeAt(byte[] place) throws LmdbFailure {
      if (at.find(place)) {
        return next(changes.before(), at);
      }
      Long known = made.get(ByteBuffer.wrap(place));
      if (known != null) {
        return known;
      }
      long number = nextTree++;
      made.put(ByteBuffer.wrap(place), number);
      changes.put(Database.ROWS, place, ByteBuffer.allocate(Long.BYTES).putLong(number).array());
      return number;
    }

    /** Tells whether a tree is to have no key that begins so, when all is written. */
    interface Emptied {
      boolean test(byte[] beginning);
    }

    /** Deletes an entry of the last commit, if there is one, and what led to it alone. */
    void delete(long tree, byte[] key, Emptied emptied) throws LmdbFailure {
      delete(tree, key, 0, emptied);
    }

    private void delete(long tree, byte[] key, int from, Emptied emptied) throws LmdbFailure {
      byte[] left = Arrays.copyOfRange(key, from, key.length);
      byte[] place = place(tree, firstPiece(left));
      if (left.length < PIECE_BYTES) {
        changes.delete(Database.ROWS, place);
      } else if (at.find(place)) {
        int to = from + PIECE_BYTES;
        delete(next(changes.before(), at), key, to, emptied);
        if (emptied.test(Arrays.copyOf(key, to))) {
          changes.delete(Database.ROWS, place);
        }
      }
    }
  }
}
