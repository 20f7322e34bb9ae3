package dev.stele.mcp.store;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogReader;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStore;
import dev.stele.mcp.view.McpView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Reads the view of a store once it reflects what was appended before. Thread-safe. */
final class UpToDateView {
  /** 60 seconds to reach what was just appended; it takes milliseconds, but after a long import. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final LogReader log;
  private final KeptViews views;

  UpToDateView(LogReader log, KeptViews views) {
    this.log = log;
    this.views = views;
  }

  <T> T read(ViewStore.Reading<T> reading) {
    long end = log.head().size();
    Awaited awaited = await(end);
    if (awaited instanceof Awaited.NotReached(var status)
        && status.state() instanceof ViewState.Failed) {
      // The disk may be back since; if not, it fails again.
      views.retry(McpView.NAME);
      awaited = await(end);
    }
    if (awaited instanceof Awaited.NotReached(var status)) {
      throw new StorageFailed(
          "the view of streams is at %d of %d: %s"
              .formatted(status.position(), status.logSize(), status.state()));
    }
    return views.read(McpView.NAME, reading).value();
  }

  private Awaited await(long position) {
    try {
      return views.await(McpView.NAME, position, PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageFailed("interrupted while a view caught up", e);
    }
  }

  /** When the first of the messages and cursors was appended, or the last. */
  static Optional<Instant> edge(TableReader tables, boolean last) {
    Scan events = Scan.of(McpView.EVENTS);
    Optional<Scan> left = Optional.of(last ? events.backwards() : events);
    while (left.isPresent()) {
      List<TableRow> page = tables.page(left.get());
      for (TableRow row : page) {
        if (McpView.Kind.of(row).appended()) {
          return Optional.of(Instant.ofEpochMilli(row.integer("recorded_at")));
        }
      }
      left = left.get().rest(page);
    }
    return Optional.empty();
  }
}
