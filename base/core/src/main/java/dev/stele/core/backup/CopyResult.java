package dev.stele.core.backup;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Verdict;

/** What came of copying a log into another engine. */
public sealed interface CopyResult {
  /**
   * The other engine holds the log as far as it was signed when the copy began, durably, and all of
   * it was re-computed there.
   *
   * @param verdict what was verified of the copy
   * @param signed what the log has signed for, and the copy has: origin, size and root
   * @param before how many events were there already
   * @param sourceSize how many events the log had when all was done: those behind {@code signed}
   *     came meanwhile, or were not signed for, and are left for the next time
   */
  record Copied(Verdict.Intact verdict, Checkpoint signed, long before, long sourceSize)
      implements CopyResult {}

  /** The log has signed nothing yet, so that nobody could tell a copy of it from another log. */
  record NothingSigned() implements CopyResult {}

  /**
   * What the other engine holds is not a beginning of the log that can be gone on with; nothing of
   * it was changed.
   *
   * @param reason why, as a sentence
   */
  record NotContinued(String reason) implements CopyResult {}

  /**
   * The log does not verify, and nothing more of it is copied.
   *
   * @param at the position of the first fault
   * @param detail what is wrong, as a phrase
   */
  record SourceUnsound(long at, String detail) implements CopyResult {}

  /**
   * The copy does not verify: its engine did not keep what it was given. It is of no use.
   *
   * @param at the position of the first fault
   * @param detail what is wrong, as a phrase
   */
  record Unsound(long at, String detail) implements CopyResult {}
}
