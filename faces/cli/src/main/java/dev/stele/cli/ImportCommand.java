package dev.stele.cli;

import dev.stele.core.log.EventLog;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.gate.NostrGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "import",
    description = {
      "Take events from a file, each through its gate. Running it again adds nothing twice.",
      "Exit 1: something was refused; the report lists line, id, code and reason."
    })
final class ImportCommand extends SteleCommand {
  private static final Pattern NOSTR_ID = Pattern.compile("\"id\"\\s*:\\s*\"([0-9a-f]{64})\"");

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  static final class Source {
    @Option(
        names = "--nostr",
        paramLabel = "FILE",
        description = "Nostr events, one JSON object a line; .gz is read through gzip; - is stdin")
    private @Nullable String nostr;

    @Option(
        names = "--ledger",
        paramLabel = "FILE",
        description = "signed ledger events, one JSON object a line; .gz and - as above")
    private @Nullable String ledger;

    @Option(
        names = "--ledger-db",
        paramLabel = "FILE",
        description = "an SQLite file of the earlier ledger, with a table ledger_events")
    private @Nullable Path ledgerDatabase;

    @Option(
        names = "--events",
        paramLabel = "FILE",
        description = "events as 'stele export' writes them: a JSON array, or one object a line")
    private @Nullable String events;

    @Option(
        names = "--events-db",
        paramLabel = "FILE",
        description = "an SQLite file of an event store, with a table events")
    private @Nullable Path eventsDatabase;
  }

  @Option(
      names = "--zone",
      paramLabel = "ZONE",
      defaultValue = "",
      description = "the zone of times without an offset in events (default: this machine's)")
  private String zone = "";

  @Override
  int run(Terminal terminal) throws IOException, InterruptedException {
    terminal.begin("importing");
    if (source.ledger != null) {
      return new LedgerFileImport(log).run(terminal, source.ledger);
    }
    if (source.ledgerDatabase != null) {
      return new LedgerFileImport(log).run(terminal, source.ledgerDatabase);
    }
    if (source.events != null) {
      return new ExchangeImport(log, Moments.zone(zone)).run(terminal, source.events);
    }
    if (source.eventsDatabase != null) {
      return new ExchangeImport(log, Moments.zone(zone)).run(terminal, source.eventsDatabase);
    }
    String file = source.nostr == null ? "-" : source.nostr;
    try (LineReader lines = LineReader.open(file, EventJson.MAX_TEXT_BYTES);
        EventLog writer = log.openWriter()) {
      ImportReport report =
          new ParallelImport(
                  writer, new NostrGate(), InstantSource.system(), ImportCommand::nostrId)
              .run(lines, terminal);
      long size = writer.head().size();
      return answer(terminal, report, size, HexFormat.of().formatHex(writer.root(size)));
    }
  }

  static int answer(Terminal terminal, ImportReport report, long headPosition, String root) {
    terminal.answer(report.json(headPosition, root), report.text(headPosition, root));
    return report.anyRefused() ? ExitCode.REFUSED_OR_BROKEN : ExitCode.DONE;
  }

  /** The id that a refused line names, for the report; nothing says that it is right. */
  private static String nostrId(byte[] line) {
    Matcher id = NOSTR_ID.matcher(new String(line, StandardCharsets.UTF_8));
    return id.find() ? id.group(1) : "";
  }
}
