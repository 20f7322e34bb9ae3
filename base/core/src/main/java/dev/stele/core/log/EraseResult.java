package dev.stele.core.log;

import dev.stele.core.proof.Verdict;
import java.util.List;

/** What came of an erase. */
public sealed interface EraseResult {
  /**
   * The bodies are dropped, and receipts for them are in the log; durable, with a signed checkpoint
   * over the receipts. Bytes of them may linger on the medium until the log is compacted.
   *
   * @param events how many bodies were dropped
   * @param receipts the positions of the receipts
   */
  record Erased(long events, List<Long> receipts) implements EraseResult {}

  /** No event with a body matches. */
  record NothingToErase() implements EraseResult {}

  /**
   * An event that would have to go is of a stream that must be kept whole: the log's own receipts,
   * or what its domain cannot do without. Nothing was erased.
   *
   * @param position the event
   * @param stream its stream
   */
  record Kept(long position, String stream) implements EraseResult {}

  /**
   * The log does not verify, so nothing is erased from it.
   *
   * @param verdict what was found
   */
  record ReadOnly(Verdict verdict) implements EraseResult {}
}
