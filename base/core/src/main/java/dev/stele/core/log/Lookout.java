package dev.stele.core.log;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Looks for what other processes have appended to a shared log, on behalf of all who wait for it:
 * however many they are, the engine is asked once an interval. Thread-safe.
 */
final class Lookout {
  private final LogEngine engine;
  private final LogId log;
  private final long everyNanos;

  /** When the next look is due, by {@link System#nanoTime}. */
  private final AtomicLong due = new AtomicLong(System.nanoTime());

  private volatile long seen;

  Lookout(LogEngine engine, LogId log, Duration every) {
    if (every.isNegative() || every.isZero()) {
      throw new IllegalArgumentException("an engine looks every " + every + "; more than zero");
    }
    this.engine = engine;
    this.log = log;
    this.everyNanos = every.toNanos();
  }

  /** How long may be waited before the next look. */
  long everyNanos() {
    return everyNanos;
  }

  /** Whether the log was seen to have more than {@code size} events; looks when a look is due. */
  boolean sees(long size) {
    long now = System.nanoTime();
    long next = due.get();
    if (seen <= size && now - next >= 0 && due.compareAndSet(next, now + everyNanos)) {
      seen = engine.head(log).size();
    }
    return seen > size;
  }
}
