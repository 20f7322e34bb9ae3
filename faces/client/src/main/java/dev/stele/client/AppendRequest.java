package dev.stele.client;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.Append;
import dev.stele.core.log.ExpectedRevision;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A request to append one or more events of one stream: all of them next to each other, or none.
 *
 * <p>Immutable.
 *
 * @param events 1 to {@value Append#MAX_EVENTS} events of the same stream
 * @param expected what the appender believes about that stream
 * @param durability what the ack must mean
 * @param idempotencyKey under which the server remembers what came of it: 1 to 255 characters of
 *     visible ASCII; drawn where it is left out, so that this client may send the request again.
 *     Give one of your own to send it again from another process
 * @param withProof whether the answer is checked against the trusted key before it is given
 */
public record AppendRequest(
    List<NewEvent> events,
    ExpectedRevision expected,
    Durability durability,
    Optional<String> idempotencyKey,
    boolean withProof) {
  /** The longest idempotency key, in characters: it travels in a header. */
  public static final int MAX_KEY_CHARACTERS = 255;

  private static final JsonFactory JSON = new JsonFactory();

  /** Checks the bounds and that all events are of one stream. */
  public AppendRequest {
    events = List.copyOf(events);
    if (events.isEmpty() || events.size() > Append.MAX_EVENTS) {
      throw new IllegalArgumentException(
          "an append has 1 to " + Append.MAX_EVENTS + " events, not " + events.size());
    }
    String stream = events.getFirst().stream();
    for (NewEvent event : events) {
      if (!event.stream().equals(stream)) {
        throw new IllegalArgumentException(
            "the events of one append share a stream, not '%s' and '%s'"
                .formatted(stream, event.stream()));
      }
    }
    if (idempotencyKey.isPresent() && !isKey(idempotencyKey.get())) {
      throw new IllegalArgumentException(
          "an idempotency key is 1 to %d characters of visible ASCII, not: %.40s"
              .formatted(MAX_KEY_CHARACTERS, idempotencyKey.get()));
    }
  }

  private static boolean isKey(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_KEY_CHARACTERS
        && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  /** A durable append of one event, with no expectation. */
  public static AppendRequest of(NewEvent event) {
    return of(List.of(event));
  }

  /** A durable append of events that stand or fall together, with no expectation. */
  public static AppendRequest of(List<NewEvent> events) {
    return new AppendRequest(
        events, ExpectedRevision.ANY, Durability.DURABLE, Optional.empty(), false);
  }

  /** The same, but only if the stream's last revision is {@code revision}. */
  public AppendRequest expecting(long revision) {
    return new AppendRequest(
        events, ExpectedRevision.exactly(revision), durability, idempotencyKey, withProof);
  }

  /** The same, acknowledged at another level. */
  public AppendRequest at(Durability level) {
    return new AppendRequest(events, expected, level, idempotencyKey, withProof);
  }

  /** The same under a given idempotency key. */
  public AppendRequest under(String key) {
    return new AppendRequest(events, expected, durability, Optional.of(key), withProof);
  }

  /** The same, with the answer's proof checked before it is given. */
  public AppendRequest proven() {
    return new AppendRequest(events, expected, durability, idempotencyKey, true);
  }

  /** The parameters of the request, from the question mark on. */
  String parameters() {
    String revision =
        switch (expected) {
          case ExpectedRevision.Any() -> "";
          case ExpectedRevision.Exactly(long exact) -> "&expectedRevision=" + exact;
        };
    return "?durability="
        + durability.name().toLowerCase(Locale.ROOT)
        + revision
        + (withProof ? "&proof=true" : "");
  }

  /** The body of the request. */
  byte[] json() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      json.writeArrayPropertyStart("events");
      for (NewEvent event : events) {
        json.writeStartObject();
        json.writeStringProperty("stream", event.stream());
        json.writeStringProperty("type", event.type());
        if (!event.id().isEmpty()) {
          json.writeStringProperty("id", event.id());
        }
        if (!event.subject().isEmpty()) {
          json.writeStringProperty("subject", event.subject());
        }
        json.writeBinaryProperty("payload", event.payload());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return out.toByteArray();
  }
}
