package dev.stele.sqlite;

import dev.stele.core.view.Column;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What a table of a view is in SQL: its statements. Immutable.
 *
 * <p>Names are quoted wherever they stand, so that a column may be called {@code order}.
 */
final class TableSql {
  /**
   * Behind the names of tables and indexes that are being built; no name of a view has the
   * character.
   */
  static final String BUILDING = "~building";

  final Table table;
  final String suffix;
  final String put;
  final String get;
  final String delete;
  final int[] key;
  private final String select;

  TableSql(Table table, String suffix) {
    this.table = table;
    this.suffix = suffix;
    this.key = table.keyColumns();
    String columns = names(table.columns().stream().map(Column::name).toList());
    String where = where(table.key());
    this.select = "SELECT " + columns + " FROM " + name();
    this.get = select + where;
    this.delete = "DELETE FROM " + name() + where;
    this.put =
        "INSERT INTO "
            + name()
            + " ("
            + columns
            + ") VALUES ("
            + "?, ".repeat(table.columns().size() - 1)
            + "?) ON CONFLICT ("
            + names(table.key())
            + ") DO "
            + update();
  }

  private String update() {
    StringJoiner set = new StringJoiner(", ", "UPDATE SET ", "").setEmptyValue("NOTHING");
    for (Column column : table.columns()) {
      if (!table.key().contains(column.name())) {
        set.add(quote(column.name()) + " = excluded." + quote(column.name()));
      }
    }
    return set.toString();
  }

  private static String where(List<String> key) {
    return " WHERE "
        + String.join(" AND ", key.stream().map(each -> quote(each) + " = ?").toList());
  }

  private String name() {
    return quote(table.name() + suffix);
  }

  static String quote(String name) {
    return '"' + name + '"';
  }

  private static String names(List<String> columns) {
    return String.join(", ", columns.stream().map(TableSql::quote).toList());
  }

  /** Makes the table and its indexes. */
  List<String> create() {
    List<String> statements = new ArrayList<>();
    StringJoiner columns = new StringJoiner(", ");
    boolean numbered = key.length == 1 && isInteger(table.columns().get(key[0]));
    for (Column column : table.columns()) {
      String type =
          switch (column.type()) {
            case INTEGER -> "INTEGER";
            case TEXT -> "TEXT";
            case BYTES -> "BLOB";
          };
      boolean number = numbered && column.name().equals(table.key().getFirst());
      columns.add(
          quote(column.name())
              + " "
              + type
              + (number ? " PRIMARY KEY" : column.nullable() ? "" : " NOT NULL"));
    }
    if (!numbered) {
      columns.add("PRIMARY KEY (" + names(table.key()) + ")");
    }
    statements.add(
        "CREATE TABLE "
            + name()
            + " ("
            + columns
            + ") STRICT"
            + (numbered ? "" : ", WITHOUT ROWID"));
    statements.addAll(createIndexes());
    return statements;
  }

  private static boolean isInteger(Column column) {
    return switch (column.type()) {
      case INTEGER -> true;
      case TEXT, BYTES -> false;
    };
  }

  private List<String> createIndexes() {
    return table.indexes().stream()
        .map(
            index ->
                "CREATE INDEX "
                    + quote(index.name() + suffix)
                    + " ON "
                    + name()
                    + " ("
                    + names(index.columns())
                    + ")")
        .toList();
  }

  String drop() {
    return "DROP TABLE IF EXISTS " + name();
  }

  /**
   * Gives a table that was built its plain name, and its indexes theirs, which SQLite makes anew.
   */
  List<String> rename() {
    List<String> statements = new ArrayList<>();
    for (TableIndex index : table.indexes()) {
      statements.add("DROP INDEX " + quote(index.name() + suffix));
    }
    statements.add("ALTER TABLE " + name() + " RENAME TO " + quote(table.name()));
    statements.addAll(new TableSql(table, "").createIndexes());
    return statements;
  }

  /**
   * Neighbouring rows of an order that one index search finds.
   *
   * @param sql its last parameter is the limit
   * @param values of the other parameters
   */
  record Range(String sql, List<Object> values) {}

  /**
   * The ranges whose rows, one range after another, are those of a scan from its beginning to the
   * end of the table. A comparison of several columns at once would not find null, nor use an index
   * where it could.
   *
   * <pre>
   *   after (x, y):   a = x and b &gt; y,   then a &gt; x
   *   before (x, y):  a = x and b &lt; y,   then a = x and b is null,   then a &lt; x, …
   * </pre>
   */
  List<Range> ranges(Scan scan) {
    int[] order = scan.order();
    Scan.@Nullable End start = (scan.isBackwards() ? scan.high() : scan.low()).orElse(null);
    String from =
        select
            + scan.index().map(index -> " INDEXED BY " + quote(index + suffix)).orElse("")
            + " WHERE ";
    String by = orderBy(order, scan.isBackwards());
    List<Range> ranges = new ArrayList<>();
    if (start == null) {
      ranges.add(new Range(from + "true" + by, List.of()));
      return ranges;
    }
    for (int last = start.values().size() - 1; last >= 0; last--) {
      boolean inclusive = start.inclusive() && last == start.values().size() - 1;
      Column column = table.columns().get(order[last]);
      @Nullable Object value = start.values().get(last);
      for (String compared : compare(column, value, scan.isBackwards(), inclusive)) {
        StringBuilder where = new StringBuilder();
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < last; i++) {
          @Nullable Object equal = start.values().get(i);
          where.append(quote(table.columns().get(order[i]).name()));
          where.append(equal == null ? " IS NULL AND " : " = ? AND ");
          if (equal != null) {
            values.add(equal);
          }
        }
        if (value != null && compared.endsWith("?")) {
          values.add(value);
        }
        ranges.add(new Range(from + where + compared + by, values));
      }
    }
    return ranges;
  }

  /** The conditions on the last column of a range, in the order in which their rows come. */
  private static List<String> compare(
      Column column, @Nullable Object value, boolean backwards, boolean inclusive) {
    String name = quote(column.name());
    if (value == null) {
      if (backwards) {
        return inclusive ? List.of(name + " IS NULL") : List.of();
      }
      return List.of(inclusive ? "true" : name + " IS NOT NULL");
    }
    if (!backwards) {
      return List.of(name + (inclusive ? " >= ?" : " > ?"));
    }
    String below = name + (inclusive ? " <= ?" : " < ?");
    return column.nullable() ? List.of(below, name + " IS NULL") : List.of(below);
  }

  private String orderBy(int[] order, boolean backwards) {
    StringJoiner by = new StringJoiner(", ", " ORDER BY ", " LIMIT ?");
    for (int column : order) {
      by.add(quote(table.columns().get(column).name()) + (backwards ? " DESC" : ""));
    }
    return by.toString();
  }
}
