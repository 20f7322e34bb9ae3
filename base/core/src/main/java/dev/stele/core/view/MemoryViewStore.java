package dev.stele.core.view;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A view store that keeps everything in the heap, for tests, for examples and as the smallest
 * example of the contract. Rows are kept in maps under their {@link OrderedKey}.
 *
 * <p>Thread-safe; here reads do wait for changes.
 */
public final class MemoryViewStore implements ViewStore {
  private static final class Kept {
    Generation generation;
    final Map<String, Rows> tables = new HashMap<>();

    Kept(Generation generation) {
      this.generation = generation;
      for (Table table : generation.tables()) {
        tables.put(table.name(), new Rows(table));
      }
    }
  }

  private record Place(String view, Slot slot) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int byView = view.compareTo(other.view);
      return byView != 0 ? byView : slot.compareTo(other.slot);
    }
  }

  /** Guards every field. */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  private final TreeMap<Place, Kept> kept = new TreeMap<>();
  private boolean closed;

  /** A store without views. */
  public MemoryViewStore() {}

  @Override
  public List<Generation> generations() {
    return reading(() -> kept.values().stream().map(each -> each.generation).toList());
  }

  @Override
  public void begin(String view, Slot slot, int version, List<Table> tables, long begunAt) {
    writing(
        () -> {
          ViewStore.requireNames(
              view, version, tables, kept.values().stream().map(each -> each.generation).toList());
          kept.put(
              new Place(view, slot),
              new Kept(
                  new Generation(
                      view,
                      slot,
                      version,
                      List.copyOf(tables),
                      begunAt,
                      new Head(0, new byte[0]),
                      Optional.empty())));
        });
  }

  @Override
  public void change(String view, Slot slot, Change change) {
    writing(
        () -> {
          Kept changed = require(view, slot);
          Transaction transaction = new Transaction(view, changed);
          try {
            Head cursor = change.apply(transaction);
            changed.generation = changed.generation.at(cursor);
          } catch (RuntimeException | Error e) {
            transaction.undo();
            throw e;
          } finally {
            transaction.over = true;
          }
        });
  }

  @Override
  public void mark(String view, Slot slot, Optional<Failure> failure) {
    writing(
        () -> {
          Kept marked = require(view, slot);
          marked.generation = marked.generation.marked(failure);
        });
  }

  @Override
  public void swap(String view) {
    writing(
        () -> {
          Kept built = require(view, Slot.BUILDING);
          built.generation = built.generation.in(Slot.LIVE);
          kept.remove(new Place(view, Slot.BUILDING));
          kept.put(new Place(view, Slot.LIVE), built);
        });
  }

  @Override
  public void drop(String view, Slot slot) {
    writing(() -> kept.remove(new Place(view, slot)));
  }

  @Override
  public <T> Answer<T> read(String view, Slot slot, Reading<T> reading) {
    return reading(
        () -> {
          Kept read = require(view, slot);
          Transaction tables = new Transaction(view, read);
          try {
            return new Answer<>(reading.read(tables), read.generation.position());
          } finally {
            tables.over = true;
          }
        });
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private Kept require(String view, Slot slot) {
    Kept found = kept.get(new Place(view, slot));
    if (found == null) {
      throw new IllegalArgumentException("no view '%s' is %s here".formatted(view, slot));
    }
    return found;
  }

  private void writing(Runnable work) {
    lock.writeLock().lock();
    try {
      requireOpen();
      work.run();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private <T> T reading(Supplier<T> work) {
    lock.readLock().lock();
    try {
      requireOpen();
      return work.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new LogClosed("this in-memory view store was closed");
    }
  }

  /** The rows of one table, by primary key, and what each index says of them. */
  private static final class Rows {
    final Table table;
    final int[] key;
    final TreeMap<byte[], TableRow> rows = new TreeMap<>(Arrays::compareUnsigned);
    final Map<String, TreeMap<byte[], TableRow>> indexes = new HashMap<>();
    final Map<String, int[]> orders = new HashMap<>();

    Rows(Table table) {
      this.table = table;
      this.key = table.keyColumns();
      for (TableIndex index : table.indexes()) {
        indexes.put(index.name(), new TreeMap<>(Arrays::compareUnsigned));
        orders.put(index.name(), table.orderOf(index.name()));
      }
    }

    @Nullable TableRow set(byte[] at, @Nullable TableRow row) {
      @Nullable TableRow was = row == null ? rows.remove(at) : rows.put(at, row);
      orders.forEach(
          (name, order) -> {
            TreeMap<byte[], TableRow> index = indexes.getOrDefault(name, rows);
            if (was != null) {
              index.remove(encode(was, order));
            }
            if (row != null) {
              index.put(encode(row, order), row);
            }
          });
      return was;
    }

    NavigableMap<byte[], TableRow> by(Scan scan) {
      return scan.index().isEmpty() ? rows : indexes.getOrDefault(scan.index().get(), rows);
    }
  }

  private static byte[] encode(TableRow row, int[] order) {
    @Nullable Object[] values = new @Nullable Object[order.length];
    for (int i = 0; i < order.length; i++) {
      values[i] = row.value(order[i]);
    }
    return OrderedKey.encode(values, first(order.length));
  }

  private static int[] first(int count) {
    int[] places = new int[count];
    Arrays.setAll(places, i -> i);
    return places;
  }

  private record Undo(Rows rows, byte[] at, @Nullable TableRow was) {}

  /** What one call may do with the tables of a generation. */
  private static final class Transaction implements Tables {
    private final String view;
    private final Map<String, Rows> tables;
    private final List<Undo> undo = new ArrayList<>();
    boolean over;

    Transaction(String view, Kept kept) {
      this.view = view;
      this.tables = kept.tables;
    }

    void undo() {
      undo.reversed().forEach(each -> each.rows.set(each.at, each.was));
    }

    private Rows rows(Table table) {
      if (over) {
        throw new IllegalStateException("the transaction on view " + view + " is over");
      }
      Rows rows = tables.get(table.name());
      if (rows == null || !rows.table.equals(table)) {
        throw new IllegalArgumentException("view %s has no table %s".formatted(view, table));
      }
      return rows;
    }

    @Override
    public void put(Table table, @Nullable Object... values) {
      Rows rows = rows(table);
      @Nullable Object[] checked = table.checked(values);
      set(rows, OrderedKey.encode(checked, rows.key), TableRow.of(table, checked));
    }

    @Override
    public boolean delete(Table table, Object... key) {
      Rows rows = rows(table);
      return set(rows, encoded(table.checkedKey(key)), null);
    }

    private boolean set(Rows rows, byte[] at, @Nullable TableRow row) {
      @Nullable TableRow was = rows.set(at, row);
      undo.add(new Undo(rows, at, was));
      return was != null;
    }

    @Override
    public Optional<TableRow> get(Table table, Object... key) {
      return Optional.ofNullable(rows(table).rows.get(encoded(table.checkedKey(key))));
    }

    private static byte[] encoded(Object[] key) {
      return OrderedKey.encode(key, first(key.length));
    }

    @Override
    public List<TableRow> page(Scan scan) {
      NavigableMap<byte[], TableRow> by = rows(scan.table()).by(scan);
      if (scan.low().isPresent()) {
        Scan.End low = scan.low().get();
        by = by.tailMap(edge(low, !low.inclusive()), true);
      }
      if (scan.high().isPresent()) {
        Scan.End high = scan.high().get();
        by = headMap(by, edge(high, high.inclusive()));
      }
      if (scan.isBackwards()) {
        by = by.descendingMap();
      }
      long most = Math.min(scan.limit(), MAX_PAGE_ROWS);
      return by.values().stream().limit(most).toList();
    }

    /** Empty where the upper edge is below the lower, which the map itself would refuse. */
    private static NavigableMap<byte[], TableRow> headMap(
        NavigableMap<byte[], TableRow> rows, byte[] edge) {
      return rows.isEmpty() || Arrays.compareUnsigned(rows.firstKey(), edge) >= 0
          ? new TreeMap<>(Arrays::compareUnsigned)
          : rows.headMap(edge, false);
    }

    /** The least key that begins with the values, or the least behind all that do. */
    private static byte[] edge(Scan.End end, boolean behind) {
      @Nullable Object[] values = end.values().toArray();
      byte[] encoded = OrderedKey.encode(values, first(values.length));
      // No encoded value begins with ff.
      byte[] edge = Arrays.copyOf(encoded, encoded.length + (behind ? 1 : 0));
      if (behind) {
        edge[encoded.length] = (byte) 0xff;
      }
      return edge;
    }
  }
}
