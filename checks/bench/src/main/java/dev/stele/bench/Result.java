package dev.stele.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A row that was measured.
 *
 * @param row what was measured
 * @param sides the figures of each side, ours first
 * @param stolen the share of processor time that the host took meanwhile
 */
record Result(Row row, List<Figures> sides, double stolen) {
  /**
   * The figures of one side.
   *
   * @param name the side's
   * @param perSecond the median of its rounds
   * @param rounds the rate of every round, in order
   * @param p50Nanos the median of single calls over all rounds, 0 where unknown
   * @param p99Nanos the same at 99 %
   * @param bytesPerEvent the median of what was allocated for an event, -1 where unknown
   */
  record Figures(
      String name,
      double perSecond,
      List<Double> rounds,
      long p50Nanos,
      long p99Nanos,
      double bytesPerEvent) {
    /** Draws the figures from the rounds of a side. */
    static Figures of(String name, List<Round> rounds) {
      List<Double> rates = new ArrayList<>();
      List<Double> bytes = new ArrayList<>();
      Latencies all = new Latencies();
      for (Round round : rounds) {
        rates.add(round.perSecond());
        bytes.add(round.bytesPerEvent());
        all.addAll(round.latencies());
      }
      return new Figures(
          name,
          median(rates),
          List.copyOf(rates),
          all.percentile(0.5),
          all.percentile(0.99),
          median(bytes));
    }

    private static double median(List<Double> values) {
      List<Double> sorted = values.stream().sorted().toList();
      int half = sorted.size() / 2;
      return sorted.size() % 2 == 1
          ? sorted.get(half)
          : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }
  }

  /** Ours. */
  Figures ours() {
    return sides.getFirst();
  }

  /** How many times as fast as another side we are. */
  double ratio(Figures other) {
    return other.perSecond == 0 ? 0 : ours().perSecond / other.perSecond;
  }

  /** Everything, for a line of JSON. */
  Map<String, Object> asJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("row", row.name());
    json.put("api", row.api());
    json.put("durability", row.durability());
    json.put("batch", row.batch());
    json.put("payloadBytes", row.payloadBytes());
    json.put("threads", row.threads());
    json.put("stolen", stolen);
    List<Map<String, Object>> all = new ArrayList<>();
    for (Figures side : sides) {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("side", side.name);
      figures.put("perSecond", side.perSecond);
      figures.put("rounds", side.rounds);
      figures.put("p50Nanos", side.p50Nanos);
      figures.put("p99Nanos", side.p99Nanos);
      figures.put("bytesPerEvent", side.bytesPerEvent);
      figures.put("ratio", ratio(side));
      all.add(figures);
    }
    json.put("sides", all);
    return json;
  }
}
