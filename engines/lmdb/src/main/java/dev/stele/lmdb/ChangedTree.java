package dev.stele.lmdb;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A tree of {@link LongKeys} as of one commit, with changes that wait to be written laid over it.
 *
 * <p>Changes wait in the heap and not in LMDB's transaction, which belongs to a thread of the
 * system and may be run twice: neither can be asked of a view's code. One thread.
 */
final class ChangedTree {
  private final Snapshot in;
  private final long tree;
  private final TreeMap<byte[], Waiting> waiting = new TreeMap<>(Arrays::compareUnsigned);

  /** A value that waits; null to be deleted. */
  private record Waiting(byte @Nullable [] value) {}

  /** Takes entries one by one. */
  interface Sink {
    /** Tells whether to go on. */
    boolean accept(byte[] key, byte[] value);
  }

  ChangedTree(Snapshot in, long tree) {
    this.in = in;
    this.tree = tree;
  }

  byte @Nullable [] get(byte[] key) {
    Waiting changed = waiting.get(key);
    return changed == null ? LongKeys.get(in, tree, key) : changed.value;
  }

  void put(byte[] key, byte[] value) {
    waiting.put(key, new Waiting(value));
  }

  void delete(byte[] key) {
    waiting.put(key, new Waiting(null));
  }

  /** As {@link LongKeys#walk}. */
  void walk(byte[] low, byte @Nullable [] high, boolean backwards, Sink sink) {
    var merge = new Merge(range(low, high, backwards), backwards, sink);
    LongKeys.walk(in, tree, low, high, backwards, merge::kept);
    merge.end();
  }

  private NavigableMap<byte[], Waiting> range(
      byte[] low, byte @Nullable [] high, boolean backwards) {
    NavigableMap<byte[], Waiting> range = waiting.tailMap(low, true);
    if (high != null) {
      // A map refuses an upper end below the lower one.
      byte[] end = Arrays.compareUnsigned(low, high) < 0 ? high : low;
      range = waiting.subMap(low, true, end, false);
    }
    return backwards ? range.descendingMap() : range;
  }

  /** Lays what waits over what is kept, both in the same order. */
  private static final class Merge {
    private final Iterator<Map.Entry<byte[], Waiting>> changed;
    private final Comparator<byte[]> order;
    private final Sink sink;
    private Map.@Nullable Entry<byte[], Waiting> next;
    private boolean goesOn = true;

    Merge(NavigableMap<byte[], Waiting> changed, boolean backwards, Sink sink) {
      this.changed = changed.entrySet().iterator();
      this.order = backwards ? (a, b) -> Arrays.compareUnsigned(b, a) : Arrays::compareUnsigned;
      this.sink = sink;
      advance();
    }

    private void advance() {
      next = changed.hasNext() ? changed.next() : null;
    }

    boolean kept(byte[] key, TreeCursor at) {
      while (goesOn && next != null && order.compare(next.getKey(), key) < 0) {
        give(next);
      }
      if (!goesOn) {
        return false;
      }
      if (next != null && order.compare(next.getKey(), key) == 0) {
        give(next);
      } else {
        goesOn = sink.accept(key, at.value());
      }
      return goesOn;
    }

    void end() {
      while (goesOn && next != null) {
        give(next);
      }
    }

    private void give(Map.Entry<byte[], Waiting> entry) {
      advance();
      byte[] value = entry.getValue().value;
      if (value != null) {
        goesOn = sink.accept(entry.getKey(), value);
      }
    }
  }

  /** Writes what waits. May be called again, with a writer of another transaction. */
  void write(LongKeys.Writer writer) throws LmdbFailure {
    for (Map.Entry<byte[], Waiting> entry : waiting.entrySet()) {
      byte[] value = entry.getValue().value;
      if (value == null) {
        writer.delete(tree, entry.getKey(), this::isEmptied);
      } else {
        writer.put(tree, entry.getKey(), value);
      }
    }
  }

  private boolean isEmptied(byte[] beginning) {
    var found =
        new Object() {
          boolean any;
        };
    walk(
        beginning,
        behind(beginning),
        false,
        (_, _) -> {
          found.any = true;
          return false;
        });
    return !found.any;
  }

  /** The least that comes behind all keys that begin so. */
  private static byte[] behind(byte[] beginning) {
    for (int length = beginning.length; length > 0; length--) {
      if (beginning[length - 1] != -1) {
        byte[] behind = Arrays.copyOf(beginning, length);
        behind[length - 1]++;
        return behind;
      }
    }
    throw new IllegalArgumentException("no key is made of ff alone");
  }
}
