package dev.stele.core.upkeep;

import java.time.Duration;
import java.util.List;

/**
 * A store that measures itself while it runs. What nobody has measured is left out, never guessed.
 * Thread-safe.
 */
public interface Measured {
  /**
   * How long calls of one kind took, since the store was opened.
   *
   * @param name of the operation, such as {@code append}
   * @param count how many there were
   * @param median of their times
   * @param ninetyNinth which 99 of 100 did not exceed
   */
  record OperationTimes(String name, long count, Duration median, Duration ninetyNinth) {}

  /**
   * How often a cache had what was asked for, since the store was opened.
   *
   * @param name of the cache
   * @param hits how often it had
   * @param misses how often it had not
   */
  record CacheUse(String name, long hits, long misses) {
    /** The part that it had, 0 where nothing was asked for. */
    public double hitRate() {
      return hits + misses == 0 ? 0 : (double) hits / (hits + misses);
    }
  }

  /** Its operations, by name. */
  List<OperationTimes> operations();

  /** Its caches, by name. */
  List<CacheUse> caches();
}
