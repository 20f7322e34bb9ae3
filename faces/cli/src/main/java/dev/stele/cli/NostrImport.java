package dev.stele.cli;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.store.History;
import dev.stele.nostr.store.History.Taken;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.StoreOutcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Takes the lines of a file into a store of Nostr events, in their order: all of them into the log
 * first, and then the tables follow.
 *
 * <pre>
 *   this thread    read batch 3 ─────────────┐ refusals of 2     at the end: what came of the rest
 *   parsers           parse batch 3 ──────────┤                              ▲
 *   store          batch 2: known? ► signatures on all cores ► log ───── tables
 * </pre>
 *
 * <p>Two batches are in memory at most, and some bytes for each of the last million events,
 * whatever the length of the file. One thread.
 */
final class NostrImport {
  /** Events of one batch: a second of signatures, so that what is between batches vanishes. */
  private static final int BATCH = 32_768;

  /** 32 MiB of text in one batch, however few events they are. */
  private static final long BATCH_BYTES = 32L * 1024 * 1024;

  /** So many events are kept in mind at most, some 50 MB, before what came of them is asked. */
  private static final int MAX_UNSETTLED = 1_000_000;

  /** So many are asked for at once: a second of the tables, so that progress can be shown. */
  private static final int SETTLED_TOGETHER = 8_192;

  /** How many lines one task parses: enough for its hand-over to vanish. */
  private static final int SLICE = 64;

  /** What a line that is refused does to those behind it. */
  enum OnRefusal {
    /** Nothing. */
    GO_ON,
    /** They are not read any more. */
    STOP
  }

  private record Raw(long line, byte[] text) {}

  /** A line as it was read; its id is of interest only where it was refused. */
  private record Read(long line, String id, ParsedEvent parsed) {}

  /** A batch on its way into the store. */
  private record Storing(List<Read> batch, long lastLine, Future<List<Taken>> taken) {}

  private final NostrStore store;
  private final OnRefusal onRefusal;
  private final Stopping stopping;
  private final NostrReport report = new NostrReport();

  /** What is in the log, and nobody has asked the tables about yet. */
  private final List<Taken> unsettled = new ArrayList<>();

  NostrImport(NostrStore store, OnRefusal onRefusal, Stopping stopping) {
    this.store = store;
    this.onRefusal = onRefusal;
    this.stopping = stopping;
  }

  NostrReport run(LineReader lines, Terminal terminal) throws IOException, InterruptedException {
    History history = store.history();
    try (history) {
      append(history, lines, terminal);
    }
    report.logged();
    settle(history, terminal);
    return report;
  }

  private void append(History history, LineReader lines, Terminal terminal)
      throws IOException, InterruptedException {
    int threads = Runtime.getRuntime().availableProcessors();
    try (ExecutorService parsers = Executors.newFixedThreadPool(threads);
        ExecutorService storer = Executors.newSingleThreadExecutor()) {
      @Nullable Storing storing = null;
      while (true) {
        List<Future<List<Read>>> parsing = isOver() ? List.of() : read(lines, parsers);
        long lastLine = lines.line();
        if (storing != null) {
          finish(storing);
          terminal.progress(report.done() + unsettled.size(), 0);
          if (unsettled.size() >= MAX_UNSETTLED) {
            settle(history, terminal);
          }
        }
        if (parsing.isEmpty() || isOver()) {
          return;
        }
        List<Read> batch = wellformed(parsing);
        List<NostrEvent> events = batch.stream().map(NostrImport::event).toList();
        storing = new Storing(batch, lastLine, storer.submit(() -> history.append(events)));
      }
    }
  }

  /** Waits for the tables, and counts what they made of the events, unless told to stop. */
  private void settle(History history, Terminal terminal) {
    long all = unsettled.size();
    terminal.begin("tables follow");
    for (int from = 0; from < all; from += SETTLED_TOGETHER) {
      if (stopping.asked()) {
        report.stop();
        report.leftToTheTables(all - from);
        break;
      }
      int to = (int) Math.min(all, from + SETTLED_TOGETHER);
      history.outcomes(unsettled.subList(from, to)).forEach(report::count);
      terminal.progress(to, all);
    }
    unsettled.clear();
    terminal.begin("importing");
  }

  /** Whether nothing more is to be read. */
  private boolean isOver() {
    if (stopping.asked()) {
      report.stop();
    }
    return report.wasStopped() || (onRefusal == OnRefusal.STOP && report.anyRefused());
  }

  private static List<Future<List<Read>>> read(LineReader lines, ExecutorService parsers)
      throws IOException {
    List<Future<List<Read>>> tasks = new ArrayList<>();
    List<Raw> slice = new ArrayList<>(SLICE);
    long bytes = 0;
    for (int read = 0; read < BATCH && bytes < BATCH_BYTES; read++) {
      byte[] text = lines.next();
      if (text == null) {
        break;
      }
      bytes += text.length;
      slice.add(new Raw(lines.line(), text));
      if (slice.size() == SLICE) {
        tasks.add(parse(slice, parsers));
        slice = new ArrayList<>(SLICE);
      }
    }
    if (!slice.isEmpty()) {
      tasks.add(parse(slice, parsers));
    }
    return tasks;
  }

  private static Future<List<Read>> parse(List<Raw> slice, ExecutorService parsers) {
    return parsers.submit(() -> slice.stream().map(NostrImport::parse).toList());
  }

  private static Read parse(Raw raw) {
    return switch (NostrLine.parse(raw.text)) {
      case ParsedEvent.Wellformed wellformed ->
          new Read(raw.line, wellformed.event().id(), wellformed);
      case ParsedEvent.Malformed malformed ->
          new Read(raw.line, NostrLine.idIn(raw.text), malformed);
    };
  }

  /** The lines that are events; the others are reported, and end what is read where they may. */
  private List<Read> wellformed(List<Future<List<Read>>> parsing) throws InterruptedException {
    List<Read> wellformed = new ArrayList<>();
    for (Future<List<Read>> task : parsing) {
      for (Read read : join(task)) {
        switch (read.parsed) {
          case ParsedEvent.Wellformed _ -> wellformed.add(read);
          case ParsedEvent.Malformed(String code, String reason) -> {
            report.refused(read.line, read.id, code, reason);
            if (onRefusal == OnRefusal.STOP) {
              return wellformed;
            }
          }
        }
      }
    }
    return wellformed;
  }

  private static NostrEvent event(Read read) {
    return switch (read.parsed) {
      case ParsedEvent.Wellformed(NostrEvent event) -> event;
      case ParsedEvent.Malformed(String code, var _) ->
          throw new IllegalStateException("a line that is " + code + " was reported");
    };
  }

  private void finish(Storing storing) throws InterruptedException {
    List<Taken> taken = join(storing.taken);
    for (int i = 0; i < taken.size(); i++) {
      Read read = storing.batch.get(i);
      switch (taken.get(i)) {
        case Taken.Decided(StoreOutcome.Refused(String code, String reason)) ->
            report.refused(read.line, read.id, code, reason);
        case Taken.Decided(StoreOutcome.ReadOnly(String reason)) ->
            throw new CannotRun("broken-log", reason, "stele verify");
        case Taken.Decided(StoreOutcome outcome) -> report.count(outcome);
        case Taken.InTheLog there -> unsettled.add(there);
      }
    }
    report.reached(storing.lastLine);
  }

  private static <T> T join(Future<T> task) throws InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("importing failed", e.getCause());
    }
  }
}
