package dev.stele.nostr.store;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogReader;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStore;
import dev.stele.nostr.view.NostrView;
import java.time.Duration;

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

  /** Reads what reflects everything that is in the log now. */
  <T> T read(ViewStore.Reading<T> reading) {
    return answer(reading).value();
  }

  /** As {@link #read}, and tells as of where. */
  <T> ViewStore.Answer<T> answer(ViewStore.Reading<T> reading) {
    return answerAt(log.head().size(), reading);
  }

  /** Reads what reflects a position. */
  <T> T at(long position, ViewStore.Reading<T> reading) {
    return answerAt(position, reading).value();
  }

  private <T> ViewStore.Answer<T> answerAt(long position, ViewStore.Reading<T> reading) {
    Awaited awaited = await(position);
    if (awaited instanceof Awaited.NotReached(var status)
        && status.state() instanceof ViewState.Failed) {
      // The disk may be back since; if not, it fails again.
      views.retry(NostrView.NAME);
      awaited = await(position);
    }
    if (awaited instanceof Awaited.NotReached(var status)) {
      throw new StorageFailed(
          "the view of events is at %d of %d: %s"
              .formatted(status.position(), status.logSize(), status.state()));
    }
    return views.read(NostrView.NAME, reading);
  }

  private Awaited await(long position) {
    try {
      return views.await(NostrView.NAME, position, PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageFailed("interrupted while a view caught up", e);
    }
  }
}
