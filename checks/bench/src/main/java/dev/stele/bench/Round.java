package dev.stele.bench;

/**
 * What one side did in one round.
 *
 * @param perSecond events, or whatever the row counts, by wall clock
 * @param latencies of single calls; empty where the work ran in another process
 * @param bytesPerEvent what the process allocated for one event, -1 where nobody can tell
 */
record Round(double perSecond, Latencies latencies, double bytesPerEvent) {
  /** A round of which only the rate is known. */
  static Round ofRate(double perSecond) {
    return new Round(perSecond, new Latencies(), -1);
  }
}
