package dev.stele.bench;

/**
 * Counts durations in buckets an eighth of a power of two wide, so that a percentile is off by at
 * most 6 %. One thread at a time.
 */
final class Latencies {
  private static final int STEPS_LOG = 3;
  private static final int STEPS = 1 << STEPS_LOG;

  private final long[] counts = new long[64 * STEPS];
  private long total;

  void add(long nanos) {
    counts[bucket(Math.max(nanos, 1))]++;
    total++;
  }

  void addAll(Latencies others) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += others.counts[i];
    }
    total += others.total;
  }

  /**
   * The duration that {@code share} of all do not exceed, in nanoseconds; 0 when there are none.
   */
  long percentile(double share) {
    long rank = (long) Math.ceil(share * total);
    long seen = 0;
    for (int i = 0; i < counts.length && total > 0; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return middle(i);
      }
    }
    return 0;
  }

  private static int bucket(long nanos) {
    int power = 63 - Long.numberOfLeadingZeros(nanos);
    int step = power <= STEPS_LOG ? 0 : (int) (nanos >>> (power - STEPS_LOG)) & (STEPS - 1);
    return power * STEPS + step;
  }

  private static long middle(int bucket) {
    int power = bucket / STEPS;
    long width = power <= STEPS_LOG ? 1 : 1L << (power - STEPS_LOG);
    return (1L << power) + (bucket % STEPS) * width + width / 2;
  }
}
