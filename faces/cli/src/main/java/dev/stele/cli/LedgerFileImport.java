package dev.stele.cli;

import dev.stele.ledger.EventLedger;
import dev.stele.ledger.LedgerFault;
import dev.stele.ledger.LedgerImport;
import dev.stele.ledger.OriginalLedger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/**
 * {@code import --ledger} and {@code --ledger-db}: events of other ledgers, taken over in order.
 */
final class LedgerFileImport {
  private final LogOptionGroup log;

  LedgerFileImport(LogOptionGroup log) {
    this.log = log;
  }

  /** Takes over lines of JSON. */
  int run(Terminal terminal, String file) throws IOException {
    ImportReport report = new ImportReport();
    try (LineReader lines = LineReader.open(file, LedgerJson.MAX_LINE_BYTES);
        EventLedger ledger = Ledgers.open(log)) {
      LineCandidates candidates = new LineCandidates(lines, report, terminal);
      LedgerImport.Report taken =
          candidates.firstIsBare()
              ? LedgerImport.bare(ledger, candidates)
              : LedgerImport.signed(ledger, candidates);
      return answer(terminal, report, ledger, taken, candidates::lineOf);
    }
  }

  /** Takes over a database of the earlier format. */
  int run(Terminal terminal, Path database) {
    if (!Files.isReadable(database)) {
      throw new CannotRun("no-file", "there is no file " + database, "name another file");
    }
    ImportReport report = new ImportReport();
    try (OriginalLedger original = OriginalLedger.open(database);
        EventLedger ledger = Ledgers.open(log)) {
      LedgerImport.Report taken = LedgerImport.bare(ledger, original);
      return answer(terminal, report, ledger, taken, seqNo -> seqNo);
    }
  }

  private int answer(
      Terminal terminal,
      ImportReport report,
      EventLedger ledger,
      LedgerImport.Report taken,
      LongUnaryOperator lineOf) {
    for (LedgerFault fault : taken.faults()) {
      report.cannotGuarantee("the source is broken: " + fault);
    }
    taken.guarantees().forEach(report::cannotGuarantee);
    report.counted(taken.appended(), taken.alreadyPresent());
    for (LedgerImport.Refusal refusal : taken.refused()) {
      report.refused(
          lineOf.applyAsLong(refusal.seqNo()), refusal.eventId(), refusal.code(), refusal.reason());
    }
    report.refusedUnlisted(taken.refusedCount() - taken.refused().size());
    long size = ledger.log().head().size();
    return ImportCommand.answer(
        terminal, report, size, HexFormat.of().formatHex(ledger.log().root(size)));
  }

  /** Reads candidates line by line; a line that is none is refused and passed over. */
  private static final class LineCandidates implements Iterator<LedgerImport.Candidate> {
    private final LineReader lines;
    private final ImportReport report;
    private final Terminal terminal;
    private final Deque<LedgerJson.Line> ahead = new ArrayDeque<>();
    private long given;

    /** How far lines are ahead of the events in them, from which event on. */
    private final TreeMap<Long, Long> offsets = new TreeMap<>(Map.of(0L, 0L));

    LineCandidates(LineReader lines, ImportReport report, Terminal terminal) {
      this.lines = lines;
      this.report = report;
      this.terminal = terminal;
    }

    /** Whether the file is in the form without payload and salt, told by its first event. */
    boolean firstIsBare() {
      return hasNext() && ahead.getFirst().bare();
    }

    @Override
    public boolean hasNext() {
      try {
        byte[] text;
        while (ahead.isEmpty() && (text = lines.next()) != null) {
          switch (LedgerJson.parse(text)) {
            case LedgerJson.Parsed.Refused(String id, String code, String reason) ->
                report.refused(lines.line(), id, code, reason);
            case LedgerJson.Parsed.Ok(var event, boolean bare) ->
                ahead.add(new LedgerJson.Line(lines.line(), event, bare));
          }
        }
        return !ahead.isEmpty();
      } catch (IOException e) {
        throw new CannotRun(
            "io-failed", "the file cannot be read: " + e.getMessage(), "stele doctor");
      }
    }

    @Override
    public LedgerImport.Candidate next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no more lines");
      }
      LedgerJson.Line line = ahead.remove();
      given++;
      if (line.number() - given != offsets.lastEntry().getValue()) {
        offsets.put(given, line.number() - given);
      }
      terminal.progress(given, 0);
      return new LedgerImport.Candidate(given, line.event());
    }

    long lineOf(long number) {
      return number + offsets.floorEntry(number).getValue();
    }
  }
}
