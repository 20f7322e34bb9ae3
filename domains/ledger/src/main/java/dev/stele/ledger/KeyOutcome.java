package dev.stele.ledger;

/** What came of an act on a key. */
public sealed interface KeyOutcome {
  /**
   * The act is in the log, durably, and holds for everything after it.
   *
   * @param keyId the key that was registered, rotated in, or revoked
   * @param position the act's position
   */
  record Recorded(String keyId, long position) implements KeyOutcome {}

  /**
   * The act is not one that counts.
   *
   * @param code {@code bad-shape}, {@code bad-signature}, {@code bad-time}, {@code known-key},
   *     {@code unknown-key}, {@code revoked-key} or {@code too-many-keys}
   * @param reason one sentence for people
   */
  record Refused(String code, String reason) implements KeyOutcome {}

  /**
   * The ledger does not verify, so nothing is appended to it.
   *
   * @param health what was found
   */
  record Corrupted(LedgerHealth.Corrupted health) implements KeyOutcome {}
}
