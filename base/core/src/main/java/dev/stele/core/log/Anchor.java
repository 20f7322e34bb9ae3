package dev.stele.core.log;

import java.util.Optional;

/**
 * A place outside the log that remembers the last checkpoint the log has signed.
 *
 * <p>It is what makes a log notice that it was truncated, rolled back to an older copy, or swapped
 * for another: none of these leaves a trace inside. One log writes to an anchor at a time.
 */
public interface Anchor extends AutoCloseable {
  /**
   * Makes this the only instance that records, in this process and in any other, until {@link
   * #close}. Who only reads takes nothing. Without it each {@link #record} stands for itself.
   *
   * @throws dev.stele.core.engine.StorageFailed when another one holds the anchor
   */
  default void take() {}

  /** The last recorded signed note, if there is one that is whole. */
  Optional<byte[]> last();

  /**
   * Replaces what is remembered; durable on return.
   *
   * @throws dev.stele.core.engine.StorageFailed when it cannot be written, or when somebody else
   *     has recorded since this instance last looked; until it succeeds, {@link #last} gives what
   *     was recorded before, or this
   */
  void record(byte[] signedNote);

  /**
   * What of the anchor is not as it was written, in one sentence, or empty. A crash while recording
   * can leave such a trace, and so can a change by hand; {@link #last} answers all the same when an
   * older checkpoint is whole.
   */
  default Optional<String> damage() {
    return Optional.empty();
  }

  /**
   * Tells, in one sentence, that another log than this one was known to be at this log's place; or
   * empty. A log that was exchanged together with its keys has an anchor of its own, or none; only
   * the place tells of it.
   */
  default Optional<String> stranger() {
    return Optional.empty();
  }

  /** What was re-computed of the log the last time, as far as that is remembered. */
  default Proven proven() {
    return Proven.NOTHING;
  }

  /** Remembers what was re-computed. Losing it costs nothing but another scrub. */
  default void recordProven(Proven proven) {}

  /** Tells whether a fault was found in the log, and nobody has verified it whole since. */
  default boolean suspected() {
    return false;
  }

  /**
   * Remembers that a fault was found, so that the log is checked whole when it is opened next; or
   * that it was verified whole.
   */
  default void suspect(boolean broken) {}

  /** Where it is, for people. */
  String describe();

  /** Gives back what was taken. Idempotent; reading goes on, and so does recording. */
  @Override
  default void close() {}
}
