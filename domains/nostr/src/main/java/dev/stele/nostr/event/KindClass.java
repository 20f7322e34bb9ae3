package dev.stele.nostr.event;

/** What a relay keeps of the events of a kind (NIP-01, "Kinds"). */
public enum KindClass {
  /** Every event is kept. */
  REGULAR,

  /** The latest event of an author and kind is kept. */
  REPLACEABLE,

  /** Nothing is kept. */
  EPHEMERAL,

  /** The latest event of an author, kind and first {@code d} tag is kept. */
  ADDRESSABLE;

  /**
   * Returns the class of {@code kind}. Kinds outside every range that NIP-01 names, such as 45 to
   * 999 and 40000 upwards, are regular: of events whose meaning is unknown none may be dropped.
   */
  public static KindClass of(int kind) {
    if (kind == 0 || kind == 3 || (kind >= 10_000 && kind < 20_000)) {
      return REPLACEABLE;
    }
    if (kind >= 20_000 && kind < 30_000) {
      return EPHEMERAL;
    }
    if (kind >= 30_000 && kind < 40_000) {
      return ADDRESSABLE;
    }
    return REGULAR;
  }
}
