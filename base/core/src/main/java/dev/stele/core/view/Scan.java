package dev.stele.core.view;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which rows to read, and in which order.
 *
 * <pre>
 *   Scan.of(HINTS)                            every row, by primary key
 *   Scan.of(HINTS).prefix("wss://a")          where the first column of the key is this
 *   Scan.of(HINTS).by("hints_by_label")       by an index, and by primary key where that is equal
 *       .from("m").before("p")                where the first column is m or more and less than p
 *       .backwards().limit(10)                the last ten of them, the last first
 * </pre>
 *
 * <p>The values of an end are compared with as many columns of the order: {@code after("a")} begins
 * behind every row whose first column is a, {@code to("a")} ends with the last of them. {@code
 * from} and {@code after} set the lower end, {@code to} and {@code before} the upper one, whatever
 * the direction. Immutable.
 */
public final class Scan {
  /**
   * One end of a scan.
   *
   * @param values of the first columns of the order
   * @param inclusive whether rows that begin with the values are within
   */
  public record End(List<@Nullable Object> values, boolean inclusive) {}

  private final Table table;
  private final @Nullable String index;
  private final int[] order;
  private final @Nullable End low;
  private final @Nullable End high;
  private final boolean backwards;
  private final long limit;

  private Scan(
      Table table,
      @Nullable String index,
      int[] order,
      @Nullable End low,
      @Nullable End high,
      boolean backwards,
      long limit) {
    this.table = table;
    this.index = index;
    this.order = order;
    this.low = low;
    this.high = high;
    this.backwards = backwards;
    this.limit = limit;
  }

  /** Every row of a table, by primary key. */
  public static Scan of(Table table) {
    return new Scan(table, null, table.keyColumns(), null, null, false, Long.MAX_VALUE);
  }

  /** The same by an index. To be said before any values are. */
  public Scan by(String otherIndex) {
    if (low != null || high != null) {
      throw new IllegalArgumentException("say by which index before its values");
    }
    return new Scan(table, otherIndex, table.orderOf(otherIndex), null, null, backwards, limit);
  }

  /** Rows that begin with these values. */
  public Scan prefix(@Nullable Object... values) {
    return from(values).to(values);
  }

  /** Rows that begin with these values, and those behind them. */
  public Scan from(@Nullable Object... values) {
    return new Scan(table, index, order, end(values, true), high, backwards, limit);
  }

  /** Rows behind all that begin with these values. */
  public Scan after(@Nullable Object... values) {
    return new Scan(table, index, order, end(values, false), high, backwards, limit);
  }

  /** Rows that begin with these values, and those before them. */
  public Scan to(@Nullable Object... values) {
    return new Scan(table, index, order, low, end(values, true), backwards, limit);
  }

  /** Rows before all that begin with these values. */
  public Scan before(@Nullable Object... values) {
    return new Scan(table, index, order, low, end(values, false), backwards, limit);
  }

  /** The same from the upper end to the lower. */
  public Scan backwards() {
    return new Scan(table, index, order, low, high, true, limit);
  }

  /** At most so many rows in all, 1 or more. */
  public Scan limit(long most) {
    if (most < 1) {
      throw new IllegalArgumentException("a scan is limited to 1 row or more, not " + most);
    }
    return new Scan(table, index, order, low, high, backwards, most);
  }

  /**
   * What is left of this scan after a page of it.
   *
   * @return empty when the page was the last
   */
  public Optional<Scan> rest(List<TableRow> page) {
    if (page.isEmpty() || page.size() >= limit) {
      return Optional.empty();
    }
    List<@Nullable Object> last = new ArrayList<>(order.length);
    for (int column : order) {
      last.add(page.getLast().value(column));
    }
    End end = new End(last, false);
    return Optional.of(
        new Scan(
            table,
            index,
            order,
            backwards ? low : end,
            backwards ? end : high,
            backwards,
            limit - page.size()));
  }

  /**
   * Tells whether a row lies behind the end that the scan comes to last: for stores that find its
   * beginning by themselves and then go on row by row.
   */
  public boolean isPast(TableRow row) {
    End end = backwards ? low : high;
    if (end == null) {
      return false;
    }
    for (int i = 0; i < end.values.size(); i++) {
      int compared = ValueOrder.compare(row.value(order[i]), end.values.get(i));
      if (compared != 0) {
        return backwards ? compared < 0 : compared > 0;
      }
    }
    return !end.inclusive;
  }

  private End end(@Nullable Object[] values, boolean inclusive) {
    if (values.length < 1 || values.length > order.length) {
      throw new IllegalArgumentException(
          "an order of %d columns cannot be entered by %d values"
              .formatted(order.length, values.length));
    }
    List<@Nullable Object> checked = new ArrayList<>(values.length);
    for (int i = 0; i < values.length; i++) {
      checked.add(table.checked(order[i], values[i]));
    }
    return new End(Collections.unmodifiableList(checked), inclusive);
  }

  /** The table that is read. */
  public Table table() {
    return table;
  }

  /** The index by which it is read; empty for the primary key. */
  public Optional<String> index() {
    return Optional.ofNullable(index);
  }

  /** The places of the columns by which rows are ordered; no two rows are equal in all of them. */
  public int[] order() {
    return order.clone();
  }

  /** The lower end, if there is one. */
  public Optional<End> low() {
    return Optional.ofNullable(low);
  }

  /** The upper end, if there is one. */
  public Optional<End> high() {
    return Optional.ofNullable(high);
  }

  /** Whether rows come from the upper end to the lower. */
  public boolean isBackwards() {
    return backwards;
  }

  /** At most so many rows in all. */
  public long limit() {
    return limit;
  }
}
