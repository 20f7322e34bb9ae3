package dev.stele.server.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The parameters of a request, each at most once and known to the route. Immutable. */
final class Query {
  /** RFC 3339 has years of four digits; what is further away has no milliseconds in a long. */
  private static final Instant FIRST = Instant.parse("0000-01-01T00:00:00Z");

  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

  private final Map<String, String> values;

  private Query(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Reads the part of a URI behind the question mark.
   *
   * @param known what the route takes
   * @throws Refusal when there is another parameter, one twice, or an encoding that is none
   */
  static Query parse(@Nullable String text, Set<String> known) {
    Map<String, String> values = new LinkedHashMap<>();
    if (text != null && !text.isEmpty()) {
      for (String pair : text.split("&", -1)) {
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        if (!known.contains(name)) {
          throw new Refusal(
              Problem.badParameter(
                  name,
                  known.isEmpty()
                      ? "there is no parameter '%s' here".formatted(name)
                      : "there is no parameter '%s'; there are: %s"
                          .formatted(name, String.join(", ", new TreeSet<>(known)))));
        }
        if (values.putIfAbsent(name, value) != null) {
          throw new Refusal(
              Problem.badParameter(name, "the parameter '%s' is there twice".formatted(name)));
        }
      }
    }
    return new Query(values);
  }

  private static String decode(String text) {
    try {
      String decoded = URLDecoder.decode(text, StandardCharsets.UTF_8);
      // What is no UTF-8 is replaced on decoding, and would be looked for as something else.
      if (decoded.indexOf('\uFFFD') >= 0) {
        throw new Refusal(Problem.badRequest("the query is not UTF-8"));
      }
      return decoded;
    } catch (IllegalArgumentException e) {
      throw new Refusal(Problem.badRequest("the query is not percent-encoded as it should be"));
    }
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  /** A whole number, from {@code min} to {@code max}. */
  OptionalLong number(String name, long min, long max) {
    String text = values.get(name);
    if (text == null) {
      return OptionalLong.empty();
    }
    try {
      long value = Long.parseLong(text);
      if (value >= min && value <= max) {
        return OptionalLong.of(value);
      }
    } catch (NumberFormatException e) {
      throw new Refusal(
          Problem.badParameter(name, "'%s' is a whole number, not this".formatted(name)));
    }
    throw new Refusal(
        Problem.badParameter(name, "'%s' is from %d to %d".formatted(name, min, max)));
  }

  Optional<Instant> instant(String name) {
    String text = values.get(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      Instant instant = Instant.parse(text);
      if (!instant.isBefore(FIRST) && !instant.isAfter(LAST)) {
        return Optional.of(instant);
      }
    } catch (DateTimeException e) {
      throw new Refusal(
          Problem.badParameter(
              name,
              "'%s' is a time such as 2026-11-21T17:00:00Z (RFC 3339), not this".formatted(name)));
    }
    throw new Refusal(
        Problem.badParameter(name, "'%s' is a time of the years 0000 to 9999".formatted(name)));
  }

  boolean flag(String name) {
    return switch (values.get(name)) {
      case null -> false;
      case "true", "" -> true;
      case "false" -> false;
      default ->
          throw new Refusal(Problem.badParameter(name, "'%s' is true or false".formatted(name)));
    };
  }

  /** One of a few words; the first of them where it is not given. */
  String word(String name, String... choices) {
    String text = values.get(name);
    if (text == null) {
      return choices[0];
    }
    for (String choice : choices) {
      if (choice.equals(text)) {
        return choice;
      }
    }
    throw new Refusal(
        Problem.badParameter(
            name, "'%s' is one of: %s".formatted(name, String.join(", ", choices))));
  }
}
