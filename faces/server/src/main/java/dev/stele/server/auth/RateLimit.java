package dev.stele.server.auth;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How many requests a second each caller may make: a bucket that fills at that rate and holds two
 * seconds of it. Thread-safe. It remembers the callers that came last, 10,000 of them.
 */
public final class RateLimit {
  /** 10,000 callers: whoever falls out begins with a full bucket. */
  private static final int MAX_CALLERS = 10_000;

  /** A bucket holds what comes in two seconds, so that a burst passes. */
  private static final int BURST_SECONDS = 2;

  private static final double NANOS_PER_SECOND = 1e9;

  private static final class Bucket {
    double left;
    long asOf;
  }

  private final int perSecond;
  private final LongSupplier nanoTime;
  private final ReentrantLock turn = new ReentrantLock();

  @SuppressWarnings("serial")
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MAX_CALLERS;
        }
      };

  /**
   * Limits each caller.
   *
   * @param perSecond 0 for no limit
   * @param nanoTime measures durations, as {@link System#nanoTime} does
   */
  public RateLimit(int perSecond, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
  }

  /** Takes one request of a caller's; tells whether there was one left. */
  public boolean admits(String caller) {
    if (perSecond == 0) {
      return true;
    }
    long now = nanoTime.getAsLong();
    double most = (double) perSecond * BURST_SECONDS;
    turn.lock();
    try {
      Bucket bucket = buckets.get(caller);
      if (bucket == null) {
        bucket = new Bucket();
        bucket.left = most;
        bucket.asOf = now;
        buckets.put(caller, bucket);
      }
      bucket.left =
          Math.min(most, bucket.left + (now - bucket.asOf) / NANOS_PER_SECOND * perSecond);
      bucket.asOf = now;
      if (bucket.left < 1) {
        return false;
      }
      bucket.left--;
      return true;
    } finally {
      turn.unlock();
    }
  }
}
