package dev.stele.ledger;

import dev.stele.core.proof.Verdict;

/** How a ledger was found when it was opened. */
public sealed interface LedgerHealth {
  /** The node that opened it. */
  String nodeId();

  /** Tells whether events may be appended. */
  default boolean isOk() {
    return this instanceof Ok;
  }

  /**
   * It verifies.
   *
   * @param nodeId the node that opened it
   */
  record Ok(String nodeId) implements LedgerHealth {}

  /**
   * It does not. It can be read, and nothing is appended.
   *
   * @param nodeId the node that opened it
   * @param lastGood the number of the last event before the fault, 0 for none
   * @param firstBad the number of the first event that cannot be shown to be good
   * @param error what is wrong
   * @param verdict the same by log position, for the tools of the log
   */
  record Corrupted(
      String nodeId, long lastGood, long firstBad, LedgerFault error, Verdict.Broken verdict)
      implements LedgerHealth {}
}
