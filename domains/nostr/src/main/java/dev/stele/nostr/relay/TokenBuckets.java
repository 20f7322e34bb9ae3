package dev.stele.nostr.relay;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How often each of many callers may do something: a bucket of tokens for each, filled at a steady
 * rate. It remembers the 10,000 callers that came last. Thread-safe.
 */
public final class TokenBuckets {
  /** 10,000 callers: whoever falls out begins again with a full bucket. */
  static final int MAX_CALLERS = 10_000;

  private static final double NANOS_PER_MINUTE = 60e9;

  private static final class Bucket {
    double left;
    long asOfNanos;
  }

  private final int perMinute;
  private final int burst;
  private final LongSupplier nanoTime;
  private final ReentrantLock turn = new ReentrantLock();

  /** Under {@link #turn}. */
  @SuppressWarnings("serial")
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MAX_CALLERS;
        }
      };

  /**
   * Makes the buckets, each full at first.
   *
   * @param perMinute how many tokens come in a minute, at least 1
   * @param burst how many a bucket holds, at least 1
   * @param nanoTime measures durations, as {@link System#nanoTime} does
   */
  public TokenBuckets(int perMinute, int burst, LongSupplier nanoTime) {
    if (perMinute < 1 || burst < 1) {
      throw new IllegalArgumentException(
          "a rate and a burst are at least 1, not " + perMinute + " and " + burst);
    }
    this.perMinute = perMinute;
    this.burst = burst;
    this.nanoTime = nanoTime;
  }

  /** Takes a token of a caller's; false if there is none. */
  public boolean take(String caller) {
    long now = nanoTime.getAsLong();
    turn.lock();
    try {
      Bucket bucket = buckets.get(caller);
      if (bucket == null) {
        bucket = new Bucket();
        bucket.left = burst;
        bucket.asOfNanos = now;
        buckets.put(caller, bucket);
      }
      double come = (now - bucket.asOfNanos) / NANOS_PER_MINUTE * perMinute;
      bucket.left = Math.min(burst, bucket.left + come);
      bucket.asOfNanos = now;
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
