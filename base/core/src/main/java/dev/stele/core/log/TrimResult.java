package dev.stele.core.log;

import dev.stele.core.proof.Verdict;
import java.util.List;

/** What came of a trim. */
public sealed interface TrimResult {
  /**
   * The first events are gone, and a receipt for them is in the log; durable, with a signed
   * checkpoint over the receipt.
   *
   * @param upTo the last event that is gone: before the position asked for, at the end of a full
   *     tile
   * @param events how many were dropped by this call
   * @param receipts the positions of the receipts
   */
  record Trimmed(long upTo, long events, List<Long> receipts) implements TrimResult {}

  /**
   * There is no full tile of events before the position asked for that could go.
   *
   * @param reason why, in one sentence
   */
  record NothingToTrim(String reason) implements TrimResult {}

  /**
   * The log does not verify, so nothing is trimmed.
   *
   * @param verdict what was found
   */
  record ReadOnly(Verdict verdict) implements TrimResult {}
}
