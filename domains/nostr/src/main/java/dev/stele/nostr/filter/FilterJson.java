package dev.stele.nostr.filter;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.ParsedFilter.Malformed;
import dev.stele.nostr.filter.ParsedFilter.Wellformed;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
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
 * The JSON text of filters (NIP-01): read strictly, for a field that is passed over is an answer to
 * another question than was asked.
 *
 * <p>Thread-safe.
 */
public final class FilterJson {
  /** 5,000 values in a list: as many as an event has tags, so that a contact list can be asked. */
  public static final int MAX_VALUES = NostrEvent.MAX_TAGS;

  /** 1,000 kinds in a list: more than are in use. */
  public static final int MAX_KINDS = 1_000;

  /** 1,024 characters of a tag's value that is asked for; longer ones are nobody's index. */
  public static final int MAX_TAG_VALUE_CHARS = 1_024;

  /** 1,024 characters to search for: a sentence, not a document. */
  public static final int MAX_SEARCH_CHARS = 1_024;

  /** 2 MiB of text in characters: three lists at their limits. */
  public static final int MAX_TEXT_CHARS = 2 * 1024 * 1024;

  private static final int MAX_DEPTH = 4;
  private static final int MAX_NAME_LENGTH = 64;
  private static final int MAX_NUMBER_LENGTH = 32;

  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME_LENGTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxStringLength(MAX_TEXT_CHARS)
                  .build())
          .build();

  private FilterJson() {}

  /**
   * Reads one filter. Never throws: whatever the text, the answer is a {@link ParsedFilter}.
   *
   * <p>Refused are: fields that NIP-01 and NIP-50 do not know, and so also tags of other names than
   * one letter; values of another type; ids, authors and values of {@code #e} and {@code #p} that
   * are not exactly 64 lower-case hex digits; numbers out of their bounds; a field named twice; and
   * longer lists than the limits here.
   */
  public static ParsedFilter parse(String text) {
    if (text.length() > MAX_TEXT_CHARS) {
      return new Malformed(
          "a filter has at most %d characters, not %d".formatted(MAX_TEXT_CHARS, text.length()));
    }
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
      var _ = parser.nextToken();
      ParsedFilter read = read(parser);
      if (read instanceof Wellformed && parser.nextToken() != null) {
        return new Malformed("the text must end with the filter");
      }
      return read;
    } catch (JacksonException e) {
      return new Malformed("not JSON: " + e.getOriginalMessage());
    }
  }

  /**
   * Reads the filter at which a parser stands, and leaves it at the end of the filter; where the
   * filter is refused, at any place within.
   *
   * @param parser of a whole message, with limits of its own; that a field comes twice is its to
   *     find
   * @throws JacksonException if the text is no JSON
   */
  public static ParsedFilter read(JsonParser parser) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      return new Malformed("a filter is an object");
    }
    return new Fields(parser).read();
  }

  /**
   * Returns the filter as JSON: ids, authors, kinds, tags by letter, since, until, limit, search,
   * each only where it is there. Equal filters with lists in the same order give equal text.
   */
  public static String write(NostrFilter filter) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      out.writeStartObject();
      filter.ids().ifPresent(ids -> strings(out, "ids", ids, NostrId::hex));
      filter.authors().ifPresent(authors -> strings(out, "authors", authors, PublicKey::hex));
      filter
          .kinds()
          .ifPresent(
              kinds -> {
                out.writeArrayPropertyStart("kinds");
                kinds.forEach(out::writeNumber);
                out.writeEndArray();
              });
      filter.tags().forEach((letter, values) -> strings(out, "#" + letter, values, v -> v));
      filter.since().ifPresent(since -> out.writeNumberProperty("since", since));
      filter.until().ifPresent(until -> out.writeNumberProperty("until", until));
      filter.limit().ifPresent(limit -> out.writeNumberProperty("limit", limit));
      filter.search().ifPresent(search -> out.writeStringProperty("search", search));
      out.writeEndObject();
    }
    return text.toString();
  }

  private static <T> void strings(
      JsonGenerator out, String field, Set<T> values, Function<T, String> text) {
    out.writeArrayPropertyStart(field);
    values.forEach(each -> out.writeString(text.apply(each)));
    out.writeEndArray();
  }

  /** The fields read so far of one filter. Confined to one call. */
  private static final class Fields {
    private final JsonParser parser;
    private @Nullable Set<NostrId> ids;
    private @Nullable Set<PublicKey> authors;
    private @Nullable Set<Integer> kinds;
    private final Map<Character, Set<String>> tags = new LinkedHashMap<>();
    private OptionalLong since = OptionalLong.empty();
    private OptionalLong until = OptionalLong.empty();
    private OptionalInt limit = OptionalInt.empty();
    private Optional<String> search = Optional.empty();

    /** What is wrong, once something is. */
    private @Nullable Malformed flaw;

    Fields(JsonParser parser) {
      this.parser = parser;
    }

    ParsedFilter read() {
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        readField(parser.currentName());
        if (flaw != null) {
          return flaw;
        }
      }
      return new Wellformed(
          new NostrFilter(
              Optional.ofNullable(ids),
              Optional.ofNullable(authors),
              Optional.ofNullable(kinds),
              tags,
              since,
              until,
              limit,
              search));
    }

    private void readField(String name) {
      JsonToken token = parser.nextToken();
      switch (name) {
        case "ids" -> ids = hashes(name, token, NostrId::ofHex);
        case "authors" -> authors = hashes(name, token, PublicKey::ofHex);
        case "kinds" -> kinds = kinds(token);
        case "since" -> since = number(name, token);
        case "until" -> until = number(name, token);
        case "limit" -> limit = limit(token);
        case "search" -> search = search(token);
        default -> readTag(name, token);
      }
    }

    private void readTag(String name, JsonToken token) {
      if (name.length() != 2 || name.charAt(0) != '#' || !NostrFilter.isTagLetter(name.charAt(1))) {
        flaw = new Malformed("a filter has no field '%.16s'".formatted(name));
        return;
      }
      char letter = name.charAt(1);
      boolean hashes = letter == 'e' || letter == 'p';
      tags.put(letter, hashes ? hashes(name, token, each -> each) : values(name, token));
    }

    private <T> Set<T> hashes(String name, JsonToken token, Function<String, T> made) {
      Set<T> read = new LinkedHashSet<>();
      for (String value : values(name, token)) {
        if (!HASH.matcher(value).matches()) {
          flaw = new Malformed(name + " must hold 64 lower-case hex digits each");
          return Set.of();
        }
        read.add(made.apply(value));
      }
      return read;
    }

    private Set<String> values(String name, JsonToken token) {
      Set<String> read = new LinkedHashSet<>();
      if (token != JsonToken.START_ARRAY) {
        flaw = new Malformed(name + " must be an array");
        return read;
      }
      int count = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
          flaw = new Malformed(name + " must be an array of strings");
          return read;
        }
        if (++count > MAX_VALUES) {
          flaw = new Malformed("%s has at most %d values".formatted(name, MAX_VALUES));
          return read;
        }
        String value = parser.getString();
        if (value.length() > MAX_TAG_VALUE_CHARS) {
          flaw =
              new Malformed(
                  "a value of %s has at most %d characters".formatted(name, MAX_TAG_VALUE_CHARS));
          return read;
        }
        read.add(value);
      }
      return read;
    }

    private Set<Integer> kinds(JsonToken token) {
      Set<Integer> read = new LinkedHashSet<>();
      if (token != JsonToken.START_ARRAY) {
        flaw = new Malformed("kinds must be an array");
        return read;
      }
      int count = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
            || parser.getNumberType() != JsonParser.NumberType.INT
            || parser.getIntValue() < 0
            || parser.getIntValue() > NostrEvent.MAX_KIND) {
          flaw = new Malformed("kinds must be an array of integers from 0 to 65535");
          return read;
        }
        if (++count > MAX_KINDS) {
          flaw = new Malformed("kinds has at most %d values".formatted(MAX_KINDS));
          return read;
        }
        read.add(parser.getIntValue());
      }
      return read;
    }

    private OptionalLong number(String name, JsonToken token) {
      if (token != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        flaw = new Malformed(name + " must be an integer of 64 bits");
        return OptionalLong.empty();
      }
      return OptionalLong.of(parser.getLongValue());
    }

    private OptionalInt limit(JsonToken token) {
      if (token != JsonToken.VALUE_NUMBER_INT
          || parser.getNumberType() != JsonParser.NumberType.INT
          || parser.getIntValue() < 0) {
        flaw = new Malformed("limit must be an integer from 0 to 2^31 - 1");
        return OptionalInt.empty();
      }
      return OptionalInt.of(parser.getIntValue());
    }

    private Optional<String> search(JsonToken token) {
      if (token != JsonToken.VALUE_STRING || parser.getString().length() > MAX_SEARCH_CHARS) {
        flaw = new Malformed("search must be a string of at most %d".formatted(MAX_SEARCH_CHARS));
        return Optional.empty();
      }
      return Optional.of(parser.getString());
    }
  }
}
