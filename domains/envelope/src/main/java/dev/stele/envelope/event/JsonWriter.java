package dev.stele.envelope.event;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON as UTF-8 in one of two forms. Confined to the call that makes it.
 *
 * <p>Both forms share all but the order of members and the spelling of doubles, so they share this
 * one walk.
 */
final class JsonWriter {
  /** Which of the two forms is written. */
  enum Form {
    CANONICAL,
    WIRE
  }

  /** Ample for a header; larger values grow by doubling. */
  private static final int FIRST_BYTES = 1024;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /**
   * Orders by code point. UTF-16 orders surrogates before U+E000 to U+FFFF although they stand for
   * code points after them, so the two ranges are swapped where the first difference lies.
   */
  static final Comparator<String> BY_CODE_POINT =
      (left, right) -> {
        int shared = Math.min(left.length(), right.length());
        for (int i = 0; i < shared; i++) {
          char a = left.charAt(i);
          char b = right.charAt(i);
          if (a != b) {
            return Character.isSurrogate(a) == Character.isSurrogate(b)
                ? a - b
                : a >= Character.MIN_SURROGATE && b >= Character.MIN_SURROGATE ? b - a : a - b;
          }
        }
        return left.length() - right.length();
      };

  private static final Comparator<Map.Entry<String, JsonValue>> BY_NAME =
      Map.Entry.comparingByKey(BY_CODE_POINT);

  private final Form form;
  private byte[] out = new byte[FIRST_BYTES];
  private int size;

  JsonWriter(Form form) {
    this.form = form;
  }

  /** How many bytes are written. */
  int size() {
    return size;
  }

  byte[] toBytes() {
    return Arrays.copyOf(out, size);
  }

  JsonWriter value(JsonValue value) {
    switch (value) {
      case JsonObject object -> object(object);
      case JsonArray(var elements) -> {
        put('[');
        for (int i = 0; i < elements.size(); i++) {
          if (i > 0) {
            put(',');
          }
          value(elements.get(i));
        }
        put(']');
      }
      case JsonString(String text) -> string(text);
      case JsonInteger(BigInteger integer) ->
          ascii(
              integer.bitLength() < Long.SIZE
                  ? Long.toString(integer.longValue())
                  : integer.toString());
      case JsonDouble(double number) -> number(number);
      case JsonBoolean truth -> ascii(truth == JsonBoolean.TRUE ? "true" : "false");
      case JsonNull _ -> ascii("null");
    }
    return this;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // An array cannot be generic; it never leaves.
  private void object(JsonObject object) {
    Map<String, JsonValue> members = object.members();
    put('{');
    if (form == Form.WIRE || members.size() < 2) {
      boolean first = true;
      for (Map.Entry<String, JsonValue> member : members.entrySet()) {
        member(member, first);
        first = false;
      }
    } else {
      Map.Entry<String, JsonValue>[] sorted = members.entrySet().toArray(new Map.Entry[0]);
      Arrays.sort(sorted, BY_NAME);
      for (int i = 0; i < sorted.length; i++) {
        member(sorted[i], i == 0);
      }
    }
    put('}');
  }

  private void member(Map.Entry<String, JsonValue> member, boolean first) {
    if (!first) {
      put(',');
    }
    string(member.getKey());
    put(':');
    value(member.getValue());
  }

  /** Writes {@code ascii} as it is: punctuation and names that need no escape. */
  JsonWriter ascii(String ascii) {
    int length = ascii.length();
    reserve(length);
    for (int i = 0; i < length; i++) {
      out[size + i] = (byte) ascii.charAt(i);
    }
    size += length;
    return this;
  }

  JsonWriter stringOrNull(@Nullable String text) {
    return text == null ? ascii("null") : string(text);
  }

  JsonWriter valueOrNull(@Nullable JsonValue value) {
    return value == null ? ascii("null") : value(value);
  }

  /** Writes well-formed {@code text} in quotes. */
  JsonWriter string(String text) {
    int length = text.length();
    // One character takes at most six bytes, as an escape.
    reserve(Math.addExact(Math.multiplyExact(length, 6), 2));
    byte[] to = out;
    int at = size;
    to[at++] = '"';
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c < 0x80 && c != '"' && c != '\\') {
        to[at++] = (byte) c;
      } else if (c < 0x80) {
        at = escape(c, to, at);
      } else if (c < 0x800) {
        to[at++] = (byte) (0xc0 | (c >> 6));
        to[at++] = (byte) (0x80 | (c & 0x3f));
      } else if (Character.isHighSurrogate(c)) {
        int point = Character.toCodePoint(c, text.charAt(++i));
        to[at++] = (byte) (0xf0 | (point >> 18));
        to[at++] = (byte) (0x80 | ((point >> 12) & 0x3f));
        to[at++] = (byte) (0x80 | ((point >> 6) & 0x3f));
        to[at++] = (byte) (0x80 | (point & 0x3f));
      } else {
        to[at++] = (byte) (0xe0 | (c >> 12));
        to[at++] = (byte) (0x80 | ((c >> 6) & 0x3f));
        to[at++] = (byte) (0x80 | (c & 0x3f));
      }
    }
    to[at++] = '"';
    size = at;
    return this;
  }

  private static int escape(char c, byte[] to, int from) {
    int at = from;
    to[at++] = '\\';
    switch (c) {
      case '"', '\\' -> to[at++] = (byte) c;
      case '\b' -> to[at++] = 'b';
      case '\t' -> to[at++] = 't';
      case '\n' -> to[at++] = 'n';
      case '\f' -> to[at++] = 'f';
      case '\r' -> to[at++] = 'r';
      default -> {
        to[at++] = 'u';
        to[at++] = '0';
        to[at++] = '0';
        to[at++] = HEX[c >> 4];
        to[at++] = HEX[c & 15];
      }
    }
    return at;
  }

  /** Writes a finite double. */
  JsonWriter number(double number) {
    ShortestDecimal decimal = ShortestDecimal.of(number);
    return switch (form) {
      case CANONICAL -> ascii(decimal.text(-4, "e+", "e-", 2));
      case WIRE -> ascii(decimal.text(-5, "e", "e-", 1));
    };
  }

  private void put(char c) {
    reserve(1);
    out[size++] = (byte) c;
  }

  private void reserve(int bytes) {
    if (out.length - size < bytes) {
      // The doubling may not overflow before the sum does, which no input that is read can reach.
      out =
          Arrays.copyOf(
              out, Math.max(Math.addExact(size, bytes), (int) Math.min(out.length * 2L, 1 << 30)));
    }
  }
}
