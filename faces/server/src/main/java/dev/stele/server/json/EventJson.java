package dev.stele.server.json;

import dev.stele.core.event.Claim;
import dev.stele.core.event.StoredEvent;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes events as JSON, as {@code docs/guides/http.md} shows them. Thread-safe. */
public final class EventJson {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final HexFormat HEX = HexFormat.of();

  /** 512 bytes: about what an event with a small payload takes. */
  private static final int USUAL_BYTES = 512;

  private EventJson() {}

  /**
   * One event as one line, without a line end.
   *
   * @param withBytes whether its record and body are to be there, for those who verify
   */
  public static byte[] of(StoredEvent event, boolean withBytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES);
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      write(json, event, withBytes);
    }
    return out.toByteArray();
  }

  /**
   * A page of events.
   *
   * @param after how far was looked
   * @param headPosition where the log ends
   * @param more whether there may be more behind
   */
  public static byte[] page(
      List<StoredEvent> events, boolean withBytes, long after, long headPosition, boolean more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES * (events.size() + 1));
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      json.writeName("events");
      json.writeStartArray();
      for (StoredEvent event : events) {
        write(json, event, withBytes);
      }
      json.writeEndArray();
      json.writeNumberProperty("after", after);
      json.writeNumberProperty("headPosition", headPosition);
      json.writeBooleanProperty("more", more);
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator json, StoredEvent event, boolean withBytes) {
    json.writeStartObject();
    json.writeNumberProperty("position", event.position());
    json.writeStringProperty("stream", event.stream());
    json.writeNumberProperty("revision", event.revision());
    json.writeStringProperty("type", event.type());
    json.writeStringProperty("id", event.id());
    json.writeStringProperty("recordedAt", event.recordedAt().toString());
    json.writeStringProperty("admittedBy", event.admittedBy());
    json.writeStringProperty("subject", event.subject());
    json.writeName("claims");
    json.writeStartArray();
    for (Claim claim : event.claims()) {
      json.writeStartObject();
      json.writeStringProperty("scope", claim.scope());
      json.writeStringProperty("key", HEX.formatHex(claim.key()));
      if (claim.expiresAtMillis() != Claim.NEVER) {
        json.writeNumberProperty("expiresAtMillis", claim.expiresAtMillis());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeBooleanProperty("erased", event.erased());
    Optional<byte[]> payload = event.payload();
    writeText(json, "payload", payload.map(Base64.getEncoder()::encodeToString));
    writeText(json, "payloadText", payload.flatMap(EventJson::text));
    json.writeStringProperty("bodyHash", HEX.formatHex(event.bodyHash()));
    json.writeStringProperty("previousLink", HEX.formatHex(event.previousLink()));
    json.writeStringProperty("link", HEX.formatHex(event.link()));
    if (withBytes) {
      json.writeStringProperty("record", Base64.getEncoder().encodeToString(event.record()));
      writeText(json, "body", event.body().map(Base64.getEncoder()::encodeToString));
    }
    json.writeEndObject();
  }

  private static void writeText(JsonGenerator json, String name, Optional<String> text) {
    json.writeName(name);
    if (text.isPresent()) {
      json.writeString(text.get());
    } else {
      json.writeNull();
    }
  }

  /** A payload as text, if it is UTF-8 without control characters other than white space. */
  public static Optional<String> text(byte[] payload) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c < ' ' && c != '\n' && c != '\r' && c != '\t') {
          return Optional.empty();
        }
      }
      return Optional.of(text);
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
