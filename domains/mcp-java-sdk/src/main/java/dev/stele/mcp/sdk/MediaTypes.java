package dev.stele.mcp.sdk;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What a client sends and takes, by its headers (RFC 9110, sections 8.3 and 12.5.1). */
final class MediaTypes {
  static final String JSON = "application/json";
  static final String EVENTS = "text/event-stream";

  private MediaTypes() {}

  /** Tells whether a body with this header is JSON in UTF-8. */
  static boolean isJson(List<String> contentType) {
    if (contentType.size() != 1) {
      return false;
    }
    List<String> parts = parts(contentType.getFirst(), ";").toList();
    return !parts.isEmpty()
        && parts.getFirst().equals(JSON)
        && parts.stream()
            .filter(part -> part.startsWith("charset="))
            .allMatch(part -> part.replace("\"", "").equals("charset=utf-8"));
  }

  /** Tells whether a client that sends these headers takes a type. */
  static boolean accept(List<String> accept, String type) {
    String any = type.substring(0, type.indexOf('/')) + "/*";
    return accept.stream()
        .flatMap(header -> parts(header, ","))
        .anyMatch(
            range -> {
              List<String> parts = parts(range, ";").toList();
              return !parts.isEmpty()
                  && List.of(type, any, "*/*").contains(parts.getFirst())
                  && parts.stream().noneMatch(part -> part.matches("q=0(\\.0{0,3})?"));
            });
  }

  private static Stream<String> parts(String header, String separator) {
    return Stream.of(header.split(separator, -1))
        .map(part -> part.strip().toLowerCase(Locale.ROOT))
        .filter(part -> !part.isEmpty());
  }
}
