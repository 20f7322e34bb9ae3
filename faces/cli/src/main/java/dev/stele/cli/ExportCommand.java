package dev.stele.cli;

import dev.stele.core.event.EventDraft;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStores;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "export",
    description = {
      "Write events as JSON: event_id, stream_id, message, timestamp, seq; stream by stream, in"
          + " order. Payloads that are not JSON are given in base64, so nothing is lost.",
      "It is for other programs; to put a log back, take 'stele backup'.",
      "With --nostr Nostr events as they are, one a line: what is visible, or with --all"
          + " everything."
    })
final class ExportCommand extends SteleCommand {
  private static final int PAGE = 1_024;

  @Parameters(
      paramLabel = "FILE|-",
      arity = "0..1",
      description =
          "where to; - is stdout, and the default; Nostr: through gzip where it ends in .gz")
  private String file = "-";

  @Option(
      names = "--lines",
      description = "one object a line, instead of one array (default for .jsonl)")
  private boolean lines;

  @Option(names = "--stream", paramLabel = "S", description = "events of this stream alone")
  private @Nullable String stream;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "events at this time or later: ISO 8601, with or without an offset, or a date")
  private @Nullable String since;

  @Option(names = "--until", paramLabel = "TIME", description = "events at this time or earlier")
  private @Nullable String until;

  @Option(
      names = "--zone",
      paramLabel = "ZONE",
      defaultValue = "",
      description = "the zone of times without an offset (default: this machine's)")
  private String zone = "";

  @Option(names = "--nostr", description = "Nostr events as they are, one a line")
  private boolean nostr;

  @Option(
      names = "--all",
      description =
          "Nostr: also what is superseded, deleted or expired; in the order of the log, also while"
              + " it is written")
  private boolean all;

  @Option(
      names = "--filter",
      paramLabel = "FILTER",
      description = "Nostr: only what matches, such as '{\"kinds\": [1]}'")
  private @Nullable String filter;

  @Option(
      names = "--order",
      paramLabel = "ORDER",
      description = "Nostr: newest first, or as in the log: newest, log (default: newest)")
  private NostrExport.@Nullable Order order;

  @Mixin private final NostrStoreGroup store = new NostrStoreGroup();

  /** What is written, and what of it was left out. Confined to one thread. */
  private static final class Out {
    final Writer writer;
    final boolean lines;
    long written;
    long erased;

    Out(Writer writer, boolean lines) {
      this.writer = writer;
      this.lines = lines;
    }

    void begin() throws IOException {
      writer.write(lines ? "" : "[");
    }

    void add(String json) throws IOException {
      if (!lines) {
        writer.write(written == 0 ? "\n  " : ",\n  ");
      }
      writer.write(json);
      if (lines) {
        writer.write('\n');
      }
      written++;
    }

    void end() throws IOException {
      writer.write(lines ? "" : written == 0 ? "]\n" : "\n]\n");
      writer.flush();
    }
  }

  @Override
  int run(Terminal terminal) throws IOException {
    if (nostr) {
      return exportNostr(terminal);
    }
    if (all || filter != null || order != null) {
      throw new CannotRun(
          "bad-arguments", "--all, --filter and --order go with --nostr", "stele export --help");
    }
    ZoneId of = Moments.zone(zone);
    Instant first =
        since == null ? Instant.MIN : Moments.bound("--since", since, of, Moments.Bound.FIRST);
    Instant last =
        until == null ? Instant.MAX : Moments.bound("--until", until, of, Moments.Bound.LAST);
    try (LogReader reader = log.openReader()) {
      terminal.begin("exporting");
      boolean asLines = lines || file.endsWith(".jsonl");
      if (file.equals("-")) {
        Out out = new Out(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), asLines);
        write(reader, out, first, last, terminal);
        return ExitCode.DONE;
      }
      Path target = Path.of(file);
      Path partial = target.resolveSibling(target.getFileName() + ".writing");
      Out out;
      try (BufferedWriter writer = Files.newBufferedWriter(partial)) {
        out = new Out(writer, asLines);
        write(reader, out, first, last, terminal);
      }
      Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("exported", out.written);
      json.put("erased", out.erased);
      json.put("file", target.toString());
      terminal.answer(
          json,
          List.of(
              "exported   %,d events to %s".formatted(out.written, target),
              "left out   %,d that were erased".formatted(out.erased)));
      return ExitCode.DONE;
    }
  }

  // ---- Nostr ----

  private int exportNostr(Terminal terminal) throws IOException {
    NostrFilter wanted = filter == null ? NostrFilter.ALL : NostrFilters.parse(filter);
    boolean byLog = all || order == NostrExport.Order.LOG;
    if (byLog && wanted.limit().isPresent()) {
      throw new CannotRun(
          "bad-filter",
          "a limit is of the newest events, and these come in the order of the log",
          "stele export --nostr --order newest");
    }
    if (all && order == NostrExport.Order.NEWEST) {
      throw new CannotRun(
          "bad-arguments", "--all is in the order of the log", "stele export --nostr --all");
    }
    terminal.begin("exporting");
    if (file.equals("-")) {
      Writer out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
      var _ = writeNostr(terminal, out, wanted);
      out.flush();
      return ExitCode.DONE;
    }
    Path target = Path.of(file);
    Path partial = target.resolveSibling(target.getFileName() + ".writing");
    NostrExport export;
    try (Writer out =
        new BufferedWriter(new OutputStreamWriter(opened(partial), StandardCharsets.UTF_8))) {
      export = writeNostr(terminal, out, wanted);
    }
    Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("exported", export.written());
    json.put("erased", export.gone());
    json.put("file", target.toString());
    terminal.answer(
        json,
        List.of(
            "exported   %,d events to %s".formatted(export.written(), target),
            "left out   %,d that were erased".formatted(export.gone())));
    return ExitCode.DONE;
  }

  private OutputStream opened(Path partial) throws IOException {
    OutputStream raw = Files.newOutputStream(partial);
    return file.endsWith(".gz") ? new GZIPOutputStream(raw) : raw;
  }

  private NostrExport writeNostr(Terminal terminal, Writer out, NostrFilter wanted) {
    NostrExport export = new NostrExport(out, wanted, terminal::progress);
    if (all) {
      try (LogReader reader = log.openReader()) {
        export.all(reader);
      }
    } else {
      try (NostrStore opened = NostrStores.open(log.secretUri(), store.options(log))) {
        export.visible(opened, order == null ? NostrExport.Order.NEWEST : order);
      }
    }
    return export;
  }

  // ---- events of any kind ----

  private void write(LogReader reader, Out out, Instant first, Instant last, Terminal terminal)
      throws IOException {
    long size = reader.head().size();
    out.begin();
    for (String name : streams(reader, size)) {
      long after = 0;
      List<StoredEvent> page = reader.readStream(name, after, PAGE);
      while (!page.isEmpty()) {
        for (StoredEvent event : page) {
          after = event.revision();
          if (event.position() <= size) {
            add(reader, out, event, first, last);
          }
        }
        terminal.progress(out.written, size);
        page = reader.readStream(name, after, PAGE);
      }
    }
    out.end();
  }

  private static void add(LogReader reader, Out out, StoredEvent event, Instant first, Instant last)
      throws IOException {
    Optional<ExchangedEvent> shown = ExchangedEvent.of(event, reader.origin());
    if (shown.isEmpty()) {
      out.erased++;
      return;
    }
    Instant at = shown.get().timestamp().toInstant();
    if (!at.isBefore(first) && !at.isAfter(last)) {
      out.add(shown.get().json(event.revision()));
    }
  }

  /** The streams that are wanted, by name; the log's own are not, unless they are named. */
  private SortedSet<String> streams(LogReader reader, long size) {
    SortedSet<String> names = new TreeSet<>();
    if (stream != null) {
      names.add(stream);
      return names;
    }
    for (long after = reader.firstPosition() - 1; after < size; ) {
      List<StoredEvent> page = reader.read(after, PAGE);
      if (page.isEmpty()) {
        break;
      }
      for (StoredEvent event : page) {
        if (!event.stream().startsWith(EventDraft.LOGS_OWN)) {
          names.add(event.stream());
        }
      }
      after = page.getLast().position();
    }
    return names;
  }
}
