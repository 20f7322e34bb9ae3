package dev.stele.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often a request is sent again, and how long is waited in between: twice as long each time, up
 * to a longest pause, of which a half is left to chance, so that many clients do not come back at
 * once. A longer {@code Retry-After} of the server is obeyed.
 *
 * @param attempts how often a request is sent at most, 1 to 100
 * @param firstPause before the second attempt; positive
 * @param longestPause what no pause drawn here exceeds, at least {@code firstPause}
 * @param patience after so long no further attempt begins; zero or longer
 */
public record RetryPolicy(
    int attempts, Duration firstPause, Duration longestPause, Duration patience) {
  /** The most attempts of one request: at the longest default pause that is eight minutes. */
  public static final int MAX_ATTEMPTS = 100;

  /**
   * Ten attempts in half a minute, beginning after 50 ms: a server that is restarted is back by
   * then, and a caller who waits for longer should know.
   */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(10, Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ofSeconds(30));

  /** One attempt, whatever comes of it. */
  public static final RetryPolicy NONE =
      new RetryPolicy(1, Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ZERO);

  /** Checks the bounds. */
  public RetryPolicy {
    if (attempts < 1 || attempts > MAX_ATTEMPTS) {
      throw new IllegalArgumentException(
          "1 to " + MAX_ATTEMPTS + " attempts are made, not " + attempts);
    }
    if (!firstPause.isPositive()
        || longestPause.compareTo(firstPause) < 0
        || patience.isNegative()) {
      throw new IllegalArgumentException(
          "pauses of %s to %s, for %s".formatted(firstPause, longestPause, patience));
    }
  }

  /**
   * Draws the pause after the given number of failures in a row.
   *
   * @param failures 1 or more
   */
  Duration pause(int failures, RandomGenerator random) {
    Duration doubled = firstPause;
    for (int i = 1; i < failures && doubled.compareTo(longestPause) < 0; i++) {
      doubled = doubled.multipliedBy(2);
    }
    long nanos = (doubled.compareTo(longestPause) < 0 ? doubled : longestPause).toNanos();
    return Duration.ofNanos(nanos - nanos / 2 + random.nextLong(nanos / 2 + 1));
  }
}
