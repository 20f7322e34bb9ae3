package dev.stele.server.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One line of the map: a method, a path, who may, and what answers. Immutable.
 *
 * @param method such as {@code GET}; a HEAD is answered by it too
 * @param template the path, with {@code {name}} for one segment and {@code {name...}} for the rest
 * @param access who may take it
 * @param parameters of the query that it knows
 * @param answer what answers
 */
record Route(String method, String template, Access access, Set<String> parameters, Answer answer) {
  /** Answers a request. */
  interface Answer {
    Reply to(Call call) throws Exception;
  }

  static Route get(String template, Access access, Answer answer, String... parameters) {
    return new Route("GET", template, access, Set.of(parameters), answer);
  }

  static Route post(String template, Access access, Answer answer, String... parameters) {
    return new Route("POST", template, access, Set.of(parameters), answer);
  }

  static Route put(String template, Access access, Answer answer, String... parameters) {
    return new Route("PUT", template, access, Set.of(parameters), answer);
  }

  static Route delete(String template, Access access, Answer answer, String... parameters) {
    return new Route("DELETE", template, access, Set.of(parameters), answer);
  }

  /** The segments of a path; those of {@code /} are none. */
  static List<String> segments(String path) {
    List<String> segments = new ArrayList<>();
    for (int from = 1; from <= path.length() && path.length() > 1; ) {
      int slash = path.indexOf('/', from);
      int to = slash < 0 ? path.length() : slash;
      segments.add(path.substring(from, to));
      from = to + 1;
    }
    return segments;
  }

  /** What stands in the places of the template, if the path is one of it. */
  Optional<Map<String, String>> match(List<String> wanted, List<String> path) {
    Map<String, String> places = new HashMap<>();
    for (int i = 0; i < wanted.size(); i++) {
      String segment = wanted.get(i);
      if (segment.endsWith("...}")) {
        if (path.size() <= i) {
          return Optional.empty();
        }
        places.put(
            segment.substring(1, segment.length() - 4),
            String.join("/", path.subList(i, path.size())));
        return Optional.of(places);
      }
      if (i >= path.size()) {
        return Optional.empty();
      }
      if (segment.startsWith("{")) {
        if (path.get(i).isEmpty()) {
          return Optional.empty();
        }
        places.put(segment.substring(1, segment.length() - 1), path.get(i));
      } else if (!segment.equals(path.get(i))) {
        return Optional.empty();
      }
    }
    return wanted.size() == path.size() ? Optional.of(places) : Optional.empty();
  }
}
