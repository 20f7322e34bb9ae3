package dev.stele.server.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Every route there is. Immutable. */
final class Routes {
  /** Where paths begin that are no pages of the console, also those of routes to come. */
  private static final Set<String> NO_PAGES =
      Set.of("v1", "mcp", "health", "metrics", "version", "witness", "openapi.json");

  private record Line(Route route, List<String> segments) {
    boolean takesEverything() {
      return segments.size() == 1 && segments.getFirst().endsWith("...}");
    }
  }

  /** What a request's method and path lead to. */
  sealed interface Found {
    /** A route, and what stands in its places. */
    record There(Route route, Map<String, String> places) implements Found {}

    /** The path is one, but not with this method. */
    record OtherMethods(List<String> allowed) implements Found {}

    /** No route has this path. */
    record Nowhere() implements Found {}
  }

  private final List<Line> lines;

  Routes(List<Route> routes) {
    this.lines =
        routes.stream().map(route -> new Line(route, Route.segments(route.template()))).toList();
  }

  /** A segment without its percent encoding; a plus stays a plus in a path. */
  private static String decoded(String segment) {
    if (segment.indexOf('%') < 0) {
      return segment;
    }
    try {
      String decoded = URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
      if (decoded.indexOf('\uFFFD') < 0) {
        return decoded;
      }
    } catch (IllegalArgumentException e) {
      throw new Refusal(Problem.badRequest("the path is not percent-encoded as it should be"));
    }
    throw new Refusal(Problem.badRequest("the path is not UTF-8"));
  }

  List<Route> all() {
    return lines.stream().map(Line::route).toList();
  }

  /** Finds the first route that fits: those with names come before those with places. */
  Found find(String method, String path) {
    List<String> segments = Route.segments(path).stream().map(Routes::decoded).toList();
    String asked = method.equals("HEAD") ? "GET" : method;
    TreeSet<String> allowed = new TreeSet<>();
    for (Line line : lines) {
      if (line.takesEverything()
          && (!asked.equals("GET") || NO_PAGES.contains(segments.getFirst()))) {
        continue;
      }
      Optional<Map<String, String>> places = line.route().match(line.segments(), segments);
      if (places.isPresent()) {
        if (line.route().method().equals(asked)) {
          return new Found.There(line.route(), places.get());
        }
        allowed.add(line.route().method());
      }
    }
    if (allowed.isEmpty()) {
      return new Found.Nowhere();
    }
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    return new Found.OtherMethods(new ArrayList<>(allowed));
  }
}
