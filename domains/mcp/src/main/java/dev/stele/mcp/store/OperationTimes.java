package dev.stele.mcp.store;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** How long each operation takes. Thread-safe. */
final class OperationTimes {
  /** The last 1,024 calls of an operation tell its median and its slowest hundredth. */
  private static final int RECENT = 1_024;

  private static final class Times {
    private final long[] recentNanos = new long[RECENT];
    private long count;
    private long failures;
    private long sumNanos;
    private long maxNanos;

    synchronized void add(long nanos, boolean failed) {
      recentNanos[(int) (count % RECENT)] = nanos;
      count++;
      failures += failed ? 1 : 0;
      sumNanos += nanos;
      maxNanos = Math.max(maxNanos, nanos);
    }

    synchronized McpStoreStats.Latency latency() {
      long[] sorted = Arrays.copyOf(recentNanos, (int) Math.min(count, RECENT));
      Arrays.sort(sorted);
      return new McpStoreStats.Latency(
          count,
          failures,
          sumNanos / 1_000.0 / count,
          micros(sorted[(sorted.length - 1) / 2]),
          micros(sorted[(sorted.length - 1) * 99 / 100]),
          micros(maxNanos));
    }
  }

  private final Map<String, Times> byOperation = new ConcurrentHashMap<>();

  void add(String operation, long nanos, boolean failed) {
    byOperation.computeIfAbsent(operation, _ -> new Times()).add(nanos, failed);
  }

  Map<String, McpStoreStats.Latency> latencies() {
    return byOperation.entrySet().stream()
        .collect(
            Collectors.toUnmodifiableMap(Map.Entry::getKey, each -> each.getValue().latency()));
  }

  private static long micros(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos);
  }
}
