package dev.stele.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** The command, with sizes so small that every row can be run. */
class BenchCommandTest {
  private static final Plan TINY =
      new Plan(
          2, Duration.ofMillis(5), Duration.ofMillis(1), 600, 300, new int[] {300, 600}, 70, 20);

  @TempDir Path folder;

  private final StringWriter said = new StringWriter();

  private int run(String... arguments) throws Exception {
    BenchCommand command = new BenchCommand();
    CommandLine line = new CommandLine(command);
    line.setOut(new PrintWriter(said));
    line.setErr(new PrintWriter(new StringWriter()));
    line.parseArgs(arguments);
    return command.measure(TINY);
  }

  @Test
  void everyRowRunsAndYieldsJson() throws Exception {
    assertThat(run("--quick", "--json", "--out", folder.toString())).isZero();

    List<String> lines = said.toString().lines().toList();
    assertThat(lines).hasSize(1 + Rows.of(TINY).size());
    for (String line : lines.subList(1, lines.size())) {
      assertThat(numbers(line, "perSecond")).as(line).allMatch(rate -> rate > 0);
      assertThat(numbers(line, "ratio")).as(line).allMatch(ratio -> ratio > 0);
    }
    assertThat(folder.resolve("bench.jsonl")).hasContent(said.toString());
    assertThat(folder).isDirectoryNotContaining(file -> file.toFile().isDirectory());
  }

  @Test
  void theTableNamesDurabilityAndTheOtherSide() throws Exception {
    assertThat(run("--rows", "append, 1 caller", "--out", folder.toString())).isZero();

    assertThat(said.toString())
        .contains("bare write + sync", "plain JDBC, INSERT + FULL", "durable", "EventLog.append");
  }

  @Test
  void theListMeasuresNothing() throws Exception {
    assertThat(run("--list", "--rows", "VERIFY")).isZero();

    assertThat(said.toString().lines()).hasSize(6).allMatch(name -> name.startsWith("verify"));
  }

  @Test
  void noDurableRowIsComparedWithOneThatIsNot() {
    assertThat(Rows.of(TINY))
        .allSatisfy(row -> assertThat(row.durability()).isIn("durable", "os", "memory", "-"));
  }

  @Test
  void percentilesAreCloseToTheTruth() {
    Latencies latencies = new Latencies();
    for (int i = 1; i <= 100_000; i++) {
      latencies.add(i);
    }
    assertThat(latencies.percentile(0.5)).isBetween(46_000L, 54_000L);
    assertThat(latencies.percentile(0.99)).isBetween(92_000L, 106_000L);
  }

  private static List<Double> numbers(String line, String member) {
    List<Double> numbers = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), line)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.PROPERTY_NAME && parser.currentName().equals(member)) {
          parser.nextToken();
          numbers.add(parser.getDoubleValue());
        }
      }
    }
    assertThat(numbers).as(line).isNotEmpty();
    return numbers;
  }
}
