package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.OrderedKey;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableIndex;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one generation of a view, as of one commit and with the changes made here.
 *
 * <p>Whole rows stand under their primary key; an index has the key of the row under the columns of
 * the index and of the primary key. One thread.
 */
final class LmdbTables implements Tables {
  private final Snapshot in;
  private final String view;
  private final Map<String, Open> tables = new HashMap<>();
  private boolean over;

  /** What went wrong with the medium, which a view must not be able to hide. */
  private @Nullable StorageFailed failure;

  /** A table, its rows and its indexes. */
  private static final class Open {
    final Table table;
    final int[] key;
    final ChangedTree rows;
    final Map<String, Index> indexes = new HashMap<>();

    Open(Snapshot in, Table table, long tree) {
      this.table = table;
      this.key = table.keyColumns();
      this.rows = new ChangedTree(in, tree);
      long next = tree;
      for (TableIndex index : table.indexes()) {
        indexes.put(
            index.name(), new Index(table.orderOf(index.name()), new ChangedTree(in, ++next)));
      }
    }
  }

  private record Index(int[] order, ChangedTree entries) {}

  /**
   * Opens the tables.
   *
   * @param firstTree the tree of the first table, behind which those of its indexes come, and so on
   */
  LmdbTables(Snapshot in, String view, List<Table> tables, long firstTree) {
    this.in = in;
    this.view = view;
    long tree = firstTree;
    for (Table table : tables) {
      this.tables.put(table.name(), new Open(in, table, tree));
      tree += trees(table);
    }
  }

  /** How many trees a table takes. */
  static int trees(Table table) {
    return 1 + table.indexes().size();
  }

  /** Ends the use of these tables. */
  void end() {
    over = true;
  }

  /** Fails if the medium has. */
  void requireWhole() {
    if (failure != null) {
      throw failure;
    }
  }

  /** Writes what was changed; may be called again, with a writer of another transaction. */
  void write(LongKeys.Writer writer) throws LmdbFailure {
    for (Open open : tables.values()) {
      open.rows.write(writer);
      for (Index index : open.indexes.values()) {
        index.entries.write(writer);
      }
    }
  }

  private Open open(Table table) {
    if (over) {
      throw new IllegalStateException("the transaction on view " + view + " is over");
    }
    Open open = tables.get(table.name());
    if (open == null || !open.table.equals(table)) {
      throw new IllegalArgumentException("view %s has no table %s".formatted(view, table));
    }
    return open;
  }

  private <T> T reading(Supplier<T> work) {
    try {
      return work.get();
    } catch (StorageFailed e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public void put(Table table, @Nullable Object... values) {
    Open open = open(table);
    @Nullable Object[] checked = table.checked(values);
    byte[] key = OrderedKey.encode(checked, open.key);
    var _ = reading(() -> unlist(open, key));
    open.rows.put(key, ViewRow.encode(checked));
    for (Index index : open.indexes.values()) {
      index.entries.put(OrderedKey.encode(checked, index.order), key);
    }
  }

  @Override
  public boolean delete(Table table, Object... key) {
    Open open = open(table);
    byte[] encoded = encode(table.checkedKey(key));
    boolean there = reading(() -> unlist(open, encoded));
    if (there) {
      open.rows.delete(encoded);
    }
    return there;
  }

  /** Takes a row out of the indexes, if it is there. */
  private boolean unlist(Open open, byte[] key) {
    byte[] was = open.rows.get(key);
    if (was == null) {
      return false;
    }
    if (!open.indexes.isEmpty()) {
      @Nullable Object[] values = ViewRow.decode(in, open.table, was);
      for (Index index : open.indexes.values()) {
        index.entries.delete(OrderedKey.encode(values, index.order));
      }
    }
    return true;
  }

  @Override
  public Optional<TableRow> get(Table table, Object... key) {
    Open open = open(table);
    byte[] encoded = encode(table.checkedKey(key));
    return reading(() -> Optional.ofNullable(open.rows.get(encoded)).map(row -> row(open, row)));
  }

  private TableRow row(Open open, byte[] row) {
    return TableRow.of(open.table, ViewRow.decode(in, open.table, row));
  }

  @Override
  public List<TableRow> page(Scan scan) {
    Open open = open(scan.table());
    byte[] low = scan.low().map(end -> edge(end, !end.inclusive())).orElse(new byte[0]);
    byte @Nullable [] high = scan.high().map(end -> edge(end, end.inclusive())).orElse(null);
    long most = Math.min(scan.limit(), MAX_PAGE_ROWS);
    Index index = scan.index().map(open.indexes::get).orElse(null);
    List<TableRow> page = new ArrayList<>();
    var size =
        new Object() {
          long bytes;
        };
    ChangedTree.Sink sink =
        (key, value) -> {
          byte[] row = index == null ? value : listed(open, value);
          page.add(row(open, row));
          size.bytes += row.length;
          return page.size() < most && size.bytes < MAX_PAGE_BYTES;
        };
    return reading(
        () -> {
          (index == null ? open.rows : index.entries).walk(low, high, scan.isBackwards(), sink);
          return page;
        });
  }

  private byte[] listed(Open open, byte[] key) {
    byte[] row = open.rows.get(key);
    if (row == null) {
      throw in.damaged("an index of %s leads to no row".formatted(open.table.name()));
    }
    return row;
  }

  /** The least key that begins with the values, or the least behind all that do. */
  private static byte[] edge(Scan.End end, boolean behind) {
    byte[] encoded = encode(end.values().toArray());
    // No encoded value begins with ff.
    byte[] edge = Arrays.copyOf(encoded, encoded.length + (behind ? 1 : 0));
    if (behind) {
      edge[encoded.length] = (byte) 0xff;
    }
    return edge;
  }

  private static byte[] encode(@Nullable Object[] values) {
    int[] all = new int[values.length];
    Arrays.setAll(all, i -> i);
    return OrderedKey.encode(values, all);
  }
}
