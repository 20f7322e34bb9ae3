package dev.stele.client;

import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
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
 * A JSON object as a server sent it, with members asked for by name and type.
 *
 * <p>Strict where a mistake could be read two ways: a member named twice, text after the end or a
 * number with a fraction where a whole one is due are refused. Members that nobody asks for are let
 * be, so that a newer server can say more.
 *
 * <p>Immutable.
 */
final class JsonObject {
  /** The deepest nesting read; answers themselves nest four deep. */
  static final int MAX_DEPTH = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Requests.MAX_ANSWER_BYTES)
                  .build())
          .build();

  private static final JsonObject EMPTY = new JsonObject(Map.of());

  private final Map<String, Object> members;

  private JsonObject(Map<String, Object> members) {
    this.members = members;
  }

  /** The text is not JSON, or the object is not what it should be. */
  static final class Unfit extends Exception {
    private final String reason;

    Unfit(String reason) {
      super(reason);
      this.reason = reason;
    }

    /** What is wrong, as a phrase for a human. */
    String reason() {
      return reason;
    }
  }

  /** What stands where a value is of no use here: null, a truth, a fraction. */
  private enum Other {
    NULL,
    TRUE,
    FALSE,
    FRACTION
  }

  static JsonObject parse(byte[] text) throws Unfit {
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Unfit("the answer is no JSON object");
      }
      JsonObject object = object(parser);
      if (parser.nextToken() != null) {
        throw new Unfit("there is text after the end of the answer");
      }
      return object;
    } catch (JacksonException e) {
      throw new Unfit("the answer is not JSON: " + e.getOriginalMessage());
    }
  }

  /** The object, or one without members where there is none. */
  static JsonObject parseOrEmpty(byte[] text) {
    try {
      return parse(text);
    } catch (Unfit e) {
      return EMPTY;
    }
  }

  private static JsonObject object(JsonParser parser) {
    Map<String, Object> members = new HashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      members.put(name, value(parser, parser.nextToken()));
    }
    return new JsonObject(members);
  }

  private static Object value(JsonParser parser, JsonToken token) {
    // Tokens are the tokenizer's, and a value begins with one of these.
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> whole(parser);
      case VALUE_TRUE -> Other.TRUE;
      case VALUE_FALSE -> Other.FALSE;
      case VALUE_NULL -> Other.NULL;
      default -> Other.FRACTION;
    };
  }

  private static Object whole(JsonParser parser) {
    return switch (parser.getNumberType()) {
      case INT, LONG -> parser.getLongValue();
      default -> Other.FRACTION;
    };
  }

  private static List<Object> array(JsonParser parser) {
    List<Object> values = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      values.add(value(parser, token));
    }
    return values;
  }

  String text(String name) throws Unfit {
    if (members.get(name) instanceof String text) {
      return text;
    }
    throw new Unfit("the answer has no text \"" + name + "\"");
  }

  /** A text that may be null or left out. */
  Optional<String> optionalText(String name) throws Unfit {
    Object value = members.get(name);
    return value == null || value == Other.NULL ? Optional.empty() : Optional.of(text(name));
  }

  String textOr(String name, String otherwise) {
    return members.get(name) instanceof String text ? text : otherwise;
  }

  /** A number from 0 to 2^63 - 1: a position, a size, a count. */
  long count(String name) throws Unfit {
    if (members.get(name) instanceof Long number && number >= 0) {
      return number;
    }
    throw new Unfit("the answer has no count \"" + name + "\"");
  }

  boolean truth(String name) throws Unfit {
    Object value = members.get(name);
    if (value == Other.TRUE || value == Other.FALSE) {
      return value == Other.TRUE;
    }
    throw new Unfit("the answer does not say whether \"" + name + "\"");
  }

  List<JsonObject> objects(String name) throws Unfit {
    List<JsonObject> objects = new ArrayList<>();
    for (Object value : array(name)) {
      if (!(value instanceof JsonObject object)) {
        throw new Unfit("\"" + name + "\" holds something else than objects");
      }
      objects.add(object);
    }
    return objects;
  }

  /** A list of hashes in hex. */
  List<byte[]> hashes(String name) throws Unfit {
    List<byte[]> hashes = new ArrayList<>();
    for (Object value : array(name)) {
      if (!(value instanceof String text)) {
        throw new Unfit("\"" + name + "\" holds something else than hashes");
      }
      hashes.add(hex(name, text));
    }
    return hashes;
  }

  byte[] hash(String name) throws Unfit {
    return hex(name, text(name));
  }

  byte[] base64(String name) throws Unfit {
    try {
      return Base64.getDecoder().decode(text(name));
    } catch (IllegalArgumentException e) {
      throw new Unfit("\"" + name + "\" is not base64");
    }
  }

  /** Base64 that may be null, and must be there. */
  Optional<byte[]> base64OrNull(String name) throws Unfit {
    return members.get(name) == Other.NULL ? Optional.empty() : Optional.of(base64(name));
  }

  /** Base64 that may be null or left out. */
  Optional<byte[]> optionalBase64(String name) throws Unfit {
    return optionalText(name).isEmpty() ? Optional.empty() : Optional.of(base64(name));
  }

  private List<?> array(String name) throws Unfit {
    if (members.get(name) instanceof List<?> list) {
      return list;
    }
    throw new Unfit("the answer has no list \"" + name + "\"");
  }

  private static byte[] hex(String name, String text) throws Unfit {
    try {
      return HexFormat.of().parseHex(text);
    } catch (IllegalArgumentException e) {
      throw new Unfit("\"" + name + "\" holds something else than hex");
    }
  }
}
