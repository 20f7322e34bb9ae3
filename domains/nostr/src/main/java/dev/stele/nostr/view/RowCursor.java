package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The hits of one scan. The first page is as small as was asked for, and each further one twice as
 * large: a cursor of hundreds that are merged gives a few rows, one alone gives many. One thread.
 */
final class RowCursor implements Hits {
  private final TableReader tables;
  private Optional<Scan> left;
  private List<TableRow> page = List.of();
  private int at;
  private int pageRows;

  RowCursor(TableReader tables, Scan scan, int firstPageRows) {
    this.tables = tables;
    this.left = Optional.of(scan);
    this.pageRows = Math.clamp(firstPageRows, 1, TableReader.MAX_PAGE_ROWS);
  }

  @Override
  public @Nullable Hit next() {
    if (at == page.size()) {
      turn();
    }
    return at == page.size() ? null : new Hit(page.get(at++));
  }

  private void turn() {
    if (left.isEmpty()) {
      return;
    }
    at = 0;
    page = tables.page(left.get().limit(pageRows));
    left = page.isEmpty() ? Optional.empty() : left.get().rest(page);
    pageRows = Math.min(2 * pageRows, TableReader.MAX_PAGE_ROWS);
  }
}
