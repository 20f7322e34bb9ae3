package dev.stele.mcp.store;

import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Measures each operation of a store, and says it in one line of the log.
 *
 * <p>A line names a session and a stream by a hash: the id of a session lets a client speak in it,
 * and belongs in no log. No line holds anything of a message. As thread-safe as the store within.
 */
final class ObservedMcpEventStore implements McpEventStore {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.mcp");

  private final McpEventStore store;
  private final OperationTimes times = new OperationTimes();

  ObservedMcpEventStore(McpEventStore store) {
    this.store = store;
  }

  /** The store that is observed. */
  McpEventStore store() {
    return store;
  }

  @Override
  public McpAppend append(McpScope scope, String stream, McpMessage message) {
    return observed(
        "append",
        Level.DEBUG,
        () -> in(scope, stream),
        () -> store.append(scope, stream, message),
        ObservedMcpEventStore::outcome);
  }

  @Override
  public List<McpAppend> appendAll(McpScope scope, String stream, List<McpMessage> messages) {
    return observed(
        "append-all",
        Level.DEBUG,
        () -> in(scope, stream) + " messages=" + messages.size(),
        () -> store.appendAll(scope, stream, messages),
        results -> results.isEmpty() ? "outcome=nothing" : outcome(results.getLast()));
  }

  @Override
  public List<McpAppend> appendOnce(
      McpScope scope, String stream, List<McpMessage.Json> messages, String key) {
    return observed(
        "append-once",
        Level.DEBUG,
        () -> in(scope, stream) + " messages=" + messages.size(),
        () -> store.appendOnce(scope, stream, messages, key),
        results -> results.isEmpty() ? "outcome=nothing" : outcome(results.getLast()));
  }

  private static String outcome(McpAppend result) {
    return switch (result) {
      case McpAppend.Appended appended ->
          "outcome=appended sequence=%d durable=%s"
              .formatted(appended.sequence(), appended.durable());
      case McpAppend.Refused(String code, var _) -> "outcome=refused code=" + code;
      case McpAppend.SessionEnded() -> "outcome=session-ended";
      case McpAppend.StreamCompleted() -> "outcome=stream-completed";
      case McpAppend.ReadOnly _ -> "outcome=read-only";
    };
  }

  @Override
  public McpReplay replayAfter(McpScope scope, String lastEventId, Sink sink) {
    return observed(
        "replay",
        Level.DEBUG,
        () -> "session=" + tag(scope),
        () -> store.replayAfter(scope, lastEventId, sink),
        result ->
            switch (result) {
              case McpReplay.Open(var _, long delivered, long last, boolean fromCache) ->
                  replayed("open", delivered, last, fromCache);
              case McpReplay.Complete(var _, long delivered, long last, boolean fromCache) ->
                  replayed("complete", delivered, last, fromCache);
              case McpReplay.Unknown() -> "outcome=unknown";
              case McpReplay.Expired(var _, long first) ->
                  "outcome=expired first-retained=" + first;
            });
  }

  private static String replayed(String how, long delivered, long last, boolean fromCache) {
    return "outcome=%s delivered=%d last=%d from-cache=%s"
        .formatted(how, delivered, last, fromCache);
  }

  @Override
  public Optional<String> streamOf(McpScope scope, String eventId) {
    return observed(
        "stream-of",
        Level.DEBUG,
        () -> "session=" + tag(scope),
        () -> store.streamOf(scope, eventId),
        found -> "found=" + found.isPresent());
  }

  @Override
  public boolean complete(McpScope scope, String stream) {
    return observed(
        "complete",
        Level.DEBUG,
        () -> in(scope, stream),
        () -> store.complete(scope, stream),
        found -> "found=" + found);
  }

  @Override
  public McpSessionPut putSession(McpScope scope, McpSession session) {
    return observed(
        "put-session",
        Level.DEBUG,
        () -> "session=" + tag(scope),
        () -> store.putSession(scope, session),
        put -> "outcome=" + put);
  }

  @Override
  public McpSessionState getSession(McpScope scope) {
    return observed(
        "get-session",
        Level.DEBUG,
        () -> "session=" + tag(scope),
        () -> store.getSession(scope),
        state ->
            switch (state) {
              case McpSessionState.Live _ -> "state=live";
              case McpSessionState.Ended() -> "state=ended";
              case McpSessionState.Unknown() -> "state=unknown";
            });
  }

  @Override
  public boolean endSession(McpScope scope) {
    return observed(
        "end-session",
        Level.INFO,
        () -> "session=" + tag(scope),
        () -> store.endSession(scope),
        found -> "found=" + found);
  }

  @Override
  public List<McpLiveSession> sessions() {
    return observed(
        "sessions", Level.DEBUG, () -> "live", store::sessions, live -> "count=" + live.size());
  }

  @Override
  public List<McpOpenStream> openStreams() {
    return observed(
        "open-streams",
        Level.DEBUG,
        () -> "open",
        store::openStreams,
        open -> "count=" + open.size());
  }

  @Override
  public McpStoreStats stats() {
    McpStoreStats known = store.stats();
    return new McpStoreStats(
        known.totalEvents(),
        known.totalStreams(),
        known.sessions(),
        known.oldestEvent(),
        known.newestEvent(),
        known.sizeBytes(),
        known.cacheSize(),
        known.cacheBytes(),
        known.cacheHits(),
        known.cacheMisses(),
        times.latencies());
  }

  @Override
  public long clearStream(McpScope scope, String stream) {
    return observed(
        "clear-stream",
        Level.INFO,
        () -> in(scope, stream),
        () -> store.clearStream(scope, stream),
        ObservedMcpEventStore::events);
  }

  @Override
  public long clearSession(McpScope scope) {
    return observed(
        "clear-session",
        Level.INFO,
        () -> "session=" + tag(scope),
        () -> store.clearSession(scope),
        ObservedMcpEventStore::events);
  }

  @Override
  public long clearAll() {
    return observed(
        "clear-all", Level.INFO, () -> "all", store::clearAll, ObservedMcpEventStore::events);
  }

  private static String events(long events) {
    return "events=" + events;
  }

  @Override
  public McpRetained retain() {
    return observed(
        "retain",
        Level.INFO,
        () -> "all",
        store::retain,
        kept ->
            "streams=%d events=%d receipts=%d trimmed=%d"
                .formatted(kept.streams(), kept.events(), kept.receipts(), kept.trimmed()));
  }

  @Override
  public void close() {
    store.close();
  }

  private <T> T observed(
      String operation,
      Level level,
      Supplier<String> where,
      Supplier<T> work,
      Function<T, String> outcome) {
    long begun = System.nanoTime();
    boolean done = false;
    try {
      T result = work.get();
      done = true;
      long nanos = System.nanoTime() - begun;
      // Asked for only where it is written: an append takes a few microseconds.
      LOGGER.log(
          level,
          () ->
              "event=%s %s %s micros=%d"
                  .formatted(operation, where.get(), outcome.apply(result), nanos / 1_000));
      return result;
    } finally {
      long nanos = System.nanoTime() - begun;
      times.add(operation, nanos, !done);
      if (!done) {
        LOGGER.log(
            Level.WARNING,
            () ->
                "event=%s %s outcome=failed micros=%d"
                    .formatted(operation, where.get(), nanos / 1_000));
      }
    }
  }

  private static String in(McpScope scope, String stream) {
    return "session=%s stream=%s".formatted(tag(scope), McpEventId.tag(scope, stream));
  }

  private static String tag(McpScope scope) {
    return McpEventId.tag(scope, "");
  }
}
