package dev.stele.server.http;

import dev.stele.server.auth.Principal;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/** One request, as a route sees it. One thread. */
final class Call {
  private final Request request;
  private final Host host;
  private final Principal principal;
  private final Map<String, String> places;
  private final Query query;

  Call(Request request, Host host, Principal principal, Map<String, String> places, Query query) {
    this.request = request;
    this.host = host;
    this.principal = principal;
    this.places = places;
    this.query = query;
  }

  Request request() {
    return request;
  }

  Principal principal() {
    return principal;
  }

  Query query() {
    return query;
  }

  /** What stands in the path where the route has {@code {name}}. */
  String place(String name) {
    String value = places.get(name);
    if (value == null) {
      throw new IllegalStateException("the route has no place called " + name);
    }
    return value;
  }

  /** The log that the path names. */
  HostedLog log() {
    String name = place("log");
    return host.find(name)
        .orElseThrow(
            () -> new Refusal(Problem.notFound("there is no log called '%s'".formatted(name))));
  }

  /** A position that stands in the path. */
  long position(String name) {
    try {
      long position = Long.parseLong(place(name));
      if (position >= 1) {
        return position;
      }
    } catch (NumberFormatException e) {
      throw new Refusal(Problem.badParameter(name, "a position is a whole number from 1"));
    }
    throw new Refusal(Problem.badParameter(name, "a position is a whole number from 1"));
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(request.getHeaders().get(name));
  }

  /** The content type without its parameters, in lower case; empty where none was said. */
  String contentType() {
    return header("Content-Type")
        .map(type -> type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
        .orElse("");
  }

  /**
   * Whether an answer of this type is asked for by name: a wildcard asks for the usual one.
   *
   * @param type in lower case, without parameters
   */
  boolean accepts(String type) {
    return accepts(request.getHeaders(), type);
  }

  /** The same of headers alone. */
  static boolean accepts(HttpFields headers, String type) {
    for (String line : headers.getValuesList("Accept")) {
      for (String each : line.split(",")) {
        if (each.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(type)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Refuses a body of another type. */
  void requireContentType(String... types) {
    if (!List.of(types).contains(contentType())) {
      throw new Refusal(
          new Problem(
              "unsupported-media-type",
              415,
              "a body here is %s".formatted(String.join(" or ", types))));
    }
  }

  /**
   * The whole body.
   *
   * @param max in bytes; one that is longer is refused when that becomes known
   */
  byte[] body(int max) throws IOException {
    long announced = request.getLength();
    if (announced > max) {
      throw new Refusal(Problem.tooLarge("a body", max));
    }
    InputStream in = Content.Source.asInputStream(request);
    byte[] body = announced >= 0 ? in.readNBytes((int) announced) : in.readNBytes(max + 1);
    if (body.length > max) {
      throw new Refusal(Problem.tooLarge("a body", max));
    }
    return body;
  }
}
