package dev.stele.bench;

import java.util.ArrayList;
import java.util.List;

/** Writes results: as a table for people, as lines of JSON for programs. */
final class Report {

  private Report() {}

  /** The head of the table, without its lines. */
  static String head() {
    return "%-44s %12s %9s %9s %8s  %-34s %12s %7s  %-8s %7s %7s %7s  %s"
        .formatted(
            "row",
            "events/s",
            "p50 us",
            "p99 us",
            "B/event",
            "against",
            "events/s",
            "ratio",
            "durable",
            "batch",
            "payload",
            "threads",
            "through");
  }

  /** The lines of one row: one for each side it is compared with. */
  static List<String> lines(Result result, boolean busy) {
    List<String> lines = new ArrayList<>();
    Row row = result.row();
    Result.Figures ours = result.ours();
    List<Result.Figures> others = result.sides().subList(1, result.sides().size());
    String left =
        "%-44s %,12.0f %,9.1f %,9.1f %,8.0f"
            .formatted(
                row.name(),
                ours.perSecond(),
                ours.p50Nanos() / 1e3,
                ours.p99Nanos() / 1e3,
                ours.bytesPerEvent());
    String right =
        "%-8s %7d %7d %7d  %s%s"
            .formatted(
                row.durability(),
                row.batch(),
                row.payloadBytes(),
                row.threads(),
                row.api(),
                busy ? "  (BUSY)" : "");
    if (others.isEmpty()) {
      lines.add("%s  %-34s %12s %7s  %s".formatted(left, "-", "", "", right));
    }
    for (Result.Figures other : others) {
      lines.add(
          "%s  %-34s %,12.0f %7.2f  %s"
              .formatted(
                  lines.isEmpty() ? left : " ".repeat(left.length()),
                  other.name(),
                  other.perSecond(),
                  result.ratio(other),
                  lines.isEmpty() ? right : ""));
    }
    return lines.stream().map(String::stripTrailing).toList();
  }
}
