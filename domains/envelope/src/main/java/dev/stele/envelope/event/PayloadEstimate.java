package dev.stele.envelope.event;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The size of a payload as the limits of types count it: in characters of a plain spelling, not in
 * bytes.
 *
 * <pre>
 *   text     code points + 2           true, null  4      false  5
 *   number   characters of its text
 *   array    max(2, 1 + sum of (element + 1))
 *   object   max(2, 1 + sum of (code points of the name + 4 + value + 1))
 * </pre>
 *
 * <p>Escapes and UTF-8 make the bytes up to six times as many, so the bytes have a limit of their
 * own. Thread-safe.
 */
public final class PayloadEstimate {
  private PayloadEstimate() {}

  /**
   * The estimate, or empty where a value lies deeper than {@value
   * EnvelopeLimits#MAX_PAYLOAD_DEPTH}.
   */
  public static OptionalLong of(JsonObject payload) {
    long estimate = value(payload, 0);
    return estimate < 0 ? OptionalLong.empty() : OptionalLong.of(estimate);
  }

  /** The estimate, or -1 for too deep. */
  private static long value(JsonValue value, int depth) {
    if (depth > EnvelopeLimits.MAX_PAYLOAD_DEPTH) {
      return -1;
    }
    return switch (value) {
      case JsonNull _ -> 4;
      case JsonBoolean truth -> truth == JsonBoolean.TRUE ? 4 : 5;
      case JsonString(String text) -> points(text) + 2L;
      case JsonInteger(BigInteger integer) -> integer.toString().length();
      case JsonDouble(double number) -> Canonical.length(number);
      case JsonArray(List<JsonValue> elements) -> {
        long sum = 1;
        for (JsonValue element : elements) {
          long each = value(element, depth + 1);
          if (each < 0) {
            yield -1;
          }
          sum += each + 1;
        }
        yield Math.max(2, sum);
      }
      case JsonObject object -> {
        long sum = 1;
        for (Map.Entry<String, JsonValue> member : object.members().entrySet()) {
          long each = value(member.getValue(), depth + 1);
          if (each < 0) {
            yield -1;
          }
          sum += points(member.getKey()) + 4L + each + 1;
        }
        yield Math.max(2, sum);
      }
    };
  }

  private static int points(String text) {
    return text.codePointCount(0, text.length());
  }
}
