package dev.stele.postgres;

import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStatus;
import dev.stele.core.view.ViewStore;
import java.time.Duration;
import java.util.List;

/** The inline views of an engine: always as far as the log, so nobody waits. */
final class InlineKeptViews implements KeptViews {
  private final PostgresLogEngine engine;

  InlineKeptViews(PostgresLogEngine engine) {
    this.engine = engine;
  }

  @Override
  public <T> ViewStore.Answer<T> read(String view, ViewStore.Reading<T> reading) {
    return engine.readView(view, reading);
  }

  /** Returns at once: a view has what was acknowledged, or has failed. */
  @Override
  public Awaited await(String view, long position, Duration timeout) {
    ViewStatus status =
        engine.inlineViews().stream()
            .filter(each -> each.name().equals(view))
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("no view is called '%s' here".formatted(view)));
    boolean live =
        switch (status.state()) {
          case ViewState.Live _ -> true;
          case ViewState.CatchingUp _,
              ViewState.Rebuilding _,
              ViewState.Failed _,
              ViewState.Stopped _ ->
              false;
        };
    return live && status.position() >= position
        ? new Awaited.Reached(status.position())
        : new Awaited.NotReached(status);
  }

  @Override
  public List<ViewStatus> status() {
    return engine.inlineViews();
  }

  /** Nothing gathers: the views move with each commit. */
  @Override
  public Gathering gather() {
    return () -> {};
  }

  @Override
  public void retry(String view) {
    engine.retryView(view);
  }

  @Override
  public void rebuild(String view) {
    engine.rebuildView(view);
  }

  /** Nothing to rewrite: a compaction of the engine reaches every table of its schema. */
  @Override
  public void compact() {}

  /** Nothing to stop: the views are part of the engine. */
  @Override
  public void close() {}
}
