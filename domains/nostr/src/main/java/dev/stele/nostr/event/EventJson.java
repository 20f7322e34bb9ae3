package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stele.nostr.event.ParsedEvent.Malformed;
import dev.stele.nostr.event.ParsedEvent.Wellformed;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * The JSON text of events (NIP-01): one strict way to read it, one way to write it.
 *
 * <p>An event is stored as {@link #write} gives it, not as it came: white space, the order of
 * members and the choice of escapes say nothing that the author signed, and two copies of an event
 * should be the same bytes.
 *
 * <p>Thread-safe.
 */
public final class EventJson {
  /** The longest text read, in bytes: many times the longest event seen in public. */
  public static final int MAX_TEXT_BYTES = 1 << 20;

  /** An event itself nests three deep; the rest is for members that are skipped. */
  static final int MAX_DEPTH = 16;

  /** In characters; the longest member name of an event has ten. */
  static final int MAX_NAME_LENGTH = 256;

  /** In characters; a created_at has at most 16. */
  static final int MAX_NUMBER_LENGTH = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME_LENGTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxStringLength(MAX_TEXT_BYTES)
                  .build())
          .build();

  private static final HexFormat HEX = HexFormat.of();

  private EventJson() {}

  /**
   * Reads one event. Never throws: whatever the bytes, the answer is a {@link ParsedEvent}.
   *
   * <p>Refused are: text beyond {@link #MAX_TEXT_BYTES}; anything but well-formed UTF-8, so also a
   * byte order mark, overlong forms and encoded surrogates; anything but one JSON object (RFC
   * 8259), so also a member named twice and text after the end; a missing member or one of another
   * type, so also a number with a fraction or an exponent, or in quotes; and what {@link
   * NostrEvent} puts out of bounds, such as a lone surrogate written as an escape.
   *
   * <p>Members besides the seven are skipped. Relays and archives add their own, and neither the id
   * nor the signature covers them; they are not part of the event and are never stored.
   */
  public static ParsedEvent parse(byte[] text) {
    if (text.length > MAX_TEXT_BYTES) {
      return new Malformed(
          "too-large", "an event has at most " + MAX_TEXT_BYTES + " bytes, not " + text.length);
    }
    // Decoded by the platform first: the tokenizer would let overlong forms and surrogates encoded
    // in three bytes pass, and would guess at UTF-16.
    CharBuffer characters;
    try {
      characters = UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
    } catch (CharacterCodingException e) {
      return new Malformed("not-utf8", "the text is not well-formed UTF-8");
    }
    if (characters.isEmpty() || characters.charAt(0) == '\ufeff') {
      return new Malformed("not-json", "the text must begin with an object");
    }
    try (JsonParser parser =
        JSON.createParser(
            ObjectReadContext.empty(),
            characters.array(),
            characters.arrayOffset(),
            characters.length())) {
      return new Members(parser).read();
    } catch (JacksonException e) {
      return new Malformed("not-json", e.getOriginalMessage());
    }
  }

  /**
   * Returns the event as it is stored: the seven members in the order id, pubkey, created_at, kind,
   * tags, content, sig, without white space, in UTF-8, with the escapes of {@link #commitment}.
   * Equal events give equal bytes.
   */
  public static byte[] write(NostrEvent event) {
    StringBuilder out = new StringBuilder(512);
    out.append("{\"id\":\"").append(event.id());
    out.append("\",\"pubkey\":\"").append(event.pubkey());
    out.append("\",\"created_at\":").append(event.createdAt());
    out.append(",\"kind\":").append(event.kind());
    out.append(",\"tags\":");
    appendTags(out, event.tags());
    out.append(",\"content\":");
    appendString(out, event.content());
    out.append(",\"sig\":\"").append(event.sig()).append("\"}");
    return out.toString().getBytes(UTF_8);
  }

  /**
   * Returns the bytes whose SHA-256 is the event's id: {@code
   * [0,pubkey,created_at,kind,tags,content]} without white space, in UTF-8.
   *
   * <p>NIP-01 prescribes the escapes of line feed, quote, backslash, carriage return, tab,
   * backspace and form feed and is silent on the other controls below U+0020; these are written as
   * four lower-case hex digits, as every client does that was tried. All else stands as it is.
   */
  public static byte[] commitment(NostrEvent event) {
    return commitment(
        event.pubkey(), event.createdAt(), event.kind(), event.tags(), event.content());
  }

  static byte[] commitment(
      String pubkey, long createdAt, int kind, List<List<String>> tags, String content) {
    StringBuilder out = new StringBuilder(512);
    out.append("[0,\"").append(pubkey).append("\",").append(createdAt).append(',').append(kind);
    out.append(',');
    appendTags(out, tags);
    out.append(',');
    appendString(out, content);
    out.append(']');
    return out.toString().getBytes(UTF_8);
  }

  private static void appendTags(StringBuilder out, List<List<String>> tags) {
    out.append('[');
    String betweenTags = "";
    for (List<String> tag : tags) {
      out.append(betweenTags).append('[');
      betweenTags = ",";
      String betweenValues = "";
      for (String value : tag) {
        out.append(betweenValues);
        betweenValues = ",";
        appendString(out, value);
      }
      out.append(']');
    }
    out.append(']');
  }

  private static void appendString(StringBuilder out, String text) {
    out.append('"');
    int plainFrom = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\') {
        continue;
      }
      out.append(text, plainFrom, i);
      plainFrom = i + 1;
      switch (c) {
        case '\n' -> out.append("\\n");
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> out.append("\\u").append(HEX.toHexDigits(c));
      }
    }
    out.append(text, plainFrom, text.length()).append('"');
  }

  /** The members read so far of one event. Confined to one call of {@link #parse}. */
  private static final class Members {
    private final JsonParser parser;
    private @Nullable String id;
    private @Nullable String pubkey;
    private @Nullable Long createdAt;
    private @Nullable Integer kind;
    private @Nullable List<List<String>> tags;
    private @Nullable String content;
    private @Nullable String sig;

    Members(JsonParser parser) {
      this.parser = parser;
    }

    ParsedEvent read() {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return new Malformed("not-json", "the text must begin with an object");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        Malformed flaw = readMember(parser.currentName());
        if (flaw != null) {
          return flaw;
        }
      }
      if (parser.nextToken() != null) {
        return new Malformed("not-json", "the text must end with the object");
      }
      if (id == null) {
        return missing("id");
      }
      if (pubkey == null) {
        return missing("pubkey");
      }
      if (createdAt == null) {
        return missing("created_at");
      }
      if (kind == null) {
        return missing("kind");
      }
      if (tags == null) {
        return missing("tags");
      }
      if (content == null) {
        return missing("content");
      }
      if (sig == null) {
        return missing("sig");
      }
      Optional<String> flaw = NostrEvent.flaw(id, pubkey, createdAt, kind, tags, content, sig);
      return flaw.isPresent()
          ? new Malformed("out-of-bounds", flaw.get())
          : new Wellformed(new NostrEvent(id, pubkey, createdAt, kind, tags, content, sig));
    }

    private @Nullable Malformed readMember(String name) {
      JsonToken token = parser.nextToken();
      return switch (name) {
        case "id" -> (id = string(token)) == null ? notA("a string", name) : null;
        case "pubkey" -> (pubkey = string(token)) == null ? notA("a string", name) : null;
        case "content" -> (content = string(token)) == null ? notA("a string", name) : null;
        case "sig" -> (sig = string(token)) == null ? notA("a string", name) : null;
        case "created_at" -> readCreatedAt(token);
        case "kind" -> readKind(token);
        case "tags" -> readTags(token);
        default -> {
          parser.skipChildren();
          yield null;
        }
      };
    }

    private @Nullable Malformed readCreatedAt(JsonToken token) {
      if (token != JsonToken.VALUE_NUMBER_INT) {
        return notA("a number without fraction or exponent", "created_at");
      }
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        return new Malformed("out-of-bounds", "created_at must be 0 to 2^53 - 1");
      }
      createdAt = parser.getLongValue();
      return null;
    }

    private @Nullable Malformed readKind(JsonToken token) {
      if (token != JsonToken.VALUE_NUMBER_INT) {
        return notA("a number without fraction or exponent", "kind");
      }
      if (parser.getNumberType() != JsonParser.NumberType.INT) {
        return new Malformed("out-of-bounds", "kind must be 0 to 65535");
      }
      kind = parser.getIntValue();
      return null;
    }

    private @Nullable Malformed readTags(JsonToken token) {
      if (token != JsonToken.START_ARRAY) {
        return notA("an array", "tags");
      }
      List<List<String>> read = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
          return notA("an array of arrays", "tags");
        }
        if (read.size() == NostrEvent.MAX_TAGS) {
          return new Malformed(
              "out-of-bounds", "there are more than " + NostrEvent.MAX_TAGS + " tags");
        }
        List<String> tag = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          String value = string(parser.currentToken());
          if (value == null) {
            return notA("an array of arrays of strings", "tags");
          }
          tag.add(value);
        }
        read.add(tag);
      }
      tags = read;
      return null;
    }

    private @Nullable String string(JsonToken token) {
      return token == JsonToken.VALUE_STRING ? parser.getString() : null;
    }

    private static Malformed notA(String wanted, String member) {
      return new Malformed("wrong-type", member + " must be " + wanted);
    }

    private static Malformed missing(String member) {
      return new Malformed("missing-member", "there is no " + member);
    }
  }
}
