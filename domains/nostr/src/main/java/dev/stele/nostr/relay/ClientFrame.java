package dev.stele.nostr.relay;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** What a client says in one frame: an array that begins with a verb. */
sealed interface ClientFrame {
  /** Here is an event, still as text. */
  record Event(String event) implements ClientFrame {}

  /** Tell me what matches, what there is and what comes; the filters are still text. */
  record Req(String id, List<String> filters) implements ClientFrame {}

  /** Tell me no more of it. */
  record Close(String id) implements ClientFrame {}

  /** This is me; an event, still as text. */
  record Auth(String event) implements ClientFrame {}

  /** How many match? The filters are still text. */
  record Count(String id, List<String> filters) implements ClientFrame {}

  /** Let us find out what each of us lacks of what matches. */
  record NegOpen(String id, String filter, String message) implements ClientFrame {}

  /** The next message of it. */
  record NegMsg(String id, String message) implements ClientFrame {}

  /** No more of it. */
  record NegClose(String id) implements ClientFrame {}

  /**
   * It cannot be understood.
   *
   * @param verb as far as one could be read
   * @param id of the event or subscription, as far as one could be read
   * @param reason for a human
   */
  record Bad(String verb, Optional<String> id, String reason) implements ClientFrame {}

  /** An event's three levels, the frame's own, and some for members that are skipped. */
  int MAX_DEPTH = 17;

  /** In characters; a longer verb is none of ours, and a longer id none that a relay takes. */
  int MAX_WORD_CHARS = 256;

  /** Reads a frame. Never throws: whatever the text, the answer is a frame or {@link Bad}. */
  static ClientFrame parse(String text) {
    return new Reading(text).read();
  }

  /** Confined to one frame. */
  final class Reading {
    private static final JsonFactory JSON =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNameLength(MAX_WORD_CHARS)
                    .build())
            .build();

    private static final int HASH_DIGITS = 64;

    private final String text;
    private String verb = "";

    /** Behind the verb: text as it stands in the frame. */
    private final List<String> parts = new ArrayList<>();

    /** The same of what is a string, read. */
    private final List<Optional<String>> words = new ArrayList<>();

    /** The {@code id} of the object behind the verb. */
    private @Nullable String eventId;

    Reading(String text) {
      this.text = text;
    }

    ClientFrame read() {
      String flaw;
      char[] characters = text.toCharArray();
      try (JsonParser parser =
          JSON.createParser(ObjectReadContext.empty(), characters, 0, characters.length)) {
        flaw = readParts(parser);
      } catch (JacksonException e) {
        flaw = e.getOriginalMessage();
      }
      return flaw == null ? frame() : bad(flaw);
    }

    private @Nullable String readParts(JsonParser parser) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        return "a message is a JSON array";
      }
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        return "a message begins with its verb";
      }
      verb = parser.getString();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() == null) {
          return "the message ends too early";
        }
        int from = (int) parser.currentTokenLocation().getCharOffset();
        words.add(
            parser.currentToken() == JsonToken.VALUE_STRING
                ? Optional.of(parser.getString())
                : Optional.empty());
        skipValue(parser);
        // A string is read lazily: only behind it is its end known.
        int to = (int) parser.currentLocation().getCharOffset();
        parts.add(text.substring(from, to));
      }
      return parser.nextToken() == null ? null : "there is text after the message";
    }

    /** Leaves the parser at the end of a value, and looks for an id on the way. */
    private void skipValue(JsonParser parser) {
      if (parser.currentToken() != JsonToken.START_OBJECT || !parts.isEmpty()) {
        parser.skipChildren();
        return;
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean isId = parser.currentName().equals("id");
        if (parser.nextToken() == JsonToken.VALUE_STRING && isId) {
          eventId = parser.getString();
        }
        parser.skipChildren();
      }
    }

    private ClientFrame frame() {
      return switch (verb) {
        case "EVENT" -> parts.size() == 1 ? new Event(parts.getFirst()) : bad("EVENT has an event");
        case "AUTH" -> parts.size() == 1 ? new Auth(parts.getFirst()) : bad("AUTH has an event");
        case "REQ" ->
            parts.size() >= 2 && id().isPresent()
                ? new Req(id().get(), parts.subList(1, parts.size()))
                : bad("REQ has an id and filters");
        case "COUNT" ->
            parts.size() >= 2 && id().isPresent()
                ? new Count(id().get(), parts.subList(1, parts.size()))
                : bad("COUNT has an id and filters");
        case "CLOSE" ->
            parts.size() == 1 && id().isPresent() ? new Close(id().get()) : bad("CLOSE has an id");
        case "NEG-OPEN" ->
            parts.size() == 3 && id().isPresent() && word(2).isPresent()
                ? new NegOpen(id().get(), parts.get(1), word(2).get())
                : bad("NEG-OPEN has an id, a filter and a message");
        case "NEG-MSG" ->
            parts.size() == 2 && id().isPresent() && word(1).isPresent()
                ? new NegMsg(id().get(), word(1).get())
                : bad("NEG-MSG has an id and a message");
        case "NEG-CLOSE" ->
            parts.size() == 1 && id().isPresent()
                ? new NegClose(id().get())
                : bad("NEG-CLOSE has an id");
        default -> bad("there is no such verb");
      };
    }

    private Optional<String> id() {
      return word(0).filter(each -> each.length() <= MAX_WORD_CHARS);
    }

    private Optional<String> word(int index) {
      return index < words.size() ? words.get(index) : Optional.empty();
    }

    private Bad bad(String reason) {
      boolean ofEvent = verb.equals("EVENT") || verb.equals("AUTH");
      Optional<String> id = ofEvent ? Optional.ofNullable(eventId).filter(Reading::isId) : id();
      return new Bad(verb, id, reason);
    }

    private static boolean isId(String text) {
      return text.length() == HASH_DIGITS
          && text.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 0x80);
    }
  }

  /** Returns the id of an event that could not be read as one, if the text has one at all. */
  static Optional<String> idOf(String event) {
    return parse("[\"EVENT\"," + event + ",0]") instanceof Bad bad ? bad.id() : Optional.empty();
  }
}
