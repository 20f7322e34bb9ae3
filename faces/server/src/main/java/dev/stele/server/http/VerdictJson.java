package dev.stele.server.http;

import dev.stele.cli.Verdicts;
import dev.stele.core.log.LogHealth;
import dev.stele.core.log.Proven;
import dev.stele.core.proof.Verdict;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Shows what is known of a log's soundness. */
final class VerdictJson {
  private VerdictJson() {}

  /** The refusal of a log that does not verify. */
  static Problem readOnly(Verdict verdict) {
    return new Problem(
            "read-only",
            503,
            verdict instanceof Verdict.Broken broken
                ? "the log does not verify at position %d: nothing is appended to it"
                    .formatted(broken.at())
                : "the log cannot be written here")
        .with("verdict", Verdicts.json(verdict));
  }

  static Map<String, Object> of(LogHealth health) {
    Map<String, Object> json = new LinkedHashMap<>(Verdicts.json(health.verdict()));
    // The verdict is of what was there when it was found; the log has grown since.
    json.put("checkedSize", health.verdict().scope().size());
    json.put("checkedRoot", json.remove("root"));
    json.put("size", health.size());
    json.put("signedSize", health.signedSize());
    json.put("trustedSize", health.trustedSize());
    json.putAll(of(health.proven()));
    json.put("scrubbing", health.scrubbing().isPresent() ? health.scrubbing().getAsLong() : null);
    return json;
  }

  private static Map<String, Object> of(Proven proven) {
    Map<String, Object> json = new LinkedHashMap<>();
    boolean something = proven.size() > 0;
    json.put("provenSize", proven.size());
    json.put("provenDepth", something ? proven.depth().name().toLowerCase(Locale.ROOT) : null);
    json.put("provenAt", something ? proven.at().toString() : null);
    return json;
  }
}
