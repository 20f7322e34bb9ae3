package dev.stele.ledger;

import dev.stele.core.proof.Fault;

/** What is wrong with a ledger, in the words of the ledger. */
public sealed interface LedgerFault {
  /**
   * An event is missing.
   *
   * @param expected the sequence number that was next
   * @param actual the one that was there, 0 for none
   */
  record SequenceViolation(long expected, long actual) implements LedgerFault {}

  /**
   * A sequence number is there twice, or after a larger one.
   *
   * @param seqNo the number
   */
  record DuplicateSequence(long seqNo) implements LedgerFault {}

  /**
   * An event is there, but not as it was written.
   *
   * @param seqNo its number
   * @param detail one sentence for people
   */
  record CorruptionDetected(long seqNo, String detail) implements LedgerFault {}

  /** The words of the ledger for what a verifier found at the event numbered {@code seqNo}. */
  static LedgerFault of(Fault fault, long seqNo) {
    return switch (fault) {
      case Fault.Gap _ -> new SequenceViolation(seqNo, 0);
      case Fault.Link _,
          Fault.Payload _,
          Fault.Signature _,
          Fault.Claim _,
          Fault.Checkpoint _,
          Fault.View _ ->
          new CorruptionDetected(seqNo, fault.code() + ": " + fault.detail());
    };
  }
}
