package dev.stele.server.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads JSON that strangers sent: strict UTF-8, no name twice in an object, no half of a surrogate
 * pair, at most {@link #MAX_DEPTH} deep, and nothing behind the value.
 *
 * <p>Objects become maps in the order in which they were written, arrays lists, whole numbers
 * {@code Long}, other numbers {@code Double}. Thread-safe.
 */
public final class JsonReading {
  /** 64 levels: what people write has five. */
  public static final int MAX_DEPTH = 64;

  /** 100 digits: past that a number is a text, or an attack. */
  private static final int MAX_NUMBER_CHARS = 100;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER_CHARS)
                  .build())
          .build();

  private JsonReading() {}

  /** What is wrong with a JSON text. */
  public static final class NotJson extends Exception {
    NotJson(String message) {
      super(message, null, false, false);
    }
  }

  /** A parser of the bytes; whoever drives it wraps what it throws by {@link #wrong}. */
  static JsonParser parser(byte[] json) {
    return FACTORY.createParser(ObjectReadContext.empty(), json);
  }

  /** Where and why the parser stopped, without what it stopped at. */
  static NotJson wrong(JacksonException failure) {
    var at = failure.getLocation();
    String message = String.valueOf(failure.getOriginalMessage());
    int quoted = message.indexOf('\n');
    return new NotJson(
        "the JSON is wrong at byte %d: %s"
            .formatted(
                at == null ? 0 : Math.max(0, at.getByteOffset()),
                quoted < 0 ? message : message.substring(0, quoted)));
  }

  /** Reads an object. */
  public static Map<String, @Nullable Object> object(byte[] json) throws NotJson {
    try (JsonParser parser = parser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new NotJson("the JSON is an object, in braces");
      }
      Map<String, @Nullable Object> object = members(parser);
      if (parser.nextToken() != null) {
        throw new NotJson("there is something behind the JSON object");
      }
      return object;
    } catch (JacksonException e) {
      throw wrong(e);
    }
  }

  private static Map<String, @Nullable Object> members(JsonParser parser) throws NotJson {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = whole(parser.currentName());
      parser.nextToken();
      members.put(name, value(parser));
    }
    return members;
  }

  static @Nullable Object value(JsonParser parser) throws NotJson {
    return switch (parser.currentToken()) {
      case START_OBJECT -> members(parser);
      case START_ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(value(parser));
        }
        yield items;
      }
      case VALUE_STRING -> whole(parser.getString());
      case VALUE_NUMBER_INT -> {
        try {
          yield parser.getLongValue();
        } catch (JacksonException e) {
          yield parser.getDoubleValue();
        }
      }
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      case null, default -> throw new NotJson("the JSON ends too early");
    };
  }

  /** Half of a surrogate pair is no text: it could not be written again as UTF-8. */
  static String whole(String text) throws NotJson {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw new NotJson("the JSON holds half of a surrogate pair");
      }
    }
    return text;
  }
}
