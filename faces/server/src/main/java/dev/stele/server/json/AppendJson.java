package dev.stele.server.json;

import dev.stele.core.log.Append;
import dev.stele.server.json.JsonReading.NotJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the body of an append: one event, or {@code {"events": [ … ]}}.
 *
 * <p>A payload that is given as JSON is kept byte for byte as it was sent, so that what a caller
 * signed or hashed is what is kept. Thread-safe.
 */
public final class AppendJson {
  /** The stream of an event that names none. */
  public static final String DEFAULT_STREAM = "main";

  /**
   * An event as it was sent; nothing of it is judged yet.
   *
   * @param payload not copied
   */
  public record Item(String stream, String type, String id, String subject, byte[] payload) {}

  private AppendJson() {}

  /** Reads the events, 1 to {@link Append#MAX_EVENTS}, in their order. */
  public static List<Item> read(byte[] json) throws NotJson {
    try (JsonParser parser = JsonReading.parser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new NotJson("the body is a JSON object");
      }
      List<Item> items = new Reading(parser, json).request();
      if (parser.nextToken() != null) {
        throw new NotJson("there is something behind the JSON object");
      }
      return items;
    } catch (JacksonException e) {
      throw JsonReading.wrong(e);
    }
  }

  /** One pass over the bytes. */
  private static final class Reading {
    private final JsonParser parser;
    private final byte[] json;

    Reading(JsonParser parser, byte[] json) {
      this.parser = parser;
      this.json = json;
    }

    List<Item> request() throws NotJson {
      if (parser.nextToken() == JsonToken.PROPERTY_NAME && parser.currentName().equals("events")) {
        List<Item> items = many();
        if (parser.nextToken() != JsonToken.END_OBJECT) {
          throw new NotJson("beside 'events' there is nothing in the object");
        }
        return items;
      }
      return List.of(item());
    }

    private List<Item> many() throws NotJson {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new NotJson("'events' is an array");
      }
      List<Item> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
          throw new NotJson("each of 'events' is an object");
        }
        if (items.size() == Append.MAX_EVENTS) {
          throw new NotJson("an append has at most %,d events".formatted(Append.MAX_EVENTS));
        }
        parser.nextToken();
        items.add(item());
      }
      if (items.isEmpty()) {
        throw new NotJson("'events' holds one event at least");
      }
      return items;
    }

    /** From the first name of an object to its closing brace. */
    private Item item() throws NotJson {
      String stream = DEFAULT_STREAM;
      String type = null;
      String id = "";
      String subject = "";
      byte[] payload = null;
      for (; parser.currentToken() != JsonToken.END_OBJECT; parser.nextToken()) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "stream" -> stream = text(name);
          case "type" -> type = text(name);
          case "id" -> id = text(name);
          case "subject" -> subject = text(name);
          case "payload" -> payload = only(payload, base64(text(name)));
          case "payloadText" ->
              payload = only(payload, text(name).getBytes(StandardCharsets.UTF_8));
          case "payloadJson" -> payload = only(payload, asSent());
          default ->
              throw new NotJson(
                  "an event has no '%s'; it has: stream, type, id, subject, payload, payloadText,"
                          .formatted(printable(name))
                      + " payloadJson");
        }
      }
      if (type == null) {
        throw new NotJson("an event has a 'type'");
      }
      return new Item(stream, type, id, subject, payload == null ? new byte[0] : payload);
    }

    private static String printable(String name) {
      String shown = name.replaceAll("[^ -~]", "?");
      return shown.length() <= 40 ? shown : shown.substring(0, 40) + "…";
    }

    private String text(String name) throws NotJson {
      if (parser.currentToken() != JsonToken.VALUE_STRING) {
        throw new NotJson("'%s' is a string".formatted(name));
      }
      return JsonReading.whole(parser.getString());
    }

    private static byte[] only(byte @Nullable [] before, byte[] payload) throws NotJson {
      if (before != null) {
        throw new NotJson("an event has one of payload, payloadText and payloadJson");
      }
      return payload;
    }

    private static byte[] base64(String text) throws NotJson {
      try {
        byte[] payload = Base64.getDecoder().decode(text);
        // The decoder ignores the loose bits of the last digit.
        if (text.length() % 4 == 0 && Base64.getEncoder().encodeToString(payload).equals(text)) {
          return payload;
        }
      } catch (IllegalArgumentException e) {
        throw new NotJson("'payload' is base64, with its padding");
      }
      throw new NotJson("'payload' is base64, with its padding");
    }

    /** The bytes of the value that the parser stands at. */
    private byte[] asSent() throws NotJson {
      int from = (int) parser.currentTokenLocation().getByteOffset();
      Object _ = JsonReading.value(parser);
      parser.finishToken();
      int to = (int) parser.currentLocation().getByteOffset();
      while (to > from && isOutside(json[to - 1])) {
        to--;
      }
      return Arrays.copyOfRange(json, from, to);
    }

    /** Behind a number the parser may have looked one byte further. */
    private static boolean isOutside(byte b) {
      return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == ',';
    }
  }
}
