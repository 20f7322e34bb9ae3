package dev.stele.core.engine;

import java.util.List;

/** An engine that can drop the bodies of events: an optional power of a {@link LogEngine}. */
public interface Erasable {
  /**
   * As {@link LogEngine#commit}, and drops the bodies of events that are there already, in the same
   * transaction: either the batch is stored and the bodies are gone, or neither. Links, records and
   * index keys stay.
   *
   * <p>Dropped bytes may linger on the medium until {@link Compactable#compact}.
   *
   * @param erased ascending, none overlapping another, all within {@code expected}; events without
   *     a body, and positions that were trimmed, are passed over
   */
  CommitResult commitErasing(
      LogId log, Head expected, Batch batch, List<PositionRange> erased, Durability durability);
}
