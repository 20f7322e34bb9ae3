package dev.stele.core.engine;

/**
 * Neighbouring positions of a log.
 *
 * @param first the first of them, from 1
 * @param last the last of them, not before the first
 */
public record PositionRange(long first, long last) {
  /** Checks the bounds. */
  public PositionRange {
    if (first < 1 || last < first) {
      throw new IllegalArgumentException("positions from %d to %d".formatted(first, last));
    }
  }

  /** How many positions these are. */
  public long count() {
    return last - first + 1;
  }
}
