package dev.stele.nostr.store;

/** What came of an event that was given to a store. All of these are expected. */
public sealed interface StoreOutcome {
  /**
   * It is in the log, as durable as the store's options say, and visible.
   *
   * @param position where
   */
  record Stored(long position) implements StoreOutcome {}

  /** It was there already. */
  record Duplicate() implements StoreOutcome {}

  /** There is a newer version of it, or it was one and has gone. */
  record Superseded() implements StoreOutcome {}

  /** Its author has deleted it (NIP-09). */
  record Deleted() implements StoreOutcome {}

  /** Its author, or whom it is wrapped for, has vanished since (NIP-62). */
  record Vanished() implements StoreOutcome {}

  /** Its time has passed (NIP-40). */
  record Expired() implements StoreOutcome {}

  /** It is genuine, was passed on to those who follow, and is not kept. */
  record Ephemeral() implements StoreOutcome {}

  /**
   * It is no event that anybody signed, or is out of bounds.
   *
   * @param code one of those of {@link dev.stele.nostr.gate.NostrGate}
   * @param reason a sentence for a human
   */
  record Refused(String code, String reason) implements StoreOutcome {}

  /**
   * Nothing can be appended to the log.
   *
   * @param reason what was found when the log was checked
   */
  record ReadOnly(String reason) implements StoreOutcome {}
}
