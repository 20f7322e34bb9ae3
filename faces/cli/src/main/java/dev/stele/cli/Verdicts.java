package dev.stele.cli;

import dev.stele.core.proof.Verdict;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Shows verdicts. */
public final class Verdicts {
  private Verdicts() {}

  /** A verdict as an object for programs. */
  public static Map<String, Object> json(Verdict verdict) {
    Map<String, Object> json = new LinkedHashMap<>();
    Verdict.Scope scope = verdict.scope();
    switch (verdict) {
      case Verdict.Intact intact -> {
        json.put("verdict", "intact");
        json.put("size", scope.size());
        json.put("root", HexFormat.of().formatHex(intact.root()));
      }
      case Verdict.Broken broken -> {
        json.put("verdict", "broken");
        json.put("size", scope.size());
        json.put("root", null);
        json.put("brokenAt", broken.at());
        json.put("lastGood", broken.lastGood());
        json.put("fault", broken.fault().code());
        json.put("detail", broken.fault().detail());
      }
    }
    json.put("erased", scope.erased());
    json.put("anchored", scope.anchored());
    json.put("signedSize", scope.signedSize());
    json.put("signaturesChecked", scope.signaturesChecked());
    json.put("unsigned", scope.unsigned());
    json.put("claimsRecomputed", scope.claimsRecomputed());
    return json;
  }

  static List<String> text(Verdict verdict) {
    Verdict.Scope scope = verdict.scope();
    List<String> lines = new ArrayList<>();
    switch (verdict) {
      case Verdict.Intact intact -> {
        lines.add("intact: all %,d events are as they were written".formatted(scope.size()));
        lines.add("root       " + HexFormat.of().formatHex(intact.root()));
      }
      case Verdict.Broken broken -> {
        lines.add(
            "BROKEN at position %,d (%s): %s"
                .formatted(broken.at(), broken.fault().code(), broken.fault().detail()));
        lines.add("good       up to position %,d".formatted(broken.lastGood()));
      }
    }
    if (scope.erased() > 0) {
      lines.add("erased     %,d events, each accounted for by a receipt".formatted(scope.erased()));
    }
    lines.add("signed     the first %,d events, by the log's key".formatted(scope.signedSize()));
    lines.add(
        "anchored   "
            + (scope.anchored()
                ? "yes: compared with the checkpoint kept outside the log"
                : "no: a cut or replaced log could not be noticed; give --anchor DIR"));
    lines.add(
        "signatures %,d re-checked, %,d events came in unsigned"
            .formatted(scope.signaturesChecked(), scope.unsigned()));
    if (!scope.claimsRecomputed()) {
      lines.add("claims     not re-computed: that needs the log's key file");
    }
    return lines;
  }
}
