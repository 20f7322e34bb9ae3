package dev.stele.ledger;

/** What there is under a sequence number. */
public sealed interface LedgerLookup {
  /**
   * An event.
   *
   * @param entry with its place
   */
  record Found(LedgerEntry entry) implements LedgerLookup {}

  /**
   * No event, or one that was erased.
   *
   * @param seqNo the number asked for
   */
  record EventNotFound(long seqNo) implements LedgerLookup {}
}
