package dev.stele.core.view;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads the tables of one view, as of one moment.
 *
 * <p>Valid within the call that it was given to, on its thread. A table that the view does not have
 * is an {@link IllegalArgumentException}.
 */
public interface TableReader {
  /** The most rows of a page. */
  int MAX_PAGE_ROWS = 1_000;

  /** About the most bytes of a page, so that a reader's memory has a bound. */
  long MAX_PAGE_BYTES = 4L * 1024 * 1024;

  /** The row with this primary key, its values in the key's order. */
  Optional<TableRow> get(Table table, Object... key);

  /**
   * The first rows of a scan.
   *
   * @return at most {@link #MAX_PAGE_ROWS}, and fewer when they are large, but none only when there
   *     are none; {@link Scan#rest} gives what comes after them
   */
  List<TableRow> page(Scan scan);

  /** Gives every row of a scan to {@code sink}, page by page, in bounded memory. */
  default void forEach(Scan scan, Consumer<TableRow> sink) {
    Optional<Scan> left = Optional.of(scan);
    while (left.isPresent()) {
      List<TableRow> page = page(left.get());
      page.forEach(sink);
      left = left.get().rest(page);
    }
  }
}
