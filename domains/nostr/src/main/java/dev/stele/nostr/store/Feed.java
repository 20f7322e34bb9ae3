package dev.stele.nostr.store;

/**
 * What a follower gets until it is closed. Thread-safe.
 *
 * <p>A follower that is slower than the events come loses some, and can tell: {@link #lost} counts
 * them. Those of the log can be had by a query still.
 */
public interface Feed extends AutoCloseable {
  /** How many events were not given because too many waited already. */
  long lost();

  /**
   * Ends the feed: nothing is given after this returns, but for one event that is being given at
   * the time. Idempotent.
   */
  @Override
  void close();
}
