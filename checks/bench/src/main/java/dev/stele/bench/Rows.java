package dev.stele.bench;

import java.util.List;
import java.util.stream.Stream;

/** All rows there are. */
final class Rows {
  private Rows() {}

  /** The rows of a plan, in the order of the table. */
  static List<Row> of(Plan plan) {
    return Stream.of(
            AppendRows.rows(plan),
            LedgerRows.rows(plan),
            VerifyRows.rows(plan),
            OpenRows.rows(plan),
            ReadRows.rows(plan),
            ViewRows.rows(),
            ProofRows.rows(plan),
            TableRows.rows(plan),
            EnvelopeRows.rows(plan),
            McpRows.rows(),
            NostrRows.rows(plan),
            ServerRows.rows(plan))
        .flatMap(List::stream)
        .toList();
  }
}
