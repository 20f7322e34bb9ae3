package dev.stele.mcp.store;

import java.time.Duration;

/**
 * How much is kept: what is older or more goes, the oldest first, and never because of what another
 * session or tenant has sent.
 *
 * <p>Messages, cursors and the word that a stream is complete count as events. Bytes are those of
 * messages.
 *
 * @param maxAge how old an event may become
 * @param maxEventsPerStream how many a stream keeps
 * @param maxBytesPerStream how many bytes a stream keeps
 * @param maxEventsPerSession how many all streams of a session keep together
 * @param maxBytesPerSession how many bytes they keep together
 */
public record McpRetention(
    Duration maxAge,
    long maxEventsPerStream,
    long maxBytesPerStream,
    long maxEventsPerSession,
    long maxBytesPerSession) {
  /** What no bound is set to. */
  public static final long UNBOUNDED = Long.MAX_VALUE;

  /** A hundred thousand years: longer than any log. */
  public static final Duration FOR_EVER = Duration.ofDays(36_500_000);

  /** Everything is kept. */
  public static final McpRetention NONE =
      new McpRetention(FOR_EVER, UNBOUNDED, UNBOUNDED, UNBOUNDED, UNBOUNDED);

  /** Checks the bounds. */
  public McpRetention {
    if (!maxAge.isPositive()
        || maxEventsPerStream < 1
        || maxBytesPerStream < 1
        || maxEventsPerSession < 1
        || maxBytesPerSession < 1) {
      throw new IllegalArgumentException("each bound of retention is positive");
    }
    maxAge = maxAge.compareTo(FOR_EVER) > 0 ? FOR_EVER : maxAge;
  }

  /** The same with another age. */
  public McpRetention maxAge(Duration other) {
    return new McpRetention(
        other, maxEventsPerStream, maxBytesPerStream, maxEventsPerSession, maxBytesPerSession);
  }

  /** The same with other bounds of each stream. */
  public McpRetention perStream(long maxEvents, long maxBytes) {
    return new McpRetention(maxAge, maxEvents, maxBytes, maxEventsPerSession, maxBytesPerSession);
  }

  /** The same with other bounds of each session. */
  public McpRetention perSession(long maxEvents, long maxBytes) {
    return new McpRetention(maxAge, maxEventsPerStream, maxBytesPerStream, maxEvents, maxBytes);
  }
}
