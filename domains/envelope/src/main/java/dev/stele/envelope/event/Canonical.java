package dev.stele.envelope.event;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The canonical bytes of JSON: what is hashed and signed. Equal values give equal bytes.
 *
 * <p>Members are sorted by code point at every level, nothing stands between tokens, text is raw
 * UTF-8 with the shortest escapes, integers are written in full, doubles with the fewest digits
 * that read back: plain from 1e-4 up to 1e16, always with a point, otherwise with a signed exponent
 * of two digits or more. Headers name this form {@code rfc8785}, for which it was named before; RFC
 * 8785 itself sorts by UTF-16 unit and knows doubles only. The rules are in {@code
 * docs/format/envelope.md}.
 *
 * <p>Thread-safe.
 */
public final class Canonical {
  private Canonical() {}

  /** The canonical bytes of {@code value}. */
  public static byte[] bytes(JsonValue value) {
    return new JsonWriter(JsonWriter.Form.CANONICAL).value(value).toBytes();
  }

  static String text(JsonValue value) {
    return new String(bytes(value), UTF_8);
  }

  /** How many bytes {@link #bytes} of a double has, all of them ASCII. */
  static int length(double value) {
    return new JsonWriter(JsonWriter.Form.CANONICAL).number(value).size();
  }
}
