package dev.stele.bench;

import dev.stele.cli.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "bench",
    description = {
      "Measure this machine: every figure in turns with the bare primitive below it.",
      "STELE_PEER_SOURCE may name a C program that does a ledger's work straight on SQLite."
    })
final class BenchCommand implements Callable<Integer> {
  private static final Duration FULL_SECONDS = Duration.ofSeconds(7);
  private static final Duration QUICK_SECONDS = Duration.ofMillis(900);

  @Option(names = "--quick", description = "shorter rounds and smaller logs")
  private boolean quick;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "how long each side of a row is measured (default: 7, with --quick 0.9)")
  private double seconds;

  @Option(
      names = "--rows",
      paramLabel = "PATTERN",
      description = "only rows whose name contains this, upper or lower case")
  private String pattern = "";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "work on the disk of this folder and leave raw results in it (default: work in the"
              + " current folder, leave nothing)")
  private @Nullable Path out;

  @Option(names = "--json", description = "answer with lines of JSON alone on stdout")
  private boolean json;

  @Option(names = "--list", description = "name the rows and measure nothing")
  private boolean list;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "show this help and exit")
  @SuppressWarnings("UnusedVariable") // Its being there is what picocli looks for.
  private boolean help;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws Exception {
    return measure(plan());
  }

  private Plan plan() {
    Duration given = Duration.ofNanos((long) (seconds * 1e9));
    if (quick) {
      return Plan.quick(seconds > 0 ? given : QUICK_SECONDS);
    }
    return Plan.full(seconds > 0 ? given : FULL_SECONDS);
  }

  /** Measures what was asked for; returns the exit code. */
  int measure(Plan plan) throws Exception {
    PrintWriter answer = spec.commandLine().getOut();
    List<Row> rows = new ArrayList<>();
    String wanted = pattern.toLowerCase(Locale.ROOT);
    for (Row row : Rows.of(plan)) {
      if (row.name().toLowerCase(Locale.ROOT).contains(wanted)) {
        rows.add(row);
      }
    }
    if (list) {
      rows.forEach(
          row -> answer.println(json ? Json.write(Map.of("row", row.name())) : row.name()));
      answer.flush();
      return 0;
    }
    Path parent = out == null ? Path.of("").toAbsolutePath() : Files.createDirectories(out);
    Path folder = Files.createTempDirectory(parent, "stele-bench-");
    try (Writer raw =
        out == null ? Writer.nullWriter() : Files.newBufferedWriter(out.resolve("bench.jsonl"))) {
      return measure(plan, rows, folder, answer, raw);
    } finally {
      Harness.delete(folder);
    }
  }

  private int measure(Plan plan, List<Row> rows, Path folder, PrintWriter answer, Writer raw)
      throws Exception {
    PrintWriter notes = spec.commandLine().getErr();
    Machine machine = Machine.look(folder);
    PeerProgram.Build peer = PeerProgram.build(folder);
    boolean busy = machine.busy();
    if (busy) {
      notes.println(
          ("WARNING: others use this machine (load %.2f). What follows tells as much of them as of"
                  + " Stele: only the ratios mean something, and they little. Do not publish it.")
              .formatted(machine.load()));
    }
    notes.println("C reference program: " + peer.note());
    notes.flush();
    Map<String, Object> head = new LinkedHashMap<>(machine.facts());
    head.put("busy", busy);
    head.put("peer", peer.note());
    head.put("rounds", plan.rounds());
    head.put("roundMillis", plan.round().toMillis());
    write(Json.write(head), answer, raw);
    if (!json) {
      answer.println(Report.head());
    }
    Harness harness = new Harness(folder, plan, peer.program());
    boolean disturbed = busy;
    for (Row row : rows) {
      Result result = harness.run(row);
      boolean stolen = Machine.Ticks.tooMuch(result.stolen());
      disturbed |= stolen;
      write(Json.write(result.asJson()), answer, raw);
      if (!json) {
        Report.lines(result, busy || stolen).forEach(answer::println);
        answer.flush();
      }
    }
    if (disturbed) {
      notes.println("rows marked (BUSY) were measured while others used the machine");
      notes.flush();
    }
    return 0;
  }

  private void write(String line, PrintWriter answer, Writer raw) throws IOException {
    raw.write(line + "\n");
    raw.flush();
    if (json) {
      answer.println(line);
      answer.flush();
    }
  }
}
