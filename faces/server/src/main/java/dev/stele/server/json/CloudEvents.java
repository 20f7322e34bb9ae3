package dev.stele.server.json;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.server.json.AppendJson.Item;
import dev.stele.server.json.JsonReading.NotJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * CloudEvents 1.0 in and out (CloudEvents specification 1.0.2, its JSON format and HTTP binding).
 *
 * <p>An event that comes in is kept whole, in its structured form, as the payload: its {@code
 * source} and {@code id} make its id, {@code type} is its type, {@code subject} its subject. So it
 * goes out as it came in. Other events go out as CloudEvents whose source is the log's origin.
 * Thread-safe.
 */
public final class CloudEvents {
  /** One event in its structured form. */
  public static final String CONTENT_TYPE = "application/cloudevents+json";

  /** Several. */
  public static final String BATCH_TYPE = "application/cloudevents-batch+json";

  private static final String VERSION = "1.0";
  private static final Pattern ATTRIBUTE = Pattern.compile("[a-z0-9]{1,20}");
  private static final JsonFactory FACTORY = new JsonFactory();

  /** What a CloudEvent has by its own name; all others are extensions. */
  private static final List<String> KNOWN =
      List.of(
          "specversion",
          "id",
          "source",
          "type",
          "subject",
          "time",
          "datacontenttype",
          "dataschema",
          "data",
          "data_base64");

  private CloudEvents() {}

  /** Reads one event in its structured form. */
  public static Item structured(byte[] json, String stream) throws NotJson {
    return item(JsonReading.object(json), json, stream);
  }

  /** Reads several, each kept byte for byte. */
  public static List<Item> batch(byte[] json, String stream) throws NotJson {
    try (JsonParser parser = JsonReading.parser(json)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new NotJson("a batch of CloudEvents is an array");
      }
      List<Item> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
          throw new NotJson("each of a batch is an object");
        }
        if (items.size() == dev.stele.core.log.Append.MAX_EVENTS) {
          throw new NotJson(
              "an append has at most %,d events".formatted(dev.stele.core.log.Append.MAX_EVENTS));
        }
        int from = (int) parser.currentTokenLocation().getByteOffset();
        Object _ = JsonReading.value(parser);
        int to = (int) parser.currentLocation().getByteOffset();
        byte[] one = Arrays.copyOfRange(json, from, to);
        items.add(structured(one, stream));
      }
      if (items.isEmpty()) {
        throw new NotJson("a batch holds one event at least");
      }
      if (parser.nextToken() != null) {
        throw new NotJson("there is something behind the JSON array");
      }
      return items;
    } catch (JacksonException e) {
      throw JsonReading.wrong(e);
    }
  }

  /**
   * Reads an event whose attributes are headers and whose body is its data.
   *
   * @param attribute gives the attribute of a name
   */
  public static Item binary(
      Function<String, Optional<String>> attribute,
      Optional<String> contentType,
      byte[] data,
      String stream)
      throws NotJson {
    Map<String, @Nullable Object> event = new LinkedHashMap<>();
    for (String name : KNOWN.subList(0, 6)) {
      attribute.apply(name).ifPresent(value -> event.put(name, decoded(value)));
    }
    attribute.apply("dataschema").ifPresent(value -> event.put("dataschema", decoded(value)));
    contentType.ifPresent(type -> event.put("datacontenttype", type));
    if (data.length > 0) {
      Optional<String> text = EventJson.text(data);
      boolean json = contentType.filter(type -> type.startsWith("application/json")).isPresent();
      if (text.isPresent() && !json) {
        event.put("data", text.get());
      } else {
        event.put("data_base64", Base64.getEncoder().encodeToString(data));
      }
    }
    byte[] written = dev.stele.cli.Json.write(event).getBytes(StandardCharsets.UTF_8);
    return item(event, written, stream);
  }

  /** Headers carry what is not ASCII in percent encoding. */
  private static String decoded(String value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      int high = c == '%' && i + 2 < value.length() ? Character.digit(value.charAt(i + 1), 16) : -1;
      int low = high >= 0 ? Character.digit(value.charAt(i + 2), 16) : -1;
      if (low >= 0) {
        out.write(high << 4 | low);
        i += 2;
      } else {
        out.write(c);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Item item(Map<String, @Nullable Object> event, byte[] whole, String stream)
      throws NotJson {
    String version = required(event, "specversion");
    if (!version.equals(VERSION)) {
      throw new NotJson("a CloudEvent here is of version 1.0");
    }
    String id = required(event, "id");
    String source = required(event, "source");
    String type = required(event, "type");
    String subject = optional(event, "subject");
    String time = optional(event, "time");
    if (!time.isEmpty()) {
      try {
        var _ = OffsetDateTime.parse(time);
      } catch (DateTimeException e) {
        throw new NotJson("'time' is a time of RFC 3339");
      }
    }
    if (event.containsKey("data") && event.containsKey("data_base64")) {
      throw new NotJson("a CloudEvent has 'data' or 'data_base64', not both");
    }
    for (Map.Entry<String, @Nullable Object> each : event.entrySet()) {
      if (KNOWN.contains(each.getKey())) {
        continue;
      }
      if (!ATTRIBUTE.matcher(each.getKey()).matches()) {
        throw new NotJson("an extension is named by a to z and 0 to 9, at most 20 of them");
      }
      if (each.getValue() instanceof Map || each.getValue() instanceof List) {
        throw new NotJson("an extension is a string, a number or a truth");
      }
    }
    return new Item(stream, type, source + "#" + id, subject, whole);
  }

  private static String required(Map<String, @Nullable Object> event, String name) throws NotJson {
    String value = optional(event, name);
    if (value.isEmpty()) {
      throw new NotJson("a CloudEvent has a '%s', not empty".formatted(name));
    }
    return value;
  }

  private static String optional(Map<String, @Nullable Object> event, String name) throws NotJson {
    return switch (event.get(name)) {
      case null -> "";
      case String text -> text;
      default -> throw new NotJson("'%s' is a string".formatted(name));
    };
  }

  /** One event as a CloudEvent. */
  public static byte[] of(LogReader log, StoredEvent event) {
    Optional<byte[]> asItCame = event.payload().filter(payload -> isCloudEvent(event, payload));
    return asItCame.orElseGet(() -> written(log, event));
  }

  /** Several, as a batch. */
  public static byte[] of(LogReader log, List<StoredEvent> events) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write('[');
    for (int i = 0; i < events.size(); i++) {
      if (i > 0) {
        out.write(',');
      }
      out.writeBytes(of(log, events.get(i)));
    }
    out.write(']');
    return out.toByteArray();
  }

  private static boolean isCloudEvent(StoredEvent event, byte[] payload) {
    if (payload.length == 0 || payload[0] != '{' || event.id().indexOf('#') < 0) {
      return false;
    }
    try {
      Item item = structured(payload, event.stream());
      return item.id().equals(event.id()) && item.type().equals(event.type());
    } catch (NotJson e) {
      return false;
    }
  }

  private static byte[] written(LogReader log, StoredEvent event) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      json.writeStringProperty("specversion", VERSION);
      json.writeStringProperty(
          "id", event.id().isEmpty() ? String.valueOf(event.position()) : event.id());
      json.writeStringProperty("source", log.origin());
      json.writeStringProperty("type", event.type());
      if (!event.subject().isEmpty()) {
        json.writeStringProperty("subject", event.subject());
      }
      json.writeStringProperty("time", event.recordedAt().toString());
      json.writeStringProperty("stelestream", event.stream());
      json.writeStringProperty("steleposition", String.valueOf(event.position()));
      event
          .payload()
          .ifPresent(
              payload ->
                  json.writeStringProperty(
                      "data_base64", Base64.getEncoder().encodeToString(payload)));
      json.writeEndObject();
    }
    return out.toByteArray();
  }
}
