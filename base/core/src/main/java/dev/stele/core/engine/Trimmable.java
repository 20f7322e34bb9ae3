package dev.stele.core.engine;

/** An engine that can drop the first events of a log: an optional power of a {@link LogEngine}. */
public interface Trimmable {
  /**
   * As {@link LogEngine#commit}, and drops the rows up to a position, in the same transaction.
   *
   * <p>What stays: tiles and checkpoints; the stream index; in the claim index the claims that
   * never expire, so that a forgotten event cannot be appended again. Claims of these rows that can
   * expire or be released leave the index. Reading after 0 then begins with the first row there is.
   *
   * @param upTo the last position to drop, less than the size of {@code expected}
   */
  CommitResult commitTrimming(
      LogId log, Head expected, Batch batch, long upTo, Durability durability);
}
