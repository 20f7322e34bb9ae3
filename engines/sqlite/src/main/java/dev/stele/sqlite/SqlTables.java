package dev.stele.sqlite;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.ColumnType;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one generation of a view, on one connection and within one transaction, which the
 * caller begins and ends.
 *
 * <p>Rows that are put wait, and are written when they are many, when their table is scanned, and
 * before the commit: in the order of their keys, so that those of one page meet there. A row that
 * is asked for by its key, or deleted, is looked for among those that wait. One thread.
 */
final class SqlTables implements Tables {
  /** 65,536 rows of a table wait: of an index by words some hundred to a page, and not one. */
  private static final int MAX_WAITING_ROWS = 65_536;

  /** 8 MiB of values wait, for views of large rows. */
  private static final long MAX_WAITING_BYTES = 8L * 1024 * 1024;

  /** 1,000 rows are handed over at once: more are no faster. */
  private static final int BATCH_ROWS = 1_000;

  /** Statements of a connection, prepared once. */
  interface Statements {
    PreparedStatement of(String sql) throws SQLException;
  }

  /** A table with its statements. */
  private static final class Open {
    final TableSql sql;
    final Table table;
    final ColumnType[] types;
    final int[] key;
    final Comparator<@Nullable Object[]> byKey;

    /** In the order they came; empty where they are in {@link #found}. */
    private final List<@Nullable Object[]> waiting = new ArrayList<>();

    /** By key, from the first time on that a key is looked for while rows wait: most never are. */
    private @Nullable Map<Key, @Nullable Object[]> found;

    private long waitingBytes;

    Open(TableSql sql) {
      this.sql = sql;
      this.table = sql.table;
      this.types = table.columns().stream().map(column -> column.type()).toArray(ColumnType[]::new);
      this.key = table.keyColumns();
      this.byKey = byKey(key, types);
    }

    void add(@Nullable Object[] row) {
      if (found == null) {
        waiting.add(row);
      } else {
        found.put(Key.of(row, key), row);
      }
      for (Object value : row) {
        waitingBytes += sizeBytes(value);
      }
    }

    boolean isFull() {
      return waitingRows() >= MAX_WAITING_ROWS || waitingBytes >= MAX_WAITING_BYTES;
    }

    private int waitingRows() {
      return found == null ? waiting.size() : found.size();
    }

    /** The row that waits with a key. */
    @Nullable Object @Nullable [] find(Object[] values) {
      return waitingRows() == 0 ? null : found().get(new Key(values));
    }

    /** Takes the row with a key away from those that wait; tells whether there was one. */
    boolean remove(Object[] values) {
      return waitingRows() > 0 && found().remove(new Key(values)) != null;
    }

    private Map<Key, @Nullable Object[]> found() {
      Map<Key, @Nullable Object[]> known = found;
      if (known == null) {
        known = HashMap.newHashMap(waiting.size());
        for (@Nullable Object[] row : waiting) {
          // Of rows with the same key the last stays.
          known.put(Key.of(row, key), row);
        }
        waiting.clear();
        found = known;
      }
      return known;
    }

    /** What waits, by key; of the same key the last is the last. */
    List<@Nullable Object[]> sorted() {
      if (found != null) {
        waiting.addAll(found.values());
      }
      // Stable, so that of rows with the same key the last stays.
      waiting.sort(byKey);
      return waiting;
    }

    void forget() {
      waiting.clear();
      if (found != null) {
        found.clear();
      }
      waitingBytes = 0;
    }

    /** Nearly the order of the key: texts with characters beyond U+FFFF may stand elsewhere. */
    private static Comparator<@Nullable Object[]> byKey(int[] key, ColumnType[] types) {
      return (one, other) -> {
        for (int column : key) {
          Object a = Objects.requireNonNull(one[column]);
          Object b = Objects.requireNonNull(other[column]);
          int compared =
              switch (types[column]) {
                case INTEGER -> Long.compare((Long) a, (Long) b);
                case TEXT -> ((String) a).compareTo((String) b);
                case BYTES -> Arrays.compareUnsigned((byte[]) a, (byte[]) b);
              };
          if (compared != 0) {
            return compared;
          }
        }
        return 0;
      };
    }
  }

  /** A primary key; equal to one of the same values. */
  private record Key(@Nullable Object[] values) {
    static Key of(@Nullable Object[] row, int[] columns) {
      @Nullable Object[] values = new @Nullable Object[columns.length];
      for (int i = 0; i < columns.length; i++) {
        values[i] = row[columns[i]];
      }
      return new Key(values);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key(@Nullable Object[] its) && Arrays.deepEquals(values, its);
    }

    @Override
    public int hashCode() {
      return Arrays.deepHashCode(values);
    }
  }

  private final Path database;
  private final String view;
  private final Statements statements;
  private final Map<String, Open> tables = new HashMap<>();
  private boolean over;

  /** What went wrong with the medium, which a view must not be able to hide. */
  private @Nullable StorageFailed failure;

  SqlTables(Path database, String view, List<TableSql> tables, Statements statements) {
    this.database = database;
    this.view = view;
    this.statements = statements;
    for (TableSql table : tables) {
      this.tables.put(table.table.name(), new Open(table));
    }
  }

  /** Writes what waits; fails if anything has failed before. */
  void flush() {
    for (Open open : tables.values()) {
      flush(open);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Ends the use of these tables, forgetting what waits. */
  void end() {
    over = true;
    for (Open open : tables.values()) {
      open.forget();
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

  @Override
  public void put(Table table, @Nullable Object... values) {
    Open open = open(table);
    open.add(table.checked(values));
    if (open.isFull()) {
      flush(open);
    }
  }

  private void flush(Open open) {
    if (open.waitingRows() == 0) {
      return;
    }
    try {
      write(open.sorted(), statements.of(open.sql.put));
    } catch (SQLException e) {
      throw failed("write", e);
    } finally {
      open.forget();
    }
  }

  private static void write(List<@Nullable Object[]> rows, PreparedStatement put)
      throws SQLException {
    try {
      int batched = 0;
      for (@Nullable Object[] row : rows) {
        for (int i = 0; i < row.length; i++) {
          bind(put, i + 1, row[i]);
        }
        put.addBatch();
        if (++batched % BATCH_ROWS == 0) {
          put.executeBatch();
        }
      }
      put.executeBatch();
    } finally {
      // The statement is used again: nothing of a batch that failed may be left in it.
      put.clearBatch();
    }
  }

  @Override
  public boolean delete(Table table, Object... key) {
    Open open = open(table);
    Object[] checked = table.checkedKey(key);
    boolean waited = open.remove(checked);
    try {
      PreparedStatement delete = statements.of(open.sql.delete);
      for (int i = 0; i < checked.length; i++) {
        bind(delete, i + 1, checked[i]);
      }
      return delete.executeUpdate() > 0 || waited;
    } catch (SQLException e) {
      throw failed("write", e);
    }
  }

  @Override
  public Optional<TableRow> get(Table table, Object... key) {
    Open open = open(table);
    Object[] checked = table.checkedKey(key);
    @Nullable Object[] waiting = open.find(checked);
    if (waiting != null) {
      return Optional.of(TableRow.of(table, waiting));
    }
    try {
      PreparedStatement get = statements.of(open.sql.get);
      for (int i = 0; i < checked.length; i++) {
        bind(get, i + 1, checked[i]);
      }
      try (ResultSet rows = get.executeQuery()) {
        return rows.next() ? Optional.of(row(open, rows)) : Optional.empty();
      }
    } catch (SQLException e) {
      throw failed("read", e);
    }
  }

  @Override
  public List<TableRow> page(Scan scan) {
    Open open = open(scan.table());
    flush(open);
    List<TableRow> page = new ArrayList<>();
    int most = (int) Math.min(scan.limit(), MAX_PAGE_ROWS);
    try {
      for (TableSql.Range range : open.sql.ranges(scan)) {
        if (page.size() == most || !addRows(open, scan, range, page, most)) {
          break;
        }
      }
    } catch (SQLException e) {
      throw failed("read", e);
    }
    return page;
  }

  /** Adds the rows of a range; tells whether those of the next one may follow. */
  private boolean addRows(Open open, Scan scan, TableSql.Range range, List<TableRow> page, int most)
      throws SQLException {
    PreparedStatement select = statements.of(range.sql());
    int parameter = 1;
    for (Object value : range.values()) {
      bind(select, parameter++, value);
    }
    select.setInt(parameter, most - page.size());
    long bytes = 0;
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        TableRow row = row(open, rows);
        if (scan.isPast(row)) {
          return false;
        }
        page.add(row);
        bytes += sizeBytes(row, open.types.length);
        if (bytes > MAX_PAGE_BYTES) {
          return false;
        }
      }
    }
    return true;
  }

  private static long sizeBytes(TableRow row, int columns) {
    long bytes = 0;
    for (int i = 0; i < columns; i++) {
      bytes += sizeBytes(row.value(i));
    }
    return bytes;
  }

  private static long sizeBytes(@Nullable Object value) {
    return switch (value) {
      case String text -> text.length();
      case byte[] bytes -> bytes.length;
      case null, default -> Long.BYTES;
    };
  }

  private static void bind(PreparedStatement statement, int parameter, @Nullable Object value)
      throws SQLException {
    switch (value) {
      case Long number -> statement.setLong(parameter, number);
      case String text -> statement.setString(parameter, text);
      case byte[] bytes -> statement.setBytes(parameter, bytes);
      case null -> statement.setNull(parameter, Types.NULL);
      case Object other -> throw new IllegalArgumentException("no value is " + other.getClass());
    }
  }

  private static TableRow row(Open open, ResultSet rows) throws SQLException {
    @Nullable Object[] values = new @Nullable Object[open.types.length];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (open.types[i]) {
            case INTEGER -> {
              long number = rows.getLong(i + 1);
              yield number == 0 && rows.wasNull() ? null : (Object) number;
            }
            case TEXT -> rows.getString(i + 1);
            case BYTES -> rows.getBytes(i + 1);
          };
    }
    return TableRow.of(open.table, values);
  }

  private StorageFailed failed(String what, SQLException cause) {
    StorageFailed failed = SqliteLogEngine.failed(database, what + " view " + view + " in", cause);
    failure = failed;
    return failed;
  }
}
