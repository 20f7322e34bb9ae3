package dev.stele.envelope.event;

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
}
