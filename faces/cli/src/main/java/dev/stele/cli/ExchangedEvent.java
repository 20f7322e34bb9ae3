package dev.stele.cli;

import dev.stele.core.event.EventDraft;
import dev.stele.core.event.StoredEvent;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * An event as other programs exchange it: {@code docs/format/exchange.md}.
 *
 * @param id its id
 * @param stream the stream it is of
 * @param message the message as JSON text; where it is none, an object that says so
 * @param timestamp when it happened
 */
record ExchangedEvent(String id, String stream, String message, OffsetDateTime timestamp) {
  /** The type of an event that came from elsewhere: its payload has the time and the message. */
  static final String IMPORTED = "imported";

  /** The member that holds a message which is not JSON. */
  static final String NOT_JSON = "not_json_base64";

  /** A row: the largest payload, in base64, with room for everything else. */
  static final int MAX_ROW_BYTES = EventDraft.MAX_PAYLOAD_BYTES / 3 * 4 + 64 * 1024;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(512)
                  .maxStringLength(MAX_ROW_BYTES)
                  .maxNumberLength(4_096)
                  .build())
          .build();

  /** What came of reading a row. */
  sealed interface Read {
    record Ok(ExchangedEvent event) implements Read {}

    record Refused(String id, String code, String reason) implements Read {}
  }

  /** Reads a row. */
  static Read parse(byte[] row, ZoneId zone) {
    if (row.length > MAX_ROW_BYTES) {
      return new Read.Refused(
          "", "too-large", "a row has at most %d bytes".formatted(MAX_ROW_BYTES));
    }
    Optional<String> text = utf8(row);
    if (text.isEmpty()) {
      return new Read.Refused("", "not-utf8", "the row is not UTF-8");
    }
    @Nullable String id = null;
    @Nullable String stream = null;
    @Nullable String message = null;
    @Nullable String timestamp = null;
    try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), text.get())) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return new Read.Refused("", "not-json", "a row is one JSON object");
      }
      while (in.nextToken() != JsonToken.END_OBJECT) {
        String name = in.currentName();
        in.nextToken();
        switch (name) {
          case "event_id" -> id = string(in);
          case "stream_id" -> stream = string(in);
          case "timestamp" -> timestamp = string(in);
          case "message" -> message = copy(in);
          default -> in.skipChildren();
        }
      }
      if (in.nextToken() != null) {
        return new Read.Refused(shown(id), "not-json", "text after the object");
      }
    } catch (JacksonException e) {
      return new Read.Refused(shown(id), "not-json", "the row is not JSON");
    }
    return of(id, stream, message, timestamp, zone);
  }

  private static String shown(@Nullable String id) {
    return id == null ? "" : id;
  }

  /** Puts a row together, from whatever it was read. */
  static Read of(
      @Nullable String id,
      @Nullable String stream,
      @Nullable String message,
      @Nullable String timestamp,
      ZoneId zone) {
    if (id == null || id.isEmpty()) {
      return new Read.Refused("", "no-id", "the row has no event_id");
    }
    if (stream == null || stream.isEmpty()) {
      return new Read.Refused(id, "no-stream", "the row has no stream_id");
    }
    if (message == null) {
      return new Read.Refused(id, "no-message", "the row has no message");
    }
    Optional<OffsetDateTime> time =
        timestamp == null ? Optional.empty() : Moments.parse(timestamp, zone);
    return time.isEmpty()
        ? new Read.Refused(id, "bad-time", "the row's timestamp is no time as ISO 8601 has it")
        : new Read.Ok(new ExchangedEvent(id, stream, message, time.get()));
  }

  private static @Nullable String string(JsonParser in) {
    if (in.currentToken() == JsonToken.VALUE_STRING) {
      return in.getString();
    }
    in.skipChildren();
    return null;
  }

  private static String copy(JsonParser in) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      generator.copyCurrentStructureExact(in);
    }
    return out.toString();
  }

  // ---- to and from the log ----

  /** The payload under which it is kept. */
  byte[] payload() {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      generator.writeStartObject();
      generator.writeName("timestamp");
      generator.writeString(timestamp.toString());
      generator.writeName("message");
      generator.writeRawValue(message);
      generator.writeEndObject();
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** A stored event as others are to see it; empty when its payload was erased. */
  static Optional<ExchangedEvent> of(StoredEvent event, String origin) {
    if (event.payload().isEmpty()) {
      return Optional.empty();
    }
    String id = event.id().isEmpty() ? origin + "/" + event.position() : event.id();
    byte[] payload = event.payload().get();
    if (event.type().equals(IMPORTED)) {
      Optional<ExchangedEvent> imported = unwrap(id, event.stream(), payload);
      if (imported.isPresent()) {
        return imported;
      }
    }
    return Optional.of(
        new ExchangedEvent(
            id, event.stream(), message(payload), event.recordedAt().atOffset(ZoneOffset.UTC)));
  }

  private static Optional<ExchangedEvent> unwrap(String id, String stream, byte[] payload) {
    @Nullable String timestamp = null;
    @Nullable String message = null;
    try (JsonParser in =
        FACTORY.createParser(ObjectReadContext.empty(), utf8(payload).orElse(""))) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (in.nextToken() != JsonToken.END_OBJECT) {
        String name = in.currentName();
        in.nextToken();
        switch (name) {
          case "timestamp" -> timestamp = string(in);
          case "message" -> message = copy(in);
          default -> {
            return Optional.empty();
          }
        }
      }
    } catch (JacksonException e) {
      return Optional.empty();
    }
    return of(id, stream, message, timestamp, ZoneOffset.UTC) instanceof Read.Ok(ExchangedEvent ok)
        ? Optional.of(ok)
        : Optional.empty();
  }

  /** Tells whether a payload has what one of an imported event has. */
  static boolean isImported(byte[] payload) {
    return unwrap("any", "any", payload).isPresent();
  }

  /** Tells whether the message in the payload of an imported event was not JSON. */
  static boolean isBytes(byte[] payload) {
    return unwrap("any", "any", payload)
        .filter(event -> event.message.startsWith("{\"" + NOT_JSON + "\":"))
        .isPresent();
  }

  /** Bytes as a message: themselves where they are JSON, else an object that has them all. */
  static String message(byte[] payload) {
    Optional<String> text = utf8(payload);
    return text.isPresent() && isJson(text.get()) && !text.get().contains(NOT_JSON)
        ? onOneLine(text.get())
        : wrapped(payload);
  }

  /** Tells whether a text is one JSON value. */
  static boolean isJson(String text) {
    try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (in.nextToken() == null) {
        return false;
      }
      while (in.nextToken() != null) {
        if (in.currentToken() == JsonToken.VALUE_STRING) {
          var _ = in.getString();
        }
      }
      return in.streamReadContext().inRoot() && oneValue(text);
    } catch (JacksonException e) {
      return false;
    }
  }

  /** A parser takes several values one after the other; a message is one. */
  private static boolean oneValue(String text) {
    try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      in.nextToken();
      in.skipChildren();
      return in.nextToken() == null;
    }
  }

  /** Ends of lines are white space wherever JSON has them, for strings have theirs escaped. */
  private static String onOneLine(String json) {
    return json.strip().replace('\n', ' ').replace('\r', ' ');
  }

  /** An object that says that a message is not JSON, and has its bytes. */
  static String wrapped(byte[] bytes) {
    return "{\"%s\":\"%s\"}".formatted(NOT_JSON, Base64.getEncoder().encodeToString(bytes));
  }

  static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** The row, on one line. */
  String json(long seq) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      generator.writeStartObject();
      generator.writeName("event_id");
      generator.writeString(id);
      generator.writeName("stream_id");
      generator.writeString(stream);
      generator.writeName("message");
      generator.writeRawValue(message);
      generator.writeName("timestamp");
      generator.writeString(timestamp.toString());
      generator.writeName("seq");
      generator.writeNumber(seq);
      generator.writeEndObject();
    }
    return out.toString();
  }
}
