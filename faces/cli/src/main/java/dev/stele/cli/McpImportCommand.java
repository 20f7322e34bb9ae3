package dev.stele.cli;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpStreamName;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpEventStores;
import dev.stele.mcp.store.McpStoreOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "import",
    description = {
      "Take over the streams of another MCP event store, so that they can be resumed from here:",
      "a JSON export, or its SQLite file. Messages keep their order; their ids become new ones.",
      "Running it again adds nothing twice."
    })
final class McpImportCommand extends SteleCommand {
  /** What is read. */
  static final class Source {
    @Option(
        names = "--events",
        paramLabel = "FILE|-",
        description = "a JSON array or lines of event_id, stream_id, message, timestamp")
    private @Nullable String file;

    @Option(
        names = "--events-db",
        paramLabel = "FILE",
        description = "an SQLite file with a table events")
    private @Nullable Path database;
  }

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(names = "--session", paramLabel = "ID", required = true, description = "their session")
  private String session = "";

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "their tenant (default: ${DEFAULT-VALUE})")
  private String tenant = McpScope.ANYBODY;

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description = "their user (default: ${DEFAULT-VALUE})")
  private String user = McpScope.ANYBODY;

  private final ImportReport report = new ImportReport();

  /** How many messages of a stream were seen in the file. */
  private final Map<String, Long> seen = new HashMap<>();

  @Override
  int run(Terminal terminal) throws IOException {
    McpScope scope = scope();
    var _ = log.home();
    McpStoreOptions plain = McpStoreOptions.DEFAULT;
    try (McpEventStore store =
        McpEventStores.open(
            log.secretUri(), log.anchorFolder().map(plain::anchoredIn).orElse(plain))) {
      EventLog under = McpEventStores.log(store).orElseThrow();
      terminal.begin("importing");
      if (source.file != null) {
        ofJson(terminal, store, under, scope, source.file);
      } else if (source.database != null) {
        ofDatabase(terminal, store, under, scope, source.database);
      }
      long head = under.head().size();
      String root = HexFormat.of().formatHex(under.root(head));
      terminal.answer(report.json(head, root), report.text(head, root));
      return report.anyRefused() ? ExitCode.REFUSED_OR_BROKEN : ExitCode.DONE;
    }
  }

  private McpScope scope() {
    try {
      return new McpScope(tenant, user, session);
    } catch (IllegalArgumentException e) {
      throw new CannotRun("bad-scope", String.valueOf(e.getMessage()), "stele mcp import --help");
    }
  }

  private void ofJson(
      Terminal terminal, McpEventStore store, EventLog under, McpScope scope, String file)
      throws IOException {
    try (JsonRows rows = JsonRows.open(file, ExchangedEvent.MAX_ROW_BYTES)) {
      byte[] row;
      while ((row = rows.next()) != null) {
        // The time of a message is when this log recorded it, so that any zone will do.
        switch (ExchangedEvent.parse(row, ZoneOffset.UTC)) {
          case ExchangedEvent.Read.Refused(String id, String code, String reason) ->
              report.refused(rows.row(), id, code, reason);
          case ExchangedEvent.Read.Ok(ExchangedEvent event) ->
              take(
                  store,
                  under,
                  scope,
                  rows.row(),
                  event.id(),
                  event.stream(),
                  event.message().getBytes(StandardCharsets.UTF_8));
        }
        terminal.progress(report.done(), 0);
      }
    }
  }

  private void ofDatabase(
      Terminal terminal, McpEventStore store, EventLog under, McpScope scope, Path database)
      throws IOException {
    try (OriginalEvents rows = OriginalEvents.open(database)) {
      OriginalEvents.@Nullable Row row;
      while ((row = rows.next()) != null) {
        String id = row.id() == null ? "" : row.id();
        String stream = row.stream();
        byte[] message = row.message();
        if (stream == null || message == null) {
          report.refused(row.number(), id, "no-message", "the row lacks a stream or a message");
        } else {
          take(store, under, scope, row.number(), id, stream, message);
        }
        terminal.progress(report.done(), 0);
      }
    }
  }

  /** A message that stands at its place already is not taken again. */
  private void take(
      McpEventStore store,
      EventLog under,
      McpScope scope,
      long row,
      String id,
      String stream,
      byte[] message) {
    if (!McpStreamName.isName(stream)) {
      report.refused(row, id, "bad-stream", "a stream's name has 1 to 256 bytes of UTF-8");
      return;
    }
    String inLog = new McpStreamName(scope, stream).inLog();
    long place = seen.getOrDefault(stream, 0L) + 1;
    if (under.lastRevision(inLog) >= place) {
      Optional<byte[]> there =
          under.readStream(inLog, place - 1, 1).stream().findFirst().flatMap(StoredEvent::payload);
      if (there.filter(stored -> Arrays.equals(stored, message)).isPresent()) {
        seen.put(stream, place);
        report.alreadyPresent();
      } else {
        report.refused(
            row, id, "other-message", "another message stands at place %d there".formatted(place));
      }
      return;
    }
    switch (store.append(scope, stream, new McpMessage.Json(message))) {
      case McpAppend.Appended _ -> {
        seen.put(stream, place);
        report.appended();
      }
      case McpAppend.Refused(String code, String reason) -> report.refused(row, id, code, reason);
      case McpAppend.SessionEnded() ->
          report.refused(row, id, "session-ended", "the session has ended");
      case McpAppend.StreamCompleted() ->
          report.refused(row, id, "stream-complete", "the stream is complete");
      case McpAppend.ReadOnly(String reason) ->
          throw new CannotRun("read-only", reason, "stele verify --log " + log.uri());
    }
  }
}
