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
  private static final String REST = "...}";

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

  /**
   * What stands in the places of the template, if the path is one of it. Most are not: nothing is
   * made before that is known.
   */
  Optional<Map<String, String>> match(List<String> wanted, List<String> path) {
    if (!fits(wanted, path)) {
      return Optional.empty();
    }
    Map<String, String> places = new HashMap<>();
    for (int i = 0; i < wanted.size(); i++) {
      String segment = wanted.get(i);
      if (takesTheRest(segment)) {
        places.put(
            segment.substring(1, segment.length() - REST.length()),
            String.join("/", path.subList(i, path.size())));
      } else if (segment.startsWith("{")) {
        places.put(segment.substring(1, segment.length() - 1), path.get(i));
      }
    }
    return Optional.of(places);
  }

  private static boolean fits(List<String> wanted, List<String> path) {
    for (int i = 0; i < wanted.size(); i++) {
      String segment = wanted.get(i);
      if (i >= path.size()) {
        return false;
      }
      if (takesTheRest(segment)) {
        return true;
      }
      boolean place = segment.startsWith("{");
      if (place ? path.get(i).isEmpty() : !segment.equals(path.get(i))) {
        return false;
      }
    }
    return wanted.size() == path.size();
  }

  private static boolean takesTheRest(String segment) {
    return segment.endsWith(REST);
  }
}
