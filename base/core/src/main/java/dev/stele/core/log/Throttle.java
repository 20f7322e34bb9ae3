package dev.stele.core.log;

import java.time.Duration;
import java.util.function.LongConsumer;

/**
 * Holds a task to a rate: told how far it is, it sleeps whenever that is too far.
 *
 * <p>An interrupt ends the sleep and is left set. One thread at a time.
 */
public final class Throttle implements LongConsumer {
  private final long eventsPerSecond;
  private final long began = System.nanoTime();
  private long before = -1;
  private long done;

  /** At most so many events a second, 1 or more. */
  public Throttle(long eventsPerSecond) {
    if (eventsPerSecond < 1) {
      throw new IllegalArgumentException("a rate is 1 or more, not " + eventsPerSecond);
    }
    this.eventsPerSecond = eventsPerSecond;
  }

  @Override
  public void accept(long position) {
    done += before < 0 || position < before ? 0 : position - before;
    before = position;
    long due = (long) (done * 1e9 / eventsPerSecond);
    long ahead = due - (System.nanoTime() - began);
    if (ahead > 0) {
      try {
        Thread.sleep(Duration.ofNanos(ahead));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
