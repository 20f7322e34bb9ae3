package dev.stele.envelope.event;

/**
 * A JSON value (RFC 8259) that keeps what an envelope signs: an integer is not a double, {@code
 * -0.0} is not {@code 0.0}, and members stay in the order in which they came.
 *
 * <p>Every value that can be made can be written: text is well-formed UTF-16, doubles are finite,
 * integers have at most {@value JsonInteger#MAX_DIGITS} digits. All values are immutable.
 */
public sealed interface JsonValue
    permits JsonObject, JsonArray, JsonString, JsonInteger, JsonDouble, JsonBoolean, JsonNull {
  /** The name of the value's type in messages: {@code object}, {@code str}, {@code int} ... */
  default String typeName() {
    return switch (this) {
      case JsonObject _ -> "object";
      case JsonArray _ -> "array";
      case JsonString _ -> "str";
      case JsonInteger _ -> "int";
      case JsonDouble _ -> "float";
      case JsonBoolean _ -> "bool";
      case JsonNull _ -> "null";
    };
  }
}
