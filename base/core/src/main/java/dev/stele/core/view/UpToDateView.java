package dev.stele.core.view;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogReader;
import java.time.Duration;

/**
 * One view of a log, read once it reflects what was appended before the question: for stores whose
 * answers must not be behind their acks.
 *
 * <p>A view that failed is let try once more, since the disk may be back. Waits up to {@link
 * #PATIENCE}, then throws {@link StorageFailed}, as it does when interrupted, with the flag set.
 * Thread-safe.
 */
public final class UpToDateView {
  /** 60 seconds to reach what was just appended; it takes milliseconds, but after a long import. */
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private final LogReader log;
  private final KeptViews views;
  private final String view;

  /**
   * A view that is kept.
   *
   * @param log it retells
   * @param views it is one of
   * @param view its name
   */
  public UpToDateView(LogReader log, KeptViews views, String view) {
    this.log = log;
    this.views = views;
    this.view = view;
  }

  /** Reads what reflects everything that is in the log now. */
  public <T> T read(ViewStore.Reading<T> reading) {
    return answer(reading).value();
  }

  /** As {@link #read}, and tells as of where. */
  public <T> ViewStore.Answer<T> answer(ViewStore.Reading<T> reading) {
    return answerAt(log.head().size(), reading);
  }

  /** Reads what reflects a position, or more. */
  public <T> T at(long position, ViewStore.Reading<T> reading) {
    return answerAt(position, reading).value();
  }

  private <T> ViewStore.Answer<T> answerAt(long position, ViewStore.Reading<T> reading) {
    Awaited awaited = await(position);
    if (awaited instanceof Awaited.NotReached(var status)
        && status.state() instanceof ViewState.Failed) {
      views.retry(view);
      awaited = await(position);
    }
    if (awaited instanceof Awaited.NotReached(var status)) {
      throw new StorageFailed(
          "the view %s is at %d of %d: %s"
              .formatted(view, status.position(), status.logSize(), status.state()));
    }
    return views.read(view, reading);
  }

  private Awaited await(long position) {
    try {
      return views.await(view, position, PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageFailed("interrupted while a view caught up", e);
    }
  }
}
