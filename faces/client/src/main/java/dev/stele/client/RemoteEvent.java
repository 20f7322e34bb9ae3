package dev.stele.client;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * An event as a server tells it. Nothing of it is checked: see {@link RemoteLog#getVerified}.
 *
 * <p>Immutable; the arrays are copied out.
 *
 * @param position its place in the log, from 1
 * @param stream the stream it belongs to
 * @param revision its place in the stream, from 1
 * @param type what kind of event it is
 * @param id its id; empty when it has none
 * @param recordedAt when the log recorded it
 * @param admittedBy the gate that admitted it
 * @param subject whom it is about; empty for nobody, or when it was erased
 * @param payload empty when it was erased
 */
public record RemoteEvent(
    long position,
    String stream,
    long revision,
    String type,
    String id,
    Instant recordedAt,
    String admittedBy,
    String subject,
    Optional<byte[]> payload) {

  static RemoteEvent of(JsonObject json) throws JsonObject.Unfit {
    return new RemoteEvent(
        json.count("position"),
        json.text("stream"),
        json.count("revision"),
        json.text("type"),
        json.optionalText("id").orElse(""),
        instant(json.text("recordedAt")),
        json.text("admittedBy"),
        json.optionalText("subject").orElse(""),
        json.optionalBase64("payload"));
  }

  private static Instant instant(String text) throws JsonObject.Unfit {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw new JsonObject.Unfit("\"recordedAt\" is no instant");
    }
  }

  /** Tells whether the body is gone. */
  public boolean erased() {
    return payload.isEmpty();
  }

  /** Returns a copy of the payload. */
  @Override
  public Optional<byte[]> payload() {
    return payload.map(byte[]::clone);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RemoteEvent that
        && position == that.position
        && stream.equals(that.stream)
        && revision == that.revision
        && type.equals(that.type)
        && id.equals(that.id)
        && recordedAt.equals(that.recordedAt)
        && admittedBy.equals(that.admittedBy)
        && subject.equals(that.subject)
        && Arrays.equals(payload.orElse(null), that.payload.orElse(null));
  }

  @Override
  public int hashCode() {
    return Long.hashCode(position);
  }

  @Override
  public String toString() {
    return "RemoteEvent[position=%d, stream=%s, revision=%d, type=%s, id=%s]"
        .formatted(position, stream, revision, type, id);
  }
}
