package dev.stele.mcp.store;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Figures of a store.
 *
 * @param totalEvents messages and cursors that are there
 * @param totalStreams streams that have some
 * @param sessions sessions that were put and not ended
 * @param oldestEvent when the first of them was appended
 * @param newestEvent when the last was
 * @param sizeBytes what the store takes on disk, or in memory where it has none
 * @param cacheSize how many events memory holds
 * @param cacheBytes what these take
 * @param cacheHits replays that memory answered
 * @param cacheMisses replays that had to read the log
 * @param latencies of each operation, by its name
 */
public record McpStoreStats(
    long totalEvents,
    long totalStreams,
    long sessions,
    Optional<Instant> oldestEvent,
    Optional<Instant> newestEvent,
    long sizeBytes,
    long cacheSize,
    long cacheBytes,
    long cacheHits,
    long cacheMisses,
    Map<String, Latency> latencies) {
  /** Copies the map. */
  public McpStoreStats {
    latencies = Map.copyOf(latencies);
  }

  /**
   * How long an operation takes.
   *
   * @param count how often it was called
   * @param failures how often it threw
   * @param meanMicros the mean of all calls, in microseconds
   * @param p50Micros the median of recent calls
   * @param p99Micros what one in a hundred recent calls exceeds
   * @param maxMicros the longest call of all
   */
  public record Latency(
      long count,
      long failures,
      double meanMicros,
      long p50Micros,
      long p99Micros,
      long maxMicros) {}
}
