package dev.stele.client;

import dev.stele.core.event.EventDraft;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An event to append. Nobody signs it here: the log vouches for its order and its bytes, and who
 * wants an author vouched for puts a signature into the payload.
 *
 * <p>Immutable; the payload is copied in and out.
 *
 * @param stream the stream to join: 1 to 1,024 bytes of UTF-8
 * @param type what kind of event this is: 1 to 256 bytes of UTF-8
 * @param id taken once in the log; empty for none, at most 1,024 bytes
 * @param payload 0 to 8 MiB
 * @param subject whom the event is about, for erasure; empty for nobody, at most 1,024 bytes
 */
public record NewEvent(String stream, String type, String id, byte[] payload, String subject) {
  /** Checks the bounds that the log will check, and copies the payload. */
  public NewEvent {
    require("a stream", stream, 1, EventDraft.MAX_STREAM_BYTES);
    require("a type", type, 1, EventDraft.MAX_TYPE_BYTES);
    require("an id", id, 0, EventDraft.MAX_ID_BYTES);
    require("a subject", subject, 0, EventDraft.MAX_SUBJECT_BYTES);
    if (payload.length > EventDraft.MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "a payload has at most %d bytes, not %d"
              .formatted(EventDraft.MAX_PAYLOAD_BYTES, payload.length));
    }
    payload = payload.clone();
  }

  private static void require(String what, String text, int min, int max) {
    if (!EventDraft.fits(text, min, max)) {
      throw new IllegalArgumentException(
          "%s has %d to %d bytes of well-formed UTF-8, not %d characters: %.40s"
              .formatted(what, min, max, text.length(), text));
    }
  }

  /** An event without id or subject. */
  public static NewEvent of(String stream, String type, byte[] payload) {
    return new NewEvent(stream, type, "", payload, "");
  }

  /** An event without id or subject, whose payload is a text in UTF-8, such as JSON. */
  public static NewEvent of(String stream, String type, String text) {
    return of(stream, type, text.getBytes(StandardCharsets.UTF_8));
  }

  /** The same with an id: it is appended once, however often it is sent. */
  public NewEvent withId(String other) {
    return new NewEvent(stream, type, other, payload, subject);
  }

  /** The same, about somebody. */
  public NewEvent about(String other) {
    return new NewEvent(stream, type, id, payload, other);
  }

  /** Returns a copy of the payload. */
  @Override
  public byte[] payload() {
    return payload.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NewEvent that
        && stream.equals(that.stream)
        && type.equals(that.type)
        && id.equals(that.id)
        && Arrays.equals(payload, that.payload)
        && subject.equals(that.subject);
  }

  @Override
  public int hashCode() {
    return 31 * stream.hashCode() + Arrays.hashCode(payload);
  }

  @Override
  public String toString() {
    return "NewEvent[stream=%s, type=%s, id=%s, payload=%d bytes]"
        .formatted(stream, type, id, payload.length);
  }
}
