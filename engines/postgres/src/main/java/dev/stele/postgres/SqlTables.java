package dev.stele.postgres;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tables on one connection and within one transaction, which the caller begins and ends.
 *
 * <p>What is changed waits here, and reads look here first, so that a commit of many events costs
 * one round trip for all their rows and not one for each. What waits is written when it is much,
 * before a scan of its table, and before the commit. One thread.
 */
final class SqlTables implements Tables {
  /** 1,000 rows wait: larger statements are no faster, and this memory has a bound. */
  private static final int MAX_WAITING_ROWS = 1_000;

  /** 4 MiB of values wait, for views of large rows. */
  private static final long MAX_WAITING_BYTES = 4L * 1024 * 1024;

  /** 10,000 rows that were read or written are remembered within a transaction. */
  private static final int MAX_KNOWN_ROWS = 10_000;

  /** The values of a primary key. */
  private record Key(Object[] values) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key that && Arrays.deepEquals(values, that.values);
    }

    @Override
    public int hashCode() {
      return Arrays.deepHashCode(values);
    }
  }

  /** What is at a key: a row, or none. */
  private record Place(Optional<@Nullable Object[]> row) {
    static final Place EMPTY = new Place(Optional.empty());

    static Place of(@Nullable Object[] row) {
      return new Place(Optional.of(row));
    }
  }

  /** A table, what waits for it, and what is known of it. */
  private static final class Open {
    final TableSql sql;
    final Map<Key, Place> waiting = new LinkedHashMap<>();
    final Map<Key, Place> known = new HashMap<>();
    long waitingBytes;

    Open(TableSql sql) {
      this.sql = sql;
    }

    @Nullable Place remembered(Key key) {
      Place place = waiting.get(key);
      return place != null ? place : known.get(key);
    }

    void learn(Key key, Place place) {
      if (known.size() >= MAX_KNOWN_ROWS) {
        known.clear();
      }
      known.put(key, place);
    }
  }

  /** A statement and how its parameters are bound. */
  record Write(String sql, int parameters, Binding binding) {}

  /** Binds the parameters of a statement, from the first of them on. */
  interface Binding {
    void bind(PreparedStatement statement, int first) throws SQLException;
  }

  private final Connection connection;
  private final String owner;
  private final Map<String, Open> tables = new LinkedHashMap<>();

  /** Whether a script made one of the tables: it may refer to another, so the order counts. */
  private final boolean inOrder;

  /** Whether nothing may be asked of the server: there is no transaction yet. */
  private boolean gathering;

  private boolean over;

  /** What went wrong in SQL, which a view must not be able to hide. */
  private @Nullable SQLException failure;

  SqlTables(Connection connection, String owner, List<TableSql> tables) {
    this.connection = connection;
    this.owner = owner;
    for (TableSql table : tables) {
      this.tables.put(table.table.name(), new Open(table));
    }
    this.inOrder = tables.stream().anyMatch(each -> each.origin == TableSql.Origin.GIVEN);
  }

  /** Tables that only take up what is to be written, before the transaction. */
  static SqlTables gathering(Connection connection, String owner, List<TableSql> tables) {
    SqlTables gathering = new SqlTables(connection, owner, tables);
    gathering.gathering = true;
    return gathering;
  }

  /** What waits, if that is all there is: nothing was asked of the server meanwhile. */
  Optional<List<Write>> gathered() {
    return gathering ? Optional.of(waiting(List.copyOf(tables.values()))) : Optional.empty();
  }

  /** Fails while there is no transaction to ask in; what was gathered is then of no use. */
  private void requireTransaction() {
    if (gathering || failure != null) {
      gathering = false;
      failure = new SQLException("asked before the transaction");
      throw failed(failure);
    }
  }

  /** Writes what waits; fails if anything has failed before. */
  void flush() throws SQLException {
    if (failure == null) {
      flush(List.copyOf(tables.values()));
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Ends the use of these tables. */
  void end() {
    over = true;
  }

  private Open open(Table table) {
    if (over) {
      throw new IllegalStateException("the transaction on " + owner + " is over");
    }
    Open open = tables.get(table.name());
    if (open == null || !open.sql.table.equals(table)) {
      throw new IllegalArgumentException("%s has no table %s".formatted(owner, table));
    }
    return open;
  }

  private static Object[] keyValues(Open open, @Nullable Object[] row) {
    Object[] values = new Object[open.sql.key.length];
    for (int i = 0; i < values.length; i++) {
      Object value = row[open.sql.key[i]];
      if (value == null) {
        throw new IllegalArgumentException("a primary key holds no null");
      }
      values[i] = value;
    }
    return values;
  }

  @Override
  public void put(Table table, @Nullable Object... values) {
    Open open = open(table);
    @Nullable Object[] row = table.checked(values);
    wait(open, new Key(keyValues(open, row)), Place.of(row), sizeBytes(row));
  }

  @Override
  public boolean delete(Table table, Object... key) {
    Open open = open(table);
    Object[] checked = table.checkedKey(key);
    boolean there = find(open, checked).isPresent();
    if (there) {
      wait(open, new Key(checked), Place.EMPTY, Long.BYTES);
    }
    return there;
  }

  private void wait(Open open, Key key, Place place, long bytes) {
    open.waiting.put(key, place);
    open.waitingBytes += bytes;
    if (open.waiting.size() >= MAX_WAITING_ROWS || open.waitingBytes >= MAX_WAITING_BYTES) {
      requireTransaction();
      flushFor(open);
    }
  }

  @Override
  public Optional<TableRow> get(Table table, Object... key) {
    Open open = open(table);
    return find(open, table.checkedKey(key)).map(row -> TableRow.of(table, row.clone()));
  }

  private Optional<@Nullable Object[]> find(Open open, Object[] key) {
    Key at = new Key(key);
    Place remembered = open.remembered(at);
    if (remembered != null) {
      return remembered.row();
    }
    requireTransaction();
    try (PreparedStatement get = connection.prepareStatement(open.sql.get)) {
      for (int i = 0; i < key.length; i++) {
        open.sql.columns[open.sql.key[i]].bind(get, i + 1, key[i]);
      }
      Optional<@Nullable Object[]> found;
      try (ResultSet rows = get.executeQuery()) {
        found = rows.next() ? Optional.of(row(open, rows)) : Optional.empty();
      }
      open.learn(at, new Place(found));
      return found;
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public List<TableRow> page(Scan scan) {
    Open open = open(scan.table());
    requireTransaction();
    flushFor(open);
    List<TableRow> page = new ArrayList<>();
    int most = (int) Math.min(scan.limit(), MAX_PAGE_ROWS);
    try {
      for (TableSql.Range range : open.sql.ranges(scan)) {
        if (page.size() == most || !addRows(open, scan, range, page, most)) {
          break;
        }
      }
    } catch (SQLException e) {
      throw failed(e);
    }
    return page;
  }

  /** Adds the rows of a range; tells whether those of the next one may follow. */
  private boolean addRows(Open open, Scan scan, TableSql.Range range, List<TableRow> page, int most)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(range.sql())) {
      int parameter = 1;
      for (TableSql.Bound bound : range.bounds()) {
        bound.column().bind(select, parameter++, bound.value());
      }
      select.setInt(parameter, most - page.size());
      long bytes = 0;
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          @Nullable Object[] values = row(open, rows);
          TableRow row = TableRow.of(open.sql.table, values);
          if (scan.isPast(row)) {
            return false;
          }
          page.add(row);
          bytes += sizeBytes(values);
          if (bytes > MAX_PAGE_BYTES) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Writes what waits for a table, and for those that must come before it. */
  private void flushFor(Open open) {
    try {
      flush(inOrder ? List.copyOf(tables.values()) : List.of(open));
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /** What waits: last tables' deletes first, then the puts. */
  private List<Write> waiting(List<Open> some) {
    List<Write> writes = new ArrayList<>();
    for (Open open : some.reversed()) {
      List<Object[]> gone = new ArrayList<>();
      open.waiting.forEach(
          (key, place) -> {
            if (place.row().isEmpty()) {
              gone.add(key.values());
            }
          });
      if (!gone.isEmpty()) {
        writes.add(delete(open, gone));
      }
    }
    for (Open open : some) {
      List<@Nullable Object[]> rows = new ArrayList<>();
      for (Place place : open.waiting.values()) {
        place.row().ifPresent(rows::add);
      }
      if (!rows.isEmpty()) {
        writes.add(put(open, rows));
      }
    }
    return writes;
  }

  /** Writes what waits, all of it in one round trip. */
  private void flush(List<Open> some) throws SQLException {
    List<Write> writes = waiting(some);
    if (writes.isEmpty()) {
      return;
    }
    StringBuilder sql = new StringBuilder();
    for (Write write : writes) {
      sql.append(sql.isEmpty() ? "" : ";\n").append(write.sql());
    }
    try (PreparedStatement statement = connection.prepareStatement(sql.toString())) {
      int parameter = 1;
      for (Write write : writes) {
        write.binding().bind(statement, parameter);
        parameter += write.parameters();
      }
      statement.execute();
    }
    for (Open open : some) {
      open.waiting.forEach(open::learn);
      open.waiting.clear();
      open.waitingBytes = 0;
    }
  }

  private Write put(Open open, List<@Nullable Object[]> rows) {
    SqlColumn[] columns = open.sql.columns;
    return new Write(
        open.sql.put,
        columns.length,
        (statement, first) -> {
          for (int c = 0; c < columns.length; c++) {
            @Nullable Object[] values = new @Nullable Object[rows.size()];
            for (int i = 0; i < values.length; i++) {
              values[i] = rows.get(i)[c];
            }
            columns[c].bindArray(connection, statement, first + c, values);
          }
        });
  }

  private Write delete(Open open, List<Object[]> keys) {
    int[] key = open.sql.key;
    return new Write(
        open.sql.delete,
        key.length,
        (statement, first) -> {
          for (int c = 0; c < key.length; c++) {
            @Nullable Object[] values = new @Nullable Object[keys.size()];
            for (int i = 0; i < values.length; i++) {
              values[i] = keys.get(i)[c];
            }
            open.sql.columns[key[c]].bindArray(connection, statement, first + c, values);
          }
        });
  }

  private static long sizeBytes(@Nullable Object[] row) {
    long bytes = 0;
    for (Object value : row) {
      bytes +=
          switch (value) {
            case String text -> text.length();
            case byte[] some -> some.length;
            case null, default -> Long.BYTES;
          };
    }
    return bytes;
  }

  private static @Nullable Object[] row(Open open, ResultSet rows) throws SQLException {
    @Nullable Object[] values = new @Nullable Object[open.sql.columns.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = open.sql.columns[i].value(rows, i + 1);
    }
    return values;
  }

  private StorageFailed failed(SQLException cause) {
    failure = cause;
    return Connections.failed(owner, "read or write", cause);
  }
}
