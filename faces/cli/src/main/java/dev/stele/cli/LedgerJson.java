package dev.stele.cli;

import dev.stele.core.event.EventDraft;
import dev.stele.ledger.event.SignedEvent;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads signed ledger events from JSON, one object a line: {@code docs/format/ledger-jsonl.md}.
 *
 * <p>Two forms: ours, with payload (base64) and salt, and the original's, without them. Bytes are
 * lower hex, or arrays of numbers as the original writes them. Nothing throws on hostile text.
 */
final class LedgerJson {
  /** The largest payload in base64, with room for everything else. */
  static final int MAX_LINE_BYTES = EventDraft.MAX_PAYLOAD_BYTES / 3 * 4 + 64 * 1024;

  private static final int MAX_DEPTH = 3;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(MAX_LINE_BYTES)
                  .maxNumberLength(32)
                  .build())
          .build();

  /** What came of reading a line. */
  sealed interface Parsed {
    record Ok(SignedEvent event, boolean bare) implements Parsed {}

    record Refused(String id, String code, String reason) implements Parsed {}
  }

  /** A line that holds an event. */
  record Line(long number, SignedEvent event, boolean bare) {}

  private LedgerJson() {}

  static Parsed parse(byte[] line) {
    if (line.length > MAX_LINE_BYTES) {
      return new Parsed.Refused("", "too-large", "a line has at most " + MAX_LINE_BYTES + " bytes");
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      return new Parsed.Refused("", "not-utf8", "the line is not UTF-8");
    }
    Map<String, Object> members = new HashMap<>();
    try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return new Parsed.Refused("", "not-json", "a line is one JSON object");
      }
      while (in.nextToken() != JsonToken.END_OBJECT) {
        String name = in.currentName();
        in.nextToken();
        Optional<Object> value = value(in);
        value.ifPresent(present -> members.put(name, present));
      }
      if (in.nextToken() != null) {
        return new Parsed.Refused(text(members, "event_id"), "not-json", "text after the object");
      }
    } catch (JacksonException | IllegalArgumentException e) {
      return new Parsed.Refused(
          text(members, "event_id"), "not-json", "the line is not JSON of this form");
    }
    return event(members);
  }

  /** A string, an integer, an array of bytes, or nothing for null. */
  private static Optional<Object> value(JsonParser in) {
    return switch (in.currentToken()) {
      case VALUE_STRING -> Optional.of(in.getString());
      case VALUE_NUMBER_INT -> Optional.of(in.getLongValue());
      case VALUE_NULL -> Optional.empty();
      case START_ARRAY -> {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (in.nextToken() != JsonToken.END_ARRAY) {
          int number = in.currentToken() == JsonToken.VALUE_NUMBER_INT ? in.getIntValue() : -1;
          if (number < 0 || number > 255) {
            throw new IllegalArgumentException("an array of bytes holds numbers from 0 to 255");
          }
          bytes.write(number);
        }
        yield Optional.of(bytes.toByteArray());
      }
      default -> throw new IllegalArgumentException("a value of another kind");
    };
  }

  private static Parsed event(Map<String, Object> members) {
    String id = text(members, "event_id");
    boolean bare = !members.containsKey("salt");
    try {
      return new Parsed.Ok(
          new SignedEvent(
              id,
              number(members, "timestamp"),
              optionalText(members, "event_type"),
              bare ? "" : requiredText(members, "source_id"),
              bare ? 0 : number(members, "sequence"),
              bare ? new byte[0] : Base64.getDecoder().decode(requiredText(members, "payload")),
              optionalText(members, "payload_ref"),
              bare ? new byte[SignedEvent.SALT_BYTES] : bytes(members, "salt"),
              requiredText(members, "public_key_id"),
              bytes(members, "prev_event_hash"),
              bytes(members, "event_hash"),
              bytes(members, "signature")),
          bare);
    } catch (IllegalArgumentException e) {
      return new Parsed.Refused(id, "bad-shape", String.valueOf(e.getMessage()));
    }
  }

  private static String text(Map<String, Object> members, String name) {
    return members.get(name) instanceof String text ? text : "";
  }

  private static String requiredText(Map<String, Object> members, String name) {
    if (members.get(name) instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException(name + " is missing, or is not a string");
  }

  private static Optional<String> optionalText(Map<String, Object> members, String name) {
    Object value = members.get(name);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.of(requiredText(members, name));
  }

  private static long number(Map<String, Object> members, String name) {
    if (members.get(name) instanceof Long number) {
      return number;
    }
    throw new IllegalArgumentException(name + " is missing, or is not an integer");
  }

  private static byte[] bytes(Map<String, Object> members, String name) {
    return switch (members.get(name)) {
      case byte[] array -> array;
      case String hex -> HexFormat.of().parseHex(hex);
      case null, default ->
          throw new IllegalArgumentException(name + " is missing, or is neither hex nor bytes");
    };
  }
}
