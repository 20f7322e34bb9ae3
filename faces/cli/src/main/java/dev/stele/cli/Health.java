package dev.stele.cli;

import dev.stele.core.log.Proven;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Shows how far a log was re-computed, how, and when. */
final class Health {
  private Health() {}

  static Map<String, Object> json(Proven proven) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("provenSize", proven.size());
    json.put("provenDepth", proven.size() == 0 ? null : depth(proven));
    json.put("provenAt", proven.size() == 0 ? null : proven.at().toString());
    return json;
  }

  static List<String> text(Proven proven) {
    return List.of(
        proven.size() == 0
            ? "proven     nothing yet: run 'stele scrub'"
            : "proven     the first %,d events, by their %s, at %s"
                .formatted(proven.size(), depth(proven), proven.at()));
  }

  private static String depth(Proven proven) {
    return proven.depth().name().toLowerCase(Locale.ROOT);
  }
}
