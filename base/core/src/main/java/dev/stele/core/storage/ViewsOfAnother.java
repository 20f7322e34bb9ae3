package dev.stele.core.storage;

import dev.stele.core.log.LogReader;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStatus;
import dev.stele.core.view.ViewStore;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Views that another process keeps, and that are only read here. Thread-safe. */
final class ViewsOfAnother implements KeptViews {
  /** How often is looked whether a view has come as far as somebody waits for. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  private final LogReader log;
  private final Map<View, ViewStore> views;

  /**
   * Views of a log.
   *
   * @param views each with where it is kept
   */
  ViewsOfAnother(LogReader log, Map<View, ViewStore> views) {
    this.log = log;
    this.views = new LinkedHashMap<>(views);
  }

  @Override
  public <T> ViewStore.Answer<T> read(String view, ViewStore.Reading<T> reading) {
    return store(require(view)).read(view, reading);
  }

  @Override
  public Awaited await(String name, long position, Duration timeout) throws InterruptedException {
    View view = require(name);
    long end = System.nanoTime() + timeout.toNanos();
    ViewStatus status = status(view);
    while (status.position() < position || status.version() == 0) {
      long left = end - System.nanoTime();
      if (left <= 0 || status.state() instanceof ViewState.Failed) {
        return new Awaited.NotReached(status);
      }
      Thread.sleep(Duration.ofNanos(Math.min(left, LOOK_EVERY.toNanos())));
      status = status(view);
    }
    return new Awaited.Reached(status.position());
  }

  @Override
  public List<ViewStatus> status() {
    return views.keySet().stream().map(this::status).toList();
  }

  private ViewStatus status(View view) {
    long size = log.head().size();
    return store(view)
        .find(view.name(), ViewStore.Slot.LIVE)
        .map(live -> new ViewStatus(view.name(), live.version(), live.position(), size, of(live)))
        .orElseGet(() -> new ViewStatus(view.name(), 0, 0, size, new ViewState.Stopped()));
  }

  /** Whether somebody keeps them cannot be seen from here; what they reflect can. */
  private static ViewState of(ViewStore.Generation live) {
    return live.failure()
        .<ViewState>map(why -> new ViewState.Failed(why.position(), why.message()))
        .orElseGet(ViewState.Stopped::new);
  }

  private ViewStore store(View view) {
    return Objects.requireNonNull(views.get(view));
  }

  private View require(String name) {
    return views.keySet().stream()
        .filter(view -> view.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no view is called '%s' here".formatted(name)));
  }

  /** Whoever keeps them decides when. */
  @Override
  public Gathering gather() {
    return () -> {};
  }

  @Override
  public void retry(String view) {
    throw onlyRead(view);
  }

  @Override
  public void rebuild(String view) {
    throw onlyRead(view);
  }

  @Override
  public void compact() {
    throw new IllegalStateException(
        "the views of log %s are only read here; ask the process that keeps them"
            .formatted(log.origin()));
  }

  private IllegalStateException onlyRead(String view) {
    return new IllegalStateException(
        "view %s is only read here; ask the process that keeps it".formatted(require(view).name()));
  }

  @Override
  public void close() {
    // The storage closes the store; there is nothing else.
  }
}
