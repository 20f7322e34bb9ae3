package dev.stele.core.engine;

/**
 * An engine in which a log can begin behind events that were trimmed elsewhere: an optional power
 * of a {@link LogEngine}, without which a copy of a trimmed log cannot be put back.
 */
public interface Restorable {
  /**
   * As {@link LogEngine#commit} on a log that has no events yet, and makes of it one whose first
   * events were trimmed: what is left of those is stored in the same transaction.
   *
   * @param prefix what is left of the events that were trimmed
   * @param batch its rows follow them without a gap, and there is one at least: the receipt
   * @return committed, or {@link CommitResult.HeadMoved} where the log has events
   */
  CommitResult commitBehind(LogId log, TrimmedPrefix prefix, Batch batch, Durability durability);
}
