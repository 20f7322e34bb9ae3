package dev.stele.ledger.event;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * What a source says happened, before anybody signed it.
 *
 * <p>Immutable. Not checked yet: {@link EventSigner#sign} says what is wrong with it.
 *
 * @param eventId the event's id, once in a ledger
 * @param eventType what kind of event this is
 * @param timestamp when it happened, in milliseconds since the epoch, by the source's clock
 * @param sourceId whom it comes from
 * @param sequence the source's own count, from 1
 * @param payload what happened; copied
 * @param payloadRef where more of it is kept, if anywhere
 */
public record CanonicalEvent(
    String eventId,
    String eventType,
    long timestamp,
    String sourceId,
    long sequence,
    byte[] payload,
    Optional<String> payloadRef) {
  /** Copies the payload. */
  public CanonicalEvent {
    payload = payload.clone();
  }

  /** Returns a copy of the payload. */
  @Override
  public byte[] payload() {
    return payload.clone();
  }

  byte[] payloadUnshared() {
    return payload;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CanonicalEvent that
        && eventId.equals(that.eventId)
        && eventType.equals(that.eventType)
        && timestamp == that.timestamp
        && sourceId.equals(that.sourceId)
        && sequence == that.sequence
        && Arrays.equals(payload, that.payload)
        && payloadRef.equals(that.payloadRef);
  }

  @Override
  public int hashCode() {
    return Objects.hash(eventId, timestamp, sourceId, sequence);
  }
}
