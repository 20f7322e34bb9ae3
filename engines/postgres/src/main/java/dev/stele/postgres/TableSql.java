package dev.stele.postgres;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.Column;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableIndex;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What a table of a view is in SQL: its statements. Immutable.
 *
 * <p>A table that we made says so in its comment, with its definition. Any other was made by a
 * script, and is used as it is.
 */
final class TableSql {
  /** Begins the comment of a table that we made. */
  private static final String OURS = "stele: ";

  /** Whose a table is. */
  enum Origin {
    /** We made it, and make it anew when it is defined otherwise. */
    OWN,
    /** A script made it. */
    GIVEN
  }

  final Table table;
  final Origin origin;
  final SqlColumn[] columns;
  final int[] key;
  final String get;
  final String put;
  final String delete;
  private final String schema;
  private final String select;

  private TableSql(Table table, String schema, Origin origin, SqlColumn[] columns) {
    this.table = table;
    this.schema = schema;
    this.origin = origin;
    this.columns = columns;
    this.key = table.keyColumns();
    StringJoiner read = new StringJoiner(", ");
    for (SqlColumn column : columns) {
      read.add(column.read());
    }
    this.select = "SELECT " + read + " FROM " + name();
    StringJoiner where = new StringJoiner(" AND ", " WHERE ", "");
    for (int at : key) {
      where.add(columns[at].name + " = " + columns[at].parameter());
    }
    this.get = select + where;
    this.put = put();
    this.delete = delete();
  }

  /** The table as we make it. */
  static TableSql own(Table table, String schema) {
    SqlColumn[] columns =
        table.columns().stream()
            .map(column -> SqlColumn.own(column, schema))
            .toArray(SqlColumn[]::new);
    return new TableSql(table, schema, Origin.OWN, columns);
  }

  private record Found(char kind, String comment, Map<String, String[]> columns) {}

  /**
   * The table as it is in the database, made where it is not there.
   *
   * @param made is added to when a table was made, so that what is in it is nothing yet
   * @throws StorageFailed when what has its name cannot be used
   */
  static TableSql ensure(Connection connection, String schema, Table table, List<Table> made)
      throws SQLException {
    Found found = find(connection, schema, table.name());
    if (found == null) {
      TableSql own = own(table, schema);
      own.create(connection);
      made.add(table);
      return own;
    }
    TableSql sql = of(schema, table, found);
    if (sql.origin == Origin.OWN
        && (!found.comment.equals(OURS + table) || !sql.hasIndexes(connection))) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("DROP TABLE " + sql.name());
      }
      sql.create(connection);
      made.add(table);
    }
    return sql;
  }

  /**
   * The table as it is in the database, made where it is not there, and never made anew.
   *
   * @throws StorageFailed when it is defined otherwise
   */
  static TableSql keep(Connection connection, String schema, Table table) throws SQLException {
    Found found = find(connection, schema, table.name());
    if (found == null) {
      TableSql own = own(table, schema);
      own.create(connection);
      return own;
    }
    if (found.comment.startsWith(OURS) && !found.comment.equals(OURS + table)) {
      throw new StorageFailed(
          "table %s.%s is defined as '%s', and no script has changed it to '%s'"
              .formatted(schema, table.name(), found.comment.substring(OURS.length()), table));
    }
    return of(schema, table, found);
  }

  /** The table as it is in the database, for who only reads. */
  static TableSql look(Connection connection, String schema, Table table) throws SQLException {
    Found found = find(connection, schema, table.name());
    if (found == null) {
      throw new StorageFailed("there is no table %s.%s yet".formatted(schema, table.name()));
    }
    return of(schema, table, found);
  }

  private static @Nullable Found find(Connection connection, String schema, String name)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT c.relkind, coalesce(obj_description(c.oid, 'pg_class'), ''), a.attname,"
                + " t.typname, o.collname FROM pg_class AS c"
                + " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                + " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
                + " AND NOT a.attisdropped JOIN pg_type AS t ON t.oid = a.atttypid"
                + " LEFT JOIN pg_collation AS o ON o.oid = a.attcollation"
                + " WHERE n.nspname = ? AND c.relname = ?")) {
      select.setString(1, schema);
      select.setString(2, name);
      Found found = null;
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          if (found == null) {
            found = new Found(rows.getString(1).charAt(0), rows.getString(2), new HashMap<>());
          }
          found.columns.put(rows.getString(3), new String[] {rows.getString(4), rows.getString(5)});
        }
      }
      return found;
    }
  }

  private static TableSql of(String schema, Table table, Found found) {
    if (found.kind != 'r' && found.kind != 'p') {
      throw new StorageFailed(
          "%s.%s is no table but something else of SQL; a view of a log needs a table"
              .formatted(schema, table.name()));
    }
    if (found.comment.startsWith(OURS)) {
      return own(table, schema);
    }
    SqlColumn[] columns = new SqlColumn[table.columns().size()];
    for (int i = 0; i < columns.length; i++) {
      Column column = table.columns().get(i);
      String[] actual = found.columns.get(column.name());
      if (actual == null) {
        throw new StorageFailed(
            "table %s.%s has no column %s; change the script that made it"
                .formatted(schema, table.name(), column.name()));
      }
      columns[i] = SqlColumn.given(table.name(), column, schema, actual[0], actual[1]);
    }
    return new TableSql(table, schema, Origin.GIVEN, columns);
  }

  private boolean hasIndexes(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                + " WHERE n.nspname = ? AND c.relkind = 'i' AND c.relname = ANY (?)")) {
      select.setString(1, schema);
      select.setArray(
          2,
          connection.createArrayOf(
              "text", table.indexes().stream().map(TableIndex::name).toArray(String[]::new)));
      try (ResultSet row = select.executeQuery()) {
        return row.next() && row.getInt(1) == table.indexes().size();
      }
    }
  }

  private void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : create()) {
        statement.execute(sql);
      }
    }
  }

  /** Makes the table and its indexes, each in the whole order in which scans go through it. */
  List<String> create() {
    List<String> statements = new ArrayList<>();
    StringJoiner defined = new StringJoiner(", ");
    for (SqlColumn column : columns) {
      defined.add(column.definition());
    }
    StringJoiner keyNames = new StringJoiner(", ");
    for (int at : key) {
      keyNames.add(columns[at].name);
    }
    statements.add("CREATE TABLE " + name() + " (" + defined + ", PRIMARY KEY (" + keyNames + "))");
    for (TableIndex index : table.indexes()) {
      StringJoiner order = new StringJoiner(", ");
      for (int at : table.orderOf(index.name())) {
        order.add(columns[at].name + (columns[at].column.nullable() ? " NULLS FIRST" : ""));
      }
      statements.add("CREATE INDEX \"" + index.name() + "\" ON " + name() + " (" + order + ")");
    }
    statements.add("COMMENT ON TABLE " + name() + " IS '" + OURS + table + "'");
    statements.add("GRANT SELECT ON " + name() + " TO stele_reader, stele_writer");
    statements.add("GRANT INSERT, UPDATE, DELETE ON " + name() + " TO stele_writer");
    return statements;
  }

  private String name() {
    return '"' + schema + "\".\"" + table.name() + '"';
  }

  /** Takes every row out; who reads meanwhile sees them until the commit. */
  String clear() {
    return "DELETE FROM " + name();
  }

  /** Puts any number of rows, a parameter for each column. */
  private String put() {
    StringJoiner names = new StringJoiner(", ");
    StringJoiner values = new StringJoiner(", ");
    StringJoiner arrays = new StringJoiner(", ");
    StringJoiner fields = new StringJoiner(", ");
    StringJoiner update = new StringJoiner(", ", "UPDATE SET ", "").setEmptyValue("NOTHING");
    for (int i = 0; i < columns.length; i++) {
      names.add(columns[i].name);
      values.add(columns[i].converted("v.c" + i));
      arrays.add(columns[i].arrayParameter());
      fields.add("c" + i);
      if (!table.key().contains(columns[i].column.name())) {
        update.add(columns[i].name + " = excluded." + columns[i].name);
      }
    }
    StringJoiner keyNames = new StringJoiner(", ");
    for (int at : key) {
      keyNames.add(columns[at].name);
    }
    return "INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS v (%s) ON CONFLICT (%s) DO %s"
        .formatted(name(), names, values, arrays, fields, keyNames, update);
  }

  /** Deletes any number of rows, a parameter for each column of the key. */
  private String delete() {
    StringJoiner arrays = new StringJoiner(", ");
    StringJoiner fields = new StringJoiner(", ");
    StringJoiner where = new StringJoiner(" AND ");
    for (int i = 0; i < key.length; i++) {
      SqlColumn column = columns[key[i]];
      arrays.add(column.arrayParameter());
      fields.add("c" + i);
      where.add("t." + column.name + " = " + column.converted("v.c" + i));
    }
    return "DELETE FROM %s AS t USING unnest(%s) AS v (%s) WHERE %s"
        .formatted(name(), arrays, fields, where);
  }

  // ---- scans ----

  /** A parameter of a scan: a value and the column it is compared with. */
  record Bound(SqlColumn column, Object value) {}

  /**
   * Neighbouring rows of an order that one index search finds.
   *
   * @param sql its last parameter is the limit
   * @param bounds the other parameters
   */
  record Range(String sql, List<Bound> bounds) {}

  /**
   * The ranges whose rows, one range after another, are those of a scan, and hardly more.
   *
   * <p>Where no column of the order can be null, this is one range: a comparison of rows, which an
   * index answers. Where one can, such a comparison would not find null, so it is unrolled:
   *
   * <pre>
   *   after (x, y):   a = x and b &gt; y,   then a &gt; x
   *   before (x, y):  a = x and b &lt; y,   then a = x and b is null,   then a &lt; x, …
   * </pre>
   */
  List<Range> ranges(Scan scan) {
    int[] order = scan.order();
    boolean nullable = Arrays.stream(order).anyMatch(at -> columns[at].column.nullable());
    return nullable ? unrolled(scan, order) : List.of(compared(scan, order));
  }

  private Range compared(Scan scan, int[] order) {
    StringJoiner where = new StringJoiner(" AND ", " WHERE ", "").setEmptyValue("");
    List<Bound> bounds = new ArrayList<>();
    scan.low()
        .ifPresent(end -> where.add(compare(order, end, end.inclusive() ? ">=" : ">", bounds)));
    scan.high()
        .ifPresent(end -> where.add(compare(order, end, end.inclusive() ? "<=" : "<", bounds)));
    return new Range(select + where + orderBy(order, scan.isBackwards()), bounds);
  }

  private String compare(int[] order, Scan.End end, String comparison, List<Bound> bounds) {
    StringJoiner names = new StringJoiner(", ", "(", ")");
    StringJoiner parameters = new StringJoiner(", ", "(", ")");
    for (int i = 0; i < end.values().size(); i++) {
      SqlColumn column = columns[order[i]];
      @Nullable Object value = end.values().get(i);
      if (value == null) {
        throw new IllegalArgumentException("column " + column.name + " is never null");
      }
      names.add(column.compared());
      parameters.add(column.parameter());
      bounds.add(new Bound(column, value));
    }
    return names + " " + comparison + " " + parameters;
  }

  private List<Range> unrolled(Scan scan, int[] order) {
    Scan.@Nullable End start = (scan.isBackwards() ? scan.high() : scan.low()).orElse(null);
    List<Bound> farBounds = new ArrayList<>();
    String far = far(scan, order, farBounds);
    String by = orderBy(order, scan.isBackwards());
    List<Range> ranges = new ArrayList<>();
    if (start == null) {
      ranges.add(new Range(select + " WHERE " + far + by, farBounds));
      return ranges;
    }
    for (int last = start.values().size() - 1; last >= 0; last--) {
      boolean inclusive = start.inclusive() && last == start.values().size() - 1;
      SqlColumn column = columns[order[last]];
      @Nullable Object value = start.values().get(last);
      for (String compared : compare(column, value, scan.isBackwards(), inclusive)) {
        StringBuilder where = new StringBuilder();
        List<Bound> bounds = new ArrayList<>();
        for (int i = 0; i < last; i++) {
          SqlColumn equal = columns[order[i]];
          @Nullable Object to = start.values().get(i);
          where.append(equal.compared());
          if (to == null) {
            where.append(" IS NULL AND ");
          } else {
            where.append(" = ").append(equal.parameter()).append(" AND ");
            bounds.add(new Bound(equal, to));
          }
        }
        if (value != null && compared.indexOf('?') >= 0) {
          bounds.add(new Bound(column, value));
        }
        bounds.addAll(farBounds);
        ranges.add(new Range(select + " WHERE " + where + compared + " AND " + far + by, bounds));
      }
    }
    return ranges;
  }

  /** What the first column of the other end rules out; the rest is told row by row. */
  private String far(Scan scan, int[] order, List<Bound> bounds) {
    Scan.@Nullable End end = (scan.isBackwards() ? scan.low() : scan.high()).orElse(null);
    if (end == null) {
      return "true";
    }
    SqlColumn first = columns[order[0]];
    @Nullable Object value = end.values().getFirst();
    if (value == null) {
      return scan.isBackwards() ? "true" : first.name + " IS NULL";
    }
    bounds.add(new Bound(first, value));
    if (scan.isBackwards()) {
      return first.compared() + " >= " + first.parameter();
    }
    String within = first.compared() + " <= " + first.parameter();
    return first.column.nullable() ? "(" + within + " OR " + first.name + " IS NULL)" : within;
  }

  /** The conditions on the last column of a range, in the order in which their rows come. */
  private static List<String> compare(
      SqlColumn column, @Nullable Object value, boolean backwards, boolean inclusive) {
    String name = column.compared();
    if (value == null) {
      if (backwards) {
        return inclusive ? List.of(name + " IS NULL") : List.of();
      }
      return List.of(inclusive ? "true" : name + " IS NOT NULL");
    }
    if (!backwards) {
      return List.of(name + (inclusive ? " >= " : " > ") + column.parameter());
    }
    String below = name + (inclusive ? " <= " : " < ") + column.parameter();
    return column.column.nullable() ? List.of(below, name + " IS NULL") : List.of(below);
  }

  private String orderBy(int[] order, boolean backwards) {
    StringJoiner by = new StringJoiner(", ", " ORDER BY ", " LIMIT ?");
    for (int at : order) {
      SqlColumn column = columns[at];
      String nulls = !column.column.nullable() ? "" : backwards ? " NULLS LAST" : " NULLS FIRST";
      by.add(column.compared() + (backwards ? " DESC" : "") + nulls);
    }
    return by.toString();
  }
}
