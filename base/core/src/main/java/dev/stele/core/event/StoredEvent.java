package dev.stele.core.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An event with its place in the log: what reads and subscriptions give.
 *
 * <p>A view over the stored bytes; nothing is decoded before it is asked for. Immutable and
 * thread-safe. Reading an event does not prove it: that is the verifier's work, or a proof's.
 */
public final class StoredEvent {
  private final byte[] link;
  private final byte[] record;
  private final byte @Nullable [] body;

  /**
   * Wraps stored bytes, which the caller gives away.
   *
   * @param link the 32-byte link of {@code record}
   * @param record the record as specified in {@link EventRecord}
   * @param body the body as specified in {@link Body}, or null when it was erased
   */
  public StoredEvent(byte[] link, byte[] record, byte @Nullable [] body) {
    this.link = link;
    this.record = record;
    this.body = body;
  }

  /** The place in the log, from 1. */
  public long position() {
    return ByteBuffer.wrap(record).getLong(EventRecord.POSITION_AT);
  }

  /** The place in its stream, from 1. */
  public long revision() {
    return EventRecord.revision(record);
  }

  /** When the log recorded the event, by its own clock, never earlier than the event before. */
  public Instant recordedAt() {
    return Instant.ofEpochMilli(EventRecord.recordedAtMillis(record));
  }

  /** The stream this event belongs to. */
  public String stream() {
    return text(EventRecord.STREAM_AT);
  }

  /** What kind of event this is, in its domain's words. */
  public String type() {
    return text(fieldAt(1));
  }

  /** The event's id in its domain's words; empty when it has none. */
  public String id() {
    return text(fieldAt(2));
  }

  /** The name and version of the gate that admitted the event, such as {@code ledger/1}. */
  public String admittedBy() {
    int at = fieldAt(3);
    return new String(record, at + 1, record[at] & 0xff, StandardCharsets.UTF_8);
  }

  /** A copy of the payload, or empty when the event was erased. */
  public Optional<byte[]> payload() {
    return body == null
        ? Optional.empty()
        : Optional.of(Arrays.copyOfRange(body, Body.payloadOffset(body), body.length));
  }

  /** A copy of the salt, or empty when the event was erased. */
  public Optional<byte[]> salt() {
    return body == null ? Optional.empty() : Optional.of(Arrays.copyOf(body, Body.SALT_BYTES));
  }

  /** The claims the event made, in its order; empty when the event was erased. */
  public List<Claim> claims() {
    return body == null ? List.of() : Body.claims(body);
  }

  /** Whom the event is about; empty when nobody was named or the event was erased. */
  public String subject() {
    return body == null ? "" : Body.subject(body);
  }

  /** Tells whether the body is gone. */
  public boolean erased() {
    return body == null;
  }

  /** A copy of the 32-byte hash of the body, which stays after an erase. */
  public byte[] bodyHash() {
    return Arrays.copyOfRange(record, EventRecord.BODY_HASH_AT, EventRecord.RECORDED_AT_AT);
  }

  /** A copy of the 32-byte link of the event before this one. */
  public byte[] previousLink() {
    return Arrays.copyOfRange(record, EventRecord.PREVIOUS_LINK_AT, EventRecord.BODY_HASH_AT);
  }

  /** A copy of this event's 32-byte link, which is also its leaf hash in the Merkle tree. */
  public byte[] link() {
    return link.clone();
  }

  /** A copy of the record: the entry of the transparency log. */
  public byte[] record() {
    return record.clone();
  }

  /** A copy of the body, or empty when the event was erased. */
  public Optional<byte[]> body() {
    return body == null ? Optional.empty() : Optional.of(body.clone());
  }

  private int fieldAt(int number) {
    int at = EventRecord.STREAM_AT;
    for (int i = 0; i < number; i++) {
      at += 2 + shortAt(at);
    }
    return at;
  }

  private int shortAt(int at) {
    return (record[at] & 0xff) << 8 | (record[at + 1] & 0xff);
  }

  private String text(int at) {
    return new String(record, at + 2, shortAt(at), StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StoredEvent that
        && Arrays.equals(record, that.record)
        && Arrays.equals(body, that.body);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(record);
  }

  @Override
  public String toString() {
    return "StoredEvent[position=%d, stream=%s, revision=%d, type=%s, id=%s]"
        .formatted(position(), stream(), revision(), type(), id());
  }
}
