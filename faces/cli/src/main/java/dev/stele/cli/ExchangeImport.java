package dev.stele.cli;

import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.gate.UnsignedGate;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code import --events} and {@code --events-db}: events that other programs have exported, or
 * kept. Each id is taken once, so running it again adds nothing.
 */
final class ExchangeImport {
  /** Rows of one append: enough for the sync to vanish beside them. */
  private static final int BATCH = 1_024;

  private final LogOptionGroup log;
  private final ZoneId zone;
  private final ImportReport report = new ImportReport();

  private record Waiting(long row, String id) {}

  private final List<Waiting> waiting = new ArrayList<>();
  private final List<Append> appends = new ArrayList<>();

  ExchangeImport(LogOptionGroup log, ZoneId zone) {
    this.log = log;
    this.zone = zone;
  }

  /** Takes rows of JSON: an array, or lines. */
  int run(Terminal terminal, String file) throws IOException {
    try (JsonRows rows = JsonRows.open(file, ExchangedEvent.MAX_ROW_BYTES);
        EventLog writer = log.openWriter()) {
      byte[] row;
      while ((row = rows.next()) != null) {
        take(writer, rows.row(), ExchangedEvent.parse(row, zone), terminal);
      }
      return finish(writer, terminal);
    }
  }

  /** Takes the rows of a database. */
  int run(Terminal terminal, Path database) throws IOException {
    try (OriginalEvents rows = OriginalEvents.open(database);
        EventLog writer = log.openWriter()) {
      long kept = 0;
      OriginalEvents.@Nullable Row row;
      while ((row = rows.next()) != null) {
        byte[] message = row.message();
        Optional<String> text = message == null ? Optional.empty() : ExchangedEvent.utf8(message);
        boolean json = text.isPresent() && ExchangedEvent.isJson(text.get());
        if (message != null && !json) {
          kept++;
          report.keptAsBytes(row.number(), String.valueOf(row.id()));
        }
        take(
            writer,
            row.number(),
            ExchangedEvent.of(
                row.id(),
                row.stream(),
                message == null ? null : ExchangedEvent.message(message),
                row.timestamp(),
                zone),
            terminal);
      }
      if (kept > 0) {
        report.cannotGuarantee(
            "%,d messages are not JSON; their bytes are kept, in base64".formatted(kept));
      }
      report.cannotGuarantee(
          "times without an offset were taken as of %s; nobody has signed any row".formatted(zone));
      return finish(writer, terminal);
    }
  }

  private void take(EventLog writer, long number, ExchangedEvent.Read read, Terminal terminal) {
    switch (read) {
      case ExchangedEvent.Read.Refused(String id, String code, String reason) ->
          report.refused(number, id, code, reason);
      case ExchangedEvent.Read.Ok(ExchangedEvent event) -> {
        Admission admission =
            new UnsignedGate()
                .judge(
                    new UnsignedGate.Input(
                        event.stream(), ExchangedEvent.IMPORTED, event.id(), event.payload(), ""),
                    Instant.now());
        switch (admission) {
          case Rejected(String code, String reason) ->
              report.refused(number, event.id(), code, reason);
          case Transient(String reason) -> report.refused(number, event.id(), "transient", reason);
          case Admitted admitted -> {
            waiting.add(new Waiting(number, event.id()));
            appends.add(Append.of(admitted));
          }
        }
      }
    }
    if (appends.size() == BATCH) {
      flush(writer);
      terminal.progress(report.done(), 0);
    }
  }

  private int finish(EventLog writer, Terminal terminal) {
    flush(writer);
    long size = writer.head().size();
    return ImportCommand.answer(
        terminal, report, size, HexFormat.of().formatHex(writer.root(size)));
  }

  private void flush(EventLog writer) {
    List<AppendResult> results = writer.appendAll(appends);
    for (int i = 0; i < results.size(); i++) {
      Waiting row = waiting.get(i);
      switch (results.get(i)) {
        case AppendResult.Appended _ -> report.appended();
        case AppendResult.AlreadyPresent _ -> report.alreadyPresent();
        case AppendResult.Conflict conflict ->
            report.refused(row.row(), row.id(), "conflict", conflict.toString());
        case AppendResult.Refused(var claim, long holder) ->
            report.refused(
                row.row(), row.id(), "claim-taken", claim.scope() + " is held by " + holder);
        case AppendResult.ReadOnly(var verdict) ->
            throw new CannotRun("broken-log", verdict.toString(), "stele verify");
      }
    }
    waiting.clear();
    appends.clear();
  }
}
