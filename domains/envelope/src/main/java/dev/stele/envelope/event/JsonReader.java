package dev.stele.envelope.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads JSON (RFC 8259) from UTF-8, token by token. Confined to one reading.
 *
 * <p>Written here rather than left to a library because the format is particular: integers stay
 * exact, {@code 1} and {@code 1.0} stay apart, UTF-8 and surrogates are strict, depth is bounded
 * while reading, and a duplicate is somebody's decision. Whatever the bytes, the only exception is
 * {@link Flaw}.
 */
final class JsonReader {
  /** What is wrong with a text. Never leaves the package. */
  static final class Flaw extends RuntimeException {
    private static final long serialVersionUID = 1;

    Flaw(String message) {
      super(message, null, false, false);
    }

    /** The message, which is always there. */
    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /** Integers with so many digits or fewer fit a {@code long}. */
  private static final int LONG_DIGITS = 18;

  private final byte[] in;
  private final ReadingRules rules;
  private int at;
  private int depth;

  JsonReader(byte[] in, ReadingRules rules) {
    this.in = in;
    this.rules = rules;
  }

  /** Reads one value that is the whole text. */
  JsonValue only() {
    JsonValue value = value();
    end();
    return value;
  }

  /** Expects nothing but white space up to the end. */
  void end() {
    skipSpace();
    if (at++ < in.length) {
      throw flaw("trailing characters");
    }
  }

  /** The first byte of the next value. */
  byte peek() {
    skipSpace();
    if (at >= in.length) {
      throw truncated();
    }
    return in[at];
  }

  JsonValue value() {
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> new JsonString(string());
      case 't' -> word("true", JsonBoolean.TRUE);
      case 'f' -> word("false", JsonBoolean.FALSE);
      case 'n' -> word("null", JsonNull.NULL);
      default -> number();
    };
  }

  private JsonObject object() {
    LinkedHashMap<String, JsonValue> members = new LinkedHashMap<>();
    object(
        name -> {
          if (members.put(name, value()) != null && rules == ReadingRules.STRICT) {
            throw duplicate(name);
          }
        });
    return members.isEmpty() ? JsonObject.EMPTY : JsonObject.ofOwned(members);
  }

  /** Reads an object; {@code member} reads each value, right after its name. */
  void object(Consumer<String> member) {
    enter();
    if (peek() == '}') {
      at++;
    } else {
      while (true) {
        if (peek() != '"') {
          throw flaw(in[at] == '}' ? "trailing comma in object" : "object keys must be strings");
        }
        String name = string();
        if (peek() != ':') {
          throw flaw("expected ':'");
        }
        at++;
        member.accept(name);
        if (closes('}')) {
          break;
        }
      }
    }
    depth--;
  }

  private JsonArray array() {
    List<JsonValue> elements = new ArrayList<>();
    enter();
    if (peek() == ']') {
      at++;
    } else {
      do {
        if (peek() == ']') {
          throw flaw("trailing comma in array");
        }
        elements.add(value());
      } while (!closes(']'));
    }
    depth--;
    return elements.isEmpty() ? JsonArray.EMPTY : new JsonArray(elements);
  }

  private void enter() {
    if (++depth > rules.maxDepth()) {
      throw flaw("nesting deeper than " + rules.maxDepth());
    }
    at++;
  }

  /** Passes a comma, or the end of what is open. */
  private boolean closes(char end) {
    byte next = peek();
    if (next != ',' && next != end) {
      throw flaw("expected ',' or '" + end + "'");
    }
    at++;
    return next == end;
  }

  Flaw duplicate(String name) {
    return new Flaw("Duplicate member `%.40s` (byte %d)".formatted(name, at));
  }

  private JsonValue word(String word, JsonValue value) {
    for (int i = 0; i < word.length(); i++, at++) {
      if (at >= in.length) {
        throw truncated();
      }
      if (in[at] != word.charAt(i)) {
        throw flaw("invalid character");
      }
    }
    return value;
  }

  // ---- numbers ----

  private JsonValue number() {
    int from = at;
    boolean negative = in[at] == '-';
    if (negative) {
      at++;
    }
    int digitsFrom = at;
    if (digits() == 0) {
      throw at >= in.length ? truncated() : flaw("invalid character");
    }
    int digits = at - digitsFrom;
    if (digits > 1 && in[digitsFrom] == '0') {
      throw flaw("invalid number");
    }
    boolean fraction = at < in.length && in[at] == '.';
    if (fraction) {
      at++;
      digitsOrFlaw();
    }
    boolean exponent = at < in.length && (in[at] | 0x20) == 'e';
    if (exponent) {
      at++;
      if (at < in.length && (in[at] == '+' || in[at] == '-')) {
        at++;
      }
      digitsOrFlaw();
    }
    if (fraction || exponent) {
      double value = Double.parseDouble(new String(in, from, at - from, ISO_8859_1));
      if (Double.isInfinite(value)) {
        throw flaw("number out of range");
      }
      return new JsonDouble(value);
    }
    if (digits <= LONG_DIGITS) {
      long value = 0;
      for (int i = digitsFrom; i < at; i++) {
        value = value * 10 + (in[i] - '0');
      }
      return JsonInteger.of(negative ? -value : value);
    }
    if (digits > JsonInteger.MAX_DIGITS) {
      throw flaw("an integer with more than " + JsonInteger.MAX_DIGITS + " digits");
    }
    return new JsonInteger(new BigInteger(new String(in, from, at - from, ISO_8859_1)));
  }

  private int digits() {
    int from = at;
    while (at < in.length && in[at] >= '0' && in[at] <= '9') {
      at++;
    }
    return at - from;
  }

  private void digitsOrFlaw() {
    if (digits() == 0) {
      throw at >= in.length ? truncated() : flaw("invalid number");
    }
  }

  // ---- text ----

  String string() {
    at++;
    int from = at;
    while (at < in.length) {
      byte b = in[at];
      if (b == '"') {
        String text = new String(in, from, at - from, ISO_8859_1);
        at++;
        return text;
      }
      if (b < ' ' || b == '\\') {
        return mixed(from);
      }
      at++;
    }
    throw truncated();
  }

  /** Reads a text that is not plain ASCII, from its first byte to the closing quote. */
  private String mixed(int from) {
    StringBuilder text = new StringBuilder(Math.max(32, (at - from) * 2));
    text.append(new String(in, from, at - from, ISO_8859_1));
    while (at < in.length) {
      byte b = in[at];
      if (b == '"') {
        at++;
        return text.toString();
      } else if (b == '\\') {
        at++;
        escape(text);
      } else if (b >= ' ') {
        text.append((char) b);
        at++;
      } else if (b < 0) {
        text.appendCodePoint(utf8());
      } else {
        throw flaw("invalid character");
      }
    }
    throw truncated();
  }

  private void escape(StringBuilder text) {
    if (at >= in.length) {
      throw truncated();
    }
    switch (in[at++]) {
      case '"' -> text.append('"');
      case '\\' -> text.append('\\');
      case '/' -> text.append('/');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'n' -> text.append('\n');
      case 'r' -> text.append('\r');
      case 't' -> text.append('\t');
      case 'u' -> {
        char first = hex4();
        text.append(first);
        if (Character.isLowSurrogate(first)) {
          throw flaw("invalid utf-16 surrogate pair");
        }
        if (Character.isHighSurrogate(first)) {
          if (at + 2 > in.length) {
            throw truncated();
          }
          if (in[at] != '\\' || in[at + 1] != 'u') {
            throw flaw("unexpected end of escaped utf-16 surrogate pair");
          }
          at += 2;
          char second = hex4();
          if (!Character.isLowSurrogate(second)) {
            throw flaw("invalid utf-16 surrogate pair");
          }
          text.append(second);
        }
      }
      default -> throw flaw("invalid escape character in string");
    }
  }

  private char hex4() {
    if (at + 4 > in.length) {
      throw truncated();
    }
    int value = 0;
    for (int i = 0; i < 4; i++, at++) {
      // Only the digits of ASCII are digits here: a byte, never a character of another script.
      int digit = in[at] < 0 ? -1 : Character.digit(in[at], 16);
      if (digit < 0) {
        throw flaw("invalid character in unicode escape");
      }
      value = (value << 4) | digit;
    }
    return (char) value;
  }

  /** Reads one character of more than one byte: the shortest form of no surrogate. */
  private int utf8() {
    int lead = in[at] & 0xff;
    int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4) {
      throw flaw("invalid UTF-8");
    }
    if (at + more >= in.length) {
      throw truncated();
    }
    int point = lead & (0x3f >> more);
    for (int i = 1; i <= more; i++) {
      if ((in[at + i] & 0xc0) != 0x80) {
        throw flaw("invalid UTF-8");
      }
      point = (point << 6) | (in[at + i] & 0x3f);
    }
    if (point < (more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000)
        || point > Character.MAX_CODE_POINT
        || (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
      throw flaw("invalid UTF-8");
    }
    at += more + 1;
    return point;
  }

  // ---- places ----

  private void skipSpace() {
    while (at < in.length
        && (in[at] == ' ' || in[at] == '\n' || in[at] == '\r' || in[at] == '\t')) {
      at++;
    }
  }

  private Flaw flaw(String what) {
    return new Flaw("JSON is malformed: %s (byte %d)".formatted(what, at));
  }

  private static Flaw truncated() {
    return new Flaw("Input data was truncated");
  }
}
