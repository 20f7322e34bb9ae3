package dev.stele.nostr.relay;

/** What stands before the colon in an answer, for machines to read (NIP-01, NIP-42). */
public enum Prefix {
  /** It is there already. */
  DUPLICATE("duplicate"),
  /** A newer version of it is there. */
  REPLACED("replaced"),
  /** Too little work went into its id. */
  PROOF_OF_WORK("pow"),
  /** This author, kind or request is not wanted, or was deleted. */
  BLOCKED("blocked"),
  /** Too much at once; later it may pass. */
  RATE_LIMITED("rate-limited"),
  /** It is not as the protocol wants it. */
  INVALID("invalid"),
  /** Not for the keys that have authenticated. */
  RESTRICTED("restricted"),
  /** Only for those who have authenticated. */
  AUTH_REQUIRED("auth-required"),
  /** The relay does not know how. */
  UNSUPPORTED("unsupported"),
  /** It is over by the relay's doing. */
  CLOSED("closed"),
  /** Something is wrong with the relay. */
  ERROR("error");

  private final String text;

  Prefix(String text) {
    this.text = text;
  }

  /** Returns a message that begins with this prefix. */
  public String with(String reason) {
    return text + ": " + reason;
  }
}
