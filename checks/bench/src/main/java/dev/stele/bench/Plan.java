package dev.stele.bench;

import java.time.Duration;

/**
 * How much is measured.
 *
 * @param rounds of each side, in turns
 * @param round the length of each
 * @param warmUp the length of the round before them that is thrown away
 * @param readEvents in the logs that are read, proven and verified
 * @param signedEvents in the log whose signatures are verified
 * @param openEvents in the two logs that are opened
 * @param manyCallers in the row with the most callers
 * @param tableEvents in the table of five thousand events
 */
record Plan(
    int rounds,
    Duration round,
    Duration warmUp,
    int readEvents,
    int signedEvents,
    int[] openEvents,
    int manyCallers,
    int tableEvents) {
  /** Figures to publish: a log of a million events is opened. */
  static Plan full(Duration perSide) {
    return of(perSide, 7, 100_000, 20_000, new int[] {10_000, 1_000_000}, 5_000);
  }

  /** Figures to look at while working. */
  static Plan quick(Duration perSide) {
    return of(perSide, 3, 20_000, 5_000, new int[] {10_000, 100_000}, 1_000);
  }

  private static Plan of(
      Duration perSide, int rounds, int read, int signed, int[] open, int table) {
    Duration round = perSide.dividedBy(rounds);
    return new Plan(rounds, round, round, read, signed, open, 1_024, table);
  }
}
