package dev.stele.envelope.event;

import dev.stele.core.proof.Parsed;

/**
 * The bytes of JSON as envelopes travel and are kept: members in their order, and otherwise as
 * {@link Canonical} but for doubles, which are plain from 1e-5 up to 1e16 and otherwise have an
 * exponent without plus sign and padding ({@code 1e16}, {@code 1.5e-7}).
 *
 * <p>Thread-safe.
 */
public final class Wire {
  private Wire() {}

  /** The wire bytes of {@code value}. */
  public static byte[] bytes(JsonValue value) {
    return new JsonWriter(JsonWriter.Form.WIRE).value(value).toBytes();
  }

  /**
   * Reads one value that is the whole text: a payload, or anything else in JSON.
   *
   * <p>Whatever the bytes, the answer is a value or what is wrong with them.
   */
  public static Parsed<JsonValue> read(byte[] json, ReadingRules rules) {
    if (json.length > rules.maxBytes()) {
      return new Parsed.Malformed<>(
          "the text has %d bytes, more than %d".formatted(json.length, rules.maxBytes()));
    }
    try {
      return new Parsed.Value<>(new JsonReader(json, rules).only());
    } catch (JsonReader.Flaw flaw) {
      return new Parsed.Malformed<>(flaw.reason());
    }
  }
}
