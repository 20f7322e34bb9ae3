package dev.stele.core.engine;

import java.util.Collection;
import java.util.Map;

/**
 * An engine that answers for many claims at once: an optional power of a {@link LogEngine}, for
 * those behind a network, where every question is a round trip.
 */
public interface FindsMany {
  /**
   * As {@link LogEngine#find} for each of some claims, as of one moment.
   *
   * @return the last position of each claim that was made; those that none made are not in it
   */
  Map<IndexKey, Long> findAll(LogId log, Collection<IndexKey> claims);
}
