package dev.stele.cli;

import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * Takes the lines of a file through a gate into a log: judged in parallel, appended in order, the
 * next batch being judged while the last one is committed.
 */
final class ParallelImport {
  /** Lines of one batch: enough for the sync to vanish beside the signatures. */
  private static final int BATCH = 1_024;

  /** How many lines one task judges: enough for its hand-over to vanish. */
  private static final int SLICE = 32;

  private record Judged(long line, byte[] text, Admission admission) {}

  private final EventLog log;
  private final Gate<byte[]> gate;
  private final InstantSource clock;
  private final Function<byte[], String> idOf;
  private final ImportReport report = new ImportReport();

  /**
   * An import through {@code gate}.
   *
   * @param idOf finds an id for the report in a line that was refused, as far as there is one
   */
  ParallelImport(
      EventLog log, Gate<byte[]> gate, InstantSource clock, Function<byte[], String> idOf) {
    this.log = log;
    this.gate = gate;
    this.clock = clock;
    this.idOf = idOf;
  }

  ImportReport run(LineReader lines, Terminal terminal) throws IOException, InterruptedException {
    int threads = Runtime.getRuntime().availableProcessors();
    try (ExecutorService judges = Executors.newFixedThreadPool(threads)) {
      List<Future<List<Judged>>> judging = judge(lines, judges);
      while (!judging.isEmpty()) {
        List<Future<List<Judged>>> next = judge(lines, judges);
        append(judging);
        terminal.progress(report.done(), 0);
        judging = next;
      }
    }
    return report;
  }

  private List<Future<List<Judged>>> judge(LineReader lines, ExecutorService judges)
      throws IOException {
    List<Future<List<Judged>>> tasks = new ArrayList<>();
    byte[] text = lines.next();
    for (int read = 0; text != null; ) {
      List<Judged> slice = new ArrayList<>(SLICE);
      do {
        slice.add(new Judged(lines.line(), text, new Transient("not judged yet")));
        read++;
        text = read < BATCH ? lines.next() : null;
      } while (text != null && slice.size() < SLICE);
      tasks.add(judges.submit(() -> slice.stream().map(this::judge).toList()));
    }
    return tasks;
  }

  private Judged judge(Judged raw) {
    return new Judged(raw.line, raw.text, gate.judge(raw.text, clock.instant()));
  }

  private void append(List<Future<List<Judged>>> judging) throws InterruptedException {
    List<Judged> admitted = new ArrayList<>();
    List<Append> appends = new ArrayList<>();
    for (Future<List<Judged>> task : judging) {
      for (Judged judged : join(task)) {
        switch (judged.admission) {
          case Admitted ok -> {
            admitted.add(judged);
            appends.add(Append.of(ok));
          }
          case Transient _ -> report.passedBy();
          case Rejected(String code, String reason) ->
              report.refused(judged.line, idOf.apply(judged.text), code, reason);
        }
      }
    }
    List<AppendResult> results = log.appendAll(appends);
    for (int i = 0; i < results.size(); i++) {
      Judged judged = admitted.get(i);
      switch (results.get(i)) {
        case AppendResult.Appended _ -> report.appended();
        case AppendResult.AlreadyPresent _ -> report.alreadyPresent();
        case AppendResult.Conflict conflict ->
            report.refused(judged.line, idOf.apply(judged.text), "conflict", conflict.toString());
        case AppendResult.Refused(var claim, long holder) ->
            report.refused(
                judged.line,
                idOf.apply(judged.text),
                "claim-taken",
                claim.scope() + " is held by position " + holder);
        case AppendResult.ReadOnly(var verdict) ->
            throw new CannotRun("broken-log", verdict.toString(), "stele verify");
      }
    }
  }

  private static List<Judged> join(Future<List<Judged>> task) throws InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("judging a line failed", e.getCause());
    }
  }
}
