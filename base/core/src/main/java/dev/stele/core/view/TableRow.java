package dev.stele.core.view;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A row of a table, as it was when it was read. Immutable but for the shared bytes. */
public final class TableRow {
  private final Table table;
  private final @Nullable Object[] values;

  private TableRow(Table table, @Nullable Object[] values) {
    this.table = table;
    this.values = values;
  }

  /**
   * A row of values that were checked when they were put.
   *
   * @param values one for each column, in order; given away
   */
  public static TableRow of(Table table, @Nullable Object[] values) {
    return new TableRow(table, values);
  }

  /** The table it is of. */
  public Table table() {
    return table;
  }

  /** The value of an integer column. */
  public long integer(String column) {
    return require(column, Long.class);
  }

  /** The value of a text column. */
  public String text(String column) {
    return require(column, String.class);
  }

  /** The value of a column of bytes; not a copy. */
  public byte[] bytes(String column) {
    return require(column, byte[].class);
  }

  /** Tells whether a column holds nothing. */
  public boolean isNull(String column) {
    return values[table.at(column)] == null;
  }

  /** The value at a column's place: {@link Long}, {@link String}, {@code byte[]} or null. */
  public @Nullable Object value(int column) {
    return values[column];
  }

  private <T> T require(String column, Class<T> type) {
    @Nullable Object value = values[table.at(column)];
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          "column %s of %s holds %s here, no %s"
              .formatted(
                  column,
                  table.name(),
                  value == null ? "null" : value.getClass().getSimpleName(),
                  type.getSimpleName()));
    }
    return type.cast(value);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TableRow that
        && table.equals(that.table)
        && Arrays.deepEquals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(values);
  }

  @Override
  public String toString() {
    return table.name() + Arrays.deepToString(values);
  }
}
