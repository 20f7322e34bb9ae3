package dev.stele.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an import did, line by line where something was refused. Confined to one thread. */
final class ImportReport {
  /** How many refusals are listed one by one; the rest is only counted. */
  static final int MAX_LISTED = 10_000;

  /** How many are shown as text: a screen of them. */
  private static final int MAX_SHOWN = 20;

  record Refusal(long line, String id, String code, String reason) {}

  private final List<Refusal> refused = new ArrayList<>();
  private final List<Refusal> bytes = new ArrayList<>();
  private final List<String> guarantees = new ArrayList<>();
  private long refusedCount;
  private long appended;
  private long alreadyPresent;

  void counted(long newHere, long hereAlready) {
    appended += newHere;
    alreadyPresent += hereAlready;
  }

  void refusedUnlisted(long count) {
    refusedCount += count;
  }

  void appended() {
    appended++;
  }

  void alreadyPresent() {
    alreadyPresent++;
  }

  void refused(long line, String id, String code, String reason) {
    refusedCount++;
    if (refused.size() < MAX_LISTED) {
      refused.add(new Refusal(line, id, code, reason));
    }
  }

  /** A row that was taken, though its message is not what it should be. */
  void keptAsBytes(long line, String id) {
    if (bytes.size() < MAX_LISTED) {
      bytes.add(new Refusal(line, id, "not-json", "kept as bytes"));
    }
  }

  /** Something that the imported rows cannot prove. */
  void cannotGuarantee(String sentence) {
    guarantees.add(sentence);
  }

  long done() {
    return appended + alreadyPresent + refusedCount;
  }

  boolean anyRefused() {
    return refusedCount > 0;
  }

  Map<String, Object> json(long headPosition, String root) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("appended", appended);
    json.put("alreadyPresent", alreadyPresent);
    json.put("refused", shown(refused));
    json.put("refusedCount", refusedCount);
    if (!bytes.isEmpty()) {
      json.put("keptAsBytes", shown(bytes));
    }
    if (!guarantees.isEmpty()) {
      json.put("cannotGuarantee", guarantees);
    }
    json.put("headPosition", headPosition);
    json.put("root", root);
    return json;
  }

  /** Refusals as they are in answers. */
  static List<Map<String, Object>> shown(List<Refusal> rows) {
    return rows.stream()
        .map(
            refusal -> {
              Map<String, Object> shown = new LinkedHashMap<>();
              shown.put("line", refusal.line);
              shown.put("id", refusal.id);
              shown.put("code", refusal.code);
              shown.put("reason", refusal.reason);
              return shown;
            })
        .toList();
  }

  List<String> text(long headPosition, String root) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "appended %,d, already present %,d, refused %,d"
            .formatted(appended, alreadyPresent, refusedCount));
    lines.addAll(listed(refused, refusedCount));
    guarantees.forEach(sentence -> lines.add("  cannot be guaranteed: " + sentence));
    lines.add("head     %,d".formatted(headPosition));
    lines.add("root     " + root);
    return lines;
  }

  /** The first refusals as lines of text; what they quote is a stranger's. */
  static List<String> listed(List<Refusal> refused, long count) {
    List<String> lines = new ArrayList<>();
    refused.stream()
        .limit(MAX_SHOWN)
        .forEach(
            refusal ->
                lines.add(
                    Terminal.printable(
                        "  refused line %d (%s) %s: %s"
                            .formatted(refusal.line, refusal.id, refusal.code, refusal.reason))));
    if (count > MAX_SHOWN) {
      lines.add("  ... and %,d more; --json lists them".formatted(count - MAX_SHOWN));
    }
    return lines;
  }
}
