package dev.stele.envelope.gate;

/** Why an envelope is not valid, in the words that travel. */
public enum Category {
  /** The bytes are no envelope. On the wire it is {@code structure_invalid}, as a shape is. */
  UNDECODABLE("structure_invalid"),
  /** A field has another form than it must have. */
  STRUCTURE_INVALID("structure_invalid"),
  /** The payload is not the one whose hash is signed. */
  HASH_MISMATCH("hash_mismatch"),
  /** The signature is not that of the public key over the header. */
  SIGNATURE_INVALID("signature_invalid"),
  /** The key is not, not yet, or no longer the one that its id names. */
  KEY_ID_MISMATCH("key_id_mismatch"),
  /** The envelope has expired, or is older than what is taken. */
  EXPIRED("expired"),
  /** The envelope was issued further ahead than a clock may be. */
  TIMESTAMP_FUTURE("timestamp_future"),
  /** The nonce was used before. */
  REPLAY_DETECTED("replay_detected"),
  /** The nonce is evidently not random. */
  NONCE_INSECURE("nonce_insecure"),
  /** The type is not registered. */
  EVENT_TYPE_INVALID("event_type_invalid"),
  /** The version, algorithm or canonical form is not the one there is. */
  UNSUPPORTED_VERSION("unsupported_version"),
  /** The payload is too large or nests too deep. */
  PAYLOAD_TOO_LARGE("payload_too_large");

  private final String wireName;

  Category(String wireName) {
    this.wireName = wireName;
  }

  /** One of eleven words for programs. */
  public String wireName() {
    return wireName;
  }

  /** Where it was noticed: {@code decode} or {@code verify}. */
  public String stage() {
    return this == UNDECODABLE ? "decode" : "verify";
  }
}
