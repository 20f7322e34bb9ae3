package dev.stele.cli;

import dev.stele.cli.NostrImport.OnRefusal;
import dev.stele.core.log.EventLog;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "import",
    description = {
      "Take events from a file, each through its gate. Running it again adds nothing twice.",
      "Exit 1: something was refused; the report lists line, id, code and reason."
    })
final class ImportCommand extends SteleCommand {
  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  static final class Source {
    @Option(
        names = "--nostr",
        paramLabel = "FILE",
        description =
            "Nostr events, one JSON object a line, also as [\"EVENT\", {…}]; gzip is seen by its"
                + " first bytes; - is stdin")
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

  @Option(
      names = "--strict",
      description = "Nostr: stop once a line was refused, instead of going on with the next")
  private boolean strict;

  @Mixin private final NostrStoreGroup nostr = new NostrStoreGroup();

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
    NostrStoreOptions options = nostr.options(log);
    try (Stopping stopping = new Stopping();
        LineReader lines = LineReader.open(file, NostrLine.MAX_BYTES);
        NostrStore store = NostrStores.open(log.secretUri(), options)) {
      NostrReport report =
          new NostrImport(store, strict ? OnRefusal.STOP : OnRefusal.GO_ON, stopping)
              .run(lines, terminal);
      EventLog under = NostrStores.log(store);
      long size = under.head().size();
      String root = HexFormat.of().formatHex(under.root(size));
      terminal.answer(report.json(size, root), report.text(size, root));
      return report.anyRefused() || report.wasStopped()
          ? ExitCode.REFUSED_OR_BROKEN
          : ExitCode.DONE;
    }
  }

  static int answer(Terminal terminal, ImportReport report, long headPosition, String root) {
    terminal.answer(report.json(headPosition, root), report.text(headPosition, root));
    return report.anyRefused() ? ExitCode.REFUSED_OR_BROKEN : ExitCode.DONE;
  }
}
