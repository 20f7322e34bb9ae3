package dev.stele.nostr.event;

/** Whether an event is what its author signed. */
public enum EventVerdict {
  /** The id is the hash of the event, and the signature is the author's over the id. */
  AUTHENTIC("authentic"),

  /** The id is not the hash of the event. */
  ID_MISMATCH("id-mismatch"),

  /** The id is right, but the signature is not the author's. */
  BAD_SIGNATURE("bad-signature");

  private final String code;

  EventVerdict(String code) {
    this.code = code;
  }

  /** Returns the verdict's name in reports and vectors. */
  public String code() {
    return code;
  }
}
