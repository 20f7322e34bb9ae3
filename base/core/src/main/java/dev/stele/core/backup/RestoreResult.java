package dev.stele.core.backup;

import dev.stele.core.proof.Verdict;

/** What came of putting a chain into an empty engine. */
public sealed interface RestoreResult {
  /**
   * The engine holds the log, durably, and all of it was re-computed.
   *
   * @param verdict what was verified
   * @param forgotten how many events of the chain were left out, or have lost their bodies, because
   *     a receipt in a later part says so
   */
  record Restored(Verdict.Intact verdict, long forgotten) implements RestoreResult {}

  /**
   * What the engine holds now is of no use: the chain is not what a log has signed for.
   *
   * @param at the position of the first fault
   * @param detail what is wrong, as a phrase
   */
  record Unsound(long at, String detail) implements RestoreResult {}
}
