package dev.stele.core.storage;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A storage of three parts, each of which can stand in a file of its own: the log, its views, and
 * side tables. What is not asked for is not opened.
 *
 * <p>Thread-safe.
 */
public final class AssembledStorage implements Storage {
  /** How a kind of storage opens its parts: each at most once, and closed by the storage. */
  public interface Parts {
    /** The engine of the log. */
    LogEngine engine();

    /** What keeps its views; a change of them need not be synced. */
    ViewStore views();

    /** What keeps views in the log's own file; empty where they go beside it like all others. */
    default Optional<ViewStore> viewsInTheLog() {
      return Optional.empty();
    }

    /** What keeps the side tables; each change is durable on return. */
    ViewStore side();
  }

  private final StorageRequest request;
  private final Optional<LogHome> home;
  private final Parts parts;
  private final LogEngine engine;
  private final @Nullable SideTables side;
  private final Anchor heapAnchor = new HeapAnchor();

  /** What is to be closed, the last first; guarded by this. */
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  /** Guarded by this. */
  private boolean kept;

  /** Guarded by this. */
  private boolean closed;

  private AssembledStorage(StorageRequest request, Optional<LogHome> home, Parts parts) {
    this.request = request;
    this.home = home;
    this.parts = parts;
    this.engine = parts.engine();
    opened.push(engine);
    try {
      this.side = request.sideTables().tables().isEmpty() ? null : openSide();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Opens the engine and, where side tables are asked for, those.
   *
   * @param home where the log's keys are, for what outlives the process; its folder is made
   * @throws StorageFailed when one of the parts cannot be opened; the others are closed then
   */
  public static Storage open(StorageRequest request, Optional<LogHome> home, Parts parts) {
    if (home.isPresent() && !request.readOnly()) {
      makeFolder(home.get().database());
    }
    return new AssembledStorage(request, home, parts);
  }

  private static void makeFolder(Path database) {
    Path folder = database.toAbsolutePath().getParent();
    if (folder == null) {
      return;
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new StorageFailed("the folder %s cannot be made".formatted(folder), e);
    }
  }

  private SideTables openSide() {
    ViewStore store = parts.side();
    opened.push(store);
    return StoredSideTables.open(store, request.sideTables(), request.readOnly());
  }

  @Override
  public LogEngine engine() {
    return engine;
  }

  @Override
  public Optional<LogHome> home() {
    return home;
  }

  @Override
  public Anchor anchor() {
    return home.map(
            files -> request.anchorFolder().map(files::anchorIn).orElseGet(() -> files.anchor()))
        .orElse(heapAnchor);
  }

  @Override
  public synchronized KeptViews keep(LogReader log) {
    if (closed) {
      throw new IllegalStateException("the storage %s was closed".formatted(request.uri()));
    }
    if (kept) {
      throw new IllegalStateException(
          "the views of %s are kept already; they are kept once".formatted(request.uri()));
    }
    kept = true;
    Map<View, ViewStore> stores = stores();
    if (request.readOnly()) {
      return new ViewsOfAnother(log, stores);
    }
    Views.Builder views = Views.of(log);
    stores.forEach(views::keep);
    KeptViews keeping = views.start();
    opened.push(keeping);
    return keeping;
  }

  /** Where each view is kept, in their order. */
  private Map<View, ViewStore> stores() {
    @Nullable ViewStore beside = null;
    @Nullable ViewStore inside = null;
    Map<View, ViewStore> stores = new LinkedHashMap<>();
    for (View view : request.views()) {
      if (view.place() == View.Place.IN_THE_LOG && inside == null) {
        inside = parts.viewsInTheLog().orElse(null);
        if (inside != null) {
          opened.push(inside);
        }
      }
      if (view.place() == View.Place.IN_THE_LOG && inside != null) {
        stores.put(view, inside);
        continue;
      }
      if (beside == null) {
        beside = parts.views();
        opened.push(beside);
      }
      stores.put(view, beside);
    }
    return stores;
  }

  @Override
  public SideTables side() {
    if (side == null) {
      throw new IllegalStateException(
          "the storage %s was opened without side tables".formatted(request.uri()));
    }
    return side;
  }

  @Override
  public synchronized void close() {
    closed = true;
    @Nullable RuntimeException failure = null;
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (RuntimeException e) {
        failure = and(failure, e);
      } catch (Exception e) {
        failure = and(failure, new StorageFailed(request.uri() + " could not be closed", e));
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static RuntimeException and(@Nullable RuntimeException first, RuntimeException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
