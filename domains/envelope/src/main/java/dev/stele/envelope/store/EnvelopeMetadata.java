package dev.stele.envelope.store;

import java.time.Instant;
import java.util.Optional;

/**
 * What is known of an envelope without its payload.
 *
 * @param id its id
 * @param eventType its type
 * @param source who says to have seen it
 * @param position where it is in the log
 * @param recordedAt when the log recorded it
 * @param details the rest of its header, empty once it was erased
 */
public record EnvelopeMetadata(
    String id,
    String eventType,
    String source,
    long position,
    Instant recordedAt,
    Optional<Details> details) {
  /**
   * What goes with the payload when an envelope is erased.
   *
   * @param keyId which key signed it
   * @param nonce of the key
   * @param issuedAt when it was issued, to the microsecond
   * @param expiresAt when it was to expire, if ever
   * @param contentHash the SHA-256 of its canonical payload, 64 hex digits
   */
  public record Details(
      String keyId,
      String nonce,
      Instant issuedAt,
      Optional<Instant> expiresAt,
      String contentHash) {}
}
