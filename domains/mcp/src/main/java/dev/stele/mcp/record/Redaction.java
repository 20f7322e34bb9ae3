package dev.stele.mcp.record;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What of a message is not stored: strings that match a pattern, and members of certain names.
 *
 * <p>Looked for in every string of a message, whichever way it goes, and never in the names of
 * members nor in what tells a request from another ({@code jsonrpc}, {@code id}, {@code method} at
 * the top). What matches is replaced by {@value #MARK}; a hash of it would let short secrets be
 * guessed. A message in which nothing matches stays byte for byte; one in which something does is
 * written anew, with the same values otherwise. Immutable and thread-safe.
 */
public final class Redaction {
  /** What stands in the place of what was left out. */
  public static final String MARK = "[redacted]";

  /** Nothing is left out. */
  public static final Redaction NONE = new Redaction(List.of(), List.of());

  private static final JsonFactory JSON = new JsonFactory();
  private static final Set<String> PROTOCOL = Set.of("jsonrpc", "id", "method");

  private final List<Pattern> patterns;
  private final Set<String> names;

  private Redaction(List<Pattern> patterns, List<String> names) {
    this.patterns = List.copyOf(patterns);
    this.names =
        names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
  }

  /**
   * Leaves out what matches.
   *
   * @param patterns looked for within strings; only the part that matches is replaced
   * @param names of members whose whole value is replaced, whatever the case of their letters
   */
  public static Redaction of(List<Pattern> patterns, List<String> names) {
    return new Redaction(patterns, names);
  }

  /** What is to be stored of a message; the very same bytes where nothing is left out. */
  public byte[] apply(byte[] message) {
    if (patterns.isEmpty() && names.isEmpty()) {
      return message;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(message.length + MARK.length());
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), message);
        JsonGenerator generator = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      Copy copy = new Copy(parser, generator);
      copy.all();
      generator.flush();
      return copy.changed ? out.toByteArray() : message;
    } catch (JacksonException e) {
      // It is no JSON: patterns are looked for in the text, so that no secret slips through.
      return inText(message);
    }
  }

  private byte[] inText(byte[] message) {
    // Latin-1 keeps each byte a character, also where it is no UTF-8.
    String text = new String(message, StandardCharsets.ISO_8859_1);
    String left = redacted(text);
    return left.equals(text) ? message : left.getBytes(StandardCharsets.ISO_8859_1);
  }

  private String redacted(String text) {
    String left = text;
    for (Pattern pattern : patterns) {
      left = pattern.matcher(left).replaceAll(Matcher.quoteReplacement(MARK));
    }
    return left;
  }

  /** One message on its way from the parser to the generator. One thread. */
  private final class Copy {
    private final JsonParser parser;
    private final JsonGenerator generator;
    private boolean changed;

    Copy(JsonParser parser, JsonGenerator generator) {
      this.parser = parser;
      this.generator = generator;
    }

    void all() {
      int depth = 0;
      String name = "";
      for (JsonToken at = parser.nextToken(); at != null; at = parser.nextToken()) {
        if (at.isStructEnd()) {
          depth--;
        }
        boolean protocol = depth == 1 && PROTOCOL.contains(name);
        if (at == JsonToken.PROPERTY_NAME) {
          name = parser.currentName();
          generator.copyCurrentEvent(parser);
        } else if (!protocol
            && !at.isStructEnd()
            && names.contains(name.toLowerCase(Locale.ROOT))) {
          parser.skipChildren();
          generator.writeString(MARK);
          changed = true;
          name = "";
          continue;
        } else if (!protocol && at == JsonToken.VALUE_STRING) {
          String text = parser.getString();
          String left = redacted(text);
          changed |= !left.equals(text);
          generator.writeString(left);
        } else {
          generator.copyCurrentEventExact(parser);
        }
        if (at.isStructStart()) {
          depth++;
        }
        if (at != JsonToken.PROPERTY_NAME) {
          name = parser.streamReadContext().inObject() ? "" : name;
        }
      }
    }
  }
}
