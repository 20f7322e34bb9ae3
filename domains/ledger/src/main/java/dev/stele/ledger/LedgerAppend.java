package dev.stele.ledger;

import dev.stele.core.engine.Durability;
import dev.stele.ledger.event.SignedEvent;

/** What came of appending to a ledger. */
public sealed interface LedgerAppend {
  /**
   * The events are in the ledger.
   *
   * @param seqNo the number of the first
   * @param count how many, without a gap
   * @param position the position of the first in the log
   * @param last the last of them, as it was signed
   * @param durability what this ack means
   */
  record Appended(long seqNo, int count, long position, SignedEvent last, Durability durability)
      implements LedgerAppend {}

  /**
   * The event does not continue the ledger: somebody else did, or it was signed onto another.
   *
   * @param expected the hash of the ledger's head, in lower hex: sign onto this one
   * @param actual the previous hash that the event names, in lower hex
   */
  record ChainOrderingViolation(String expected, String actual) implements LedgerAppend {}

  /**
   * An event with this id is in the ledger.
   *
   * @param eventId the id
   * @param seqNo its number, or 0 when it is another event of the same request
   */
  record DuplicateEventId(String eventId, long seqNo) implements LedgerAppend {}

  /**
   * The event is not one that the ledger's gate admits.
   *
   * @param code {@code bad-shape}, {@code bad-time}, {@code bad-hash}, {@code unknown-key}, {@code
   *     revoked-key} or {@code bad-signature}
   * @param reason one sentence for people
   */
  record InvalidEvent(String code, String reason) implements LedgerAppend {}

  /**
   * The ledger does not verify, so nothing is appended to it.
   *
   * @param health what was found
   */
  record Corrupted(LedgerHealth.Corrupted health) implements LedgerAppend {}
}
