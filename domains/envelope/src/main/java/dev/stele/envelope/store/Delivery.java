package dev.stele.envelope.store;

import java.time.Instant;
import java.util.Optional;

/**
 * How far the delivery of an envelope to one destination is.
 *
 * @param eventId the envelope's id
 * @param destination in the caller's words, 1 to 256 bytes
 * @param status how far
 * @param attempts how often it was tried
 * @param lastAttemptAt when last, if ever
 */
public record Delivery(
    String eventId,
    String destination,
    Status status,
    int attempts,
    Optional<Instant> lastAttemptAt) {
  /** How far a delivery is. */
  public enum Status {
    /** Not tried yet, or to be tried again. */
    PENDING,
    /** Done. */
    SENT,
    /** The last attempt failed. */
    FAILED,
    /** It will not be tried again. */
    DEAD;

    /** The word that is stored. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
