package dev.stele.server.http;

import dev.stele.cli.Json;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpEventStore.Replayed;
import dev.stele.mcp.store.McpLiveSession;
import dev.stele.mcp.store.McpOpenStream;
import dev.stele.mcp.store.McpReplay;
import dev.stele.mcp.store.McpRetained;
import dev.stele.mcp.store.McpSession;
import dev.stele.mcp.store.McpSessionState;
import dev.stele.mcp.store.McpStoreStats;
import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Role;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * The store of resumable MCP streams, for servers in any language.
 *
 * <pre>
 *   PUT  …/sessions/{s}                        the initialize request, to take the session up again
 *   POST …/sessions/{s}/streams/{t}/events     one message; nothing at all is a priming cursor
 *   GET  …/sessions/{s}/replay?after=ID        what came later on that stream
 * </pre>
 *
 * <p>A scope is (principal, {@code ?user=}, session): who calls is the tenant, so that two MCP
 * servers with credentials of their own never see each other's streams; whom they serve is theirs
 * to say. What is stored is the log {@code mcp} of this server, with its checkpoints and proofs.
 */
final class McpRoutes {
  private static final String BASE = "/mcp/v1";
  private static final String SESSION = BASE + "/sessions/{session}";
  private static final String STREAM = SESSION + "/streams/{stream}";

  private static final String NDJSON = "application/x-ndjson";

  /** 8 MiB, the most that one message has. */
  private static final int MAX_MESSAGE_BYTES = 8 << 20;

  /** 32 MiB and 1,000 lines to a batch: what is in memory at once for one request. */
  private static final int MAX_BATCH_BYTES = 32 << 20;

  private static final int MAX_BATCH_LINES = 1_000;

  /** 8 MiB of messages end a page, but never before its first. */
  private static final long MAX_PAGE_BYTES = 8L << 20;

  private static final int DEFAULT_LIMIT = 1_000;
  private static final int MAX_LIMIT = 10_000;

  private static final Access READ = new Access.OnLogCalled(Role.READ, Host.MCP);
  private static final Access APPEND = new Access.OnLogCalled(Role.APPEND, Host.MCP);
  private static final Access ADMIN = new Access.OnLogCalled(Role.ADMIN, Host.MCP);

  private final Host host;
  private final Audit audit;

  McpRoutes(Host host, Audit audit) {
    this.host = host;
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        Route.get(BASE + "/sessions", READ, this::sessions),
        Route.put(SESSION, APPEND, this::put, "user", "protocolVersion", "principal"),
        Route.get(SESSION, READ, this::session, "user"),
        Route.delete(SESSION, APPEND, this::end, "user"),
        Route.get(SESSION + "/replay", READ, this::replay, "user", "after", "limit"),
        Route.get(SESSION + "/events/{event}", READ, this::streamOf, "user"),
        Route.delete(SESSION + "/streams", ADMIN, this::clearSession, "user"),
        Route.post(STREAM + "/events", APPEND, this::append, "user"),
        Route.post(STREAM + "/complete", APPEND, this::complete, "user"),
        Route.delete(STREAM, ADMIN, this::clearStream, "user"),
        Route.get(BASE + "/open-streams", READ, this::openStreams),
        Route.get(BASE + "/stats", READ, this::stats),
        Route.post(BASE + "/admin/retain", ADMIN, this::retain));
  }

  // ---- sessions ----

  private Reply sessions(Call call) {
    List<Map<String, Object>> sessions = new ArrayList<>();
    for (McpLiveSession session : store().sessions()) {
      if (session.scope().tenant().equals(tenant(call))) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("session", session.scope().session());
        json.put("user", session.scope().user());
        json.put("protocolVersion", session.protocolVersion());
        json.put("since", session.since().toString());
        json.put("lastEventAt", session.lastEventAt().toString());
        sessions.add(json);
      }
    }
    return Reply.json(200, Map.of("sessions", sessions));
  }

  private Reply put(Call call) throws IOException {
    call.requireContentType(Reply.JSON);
    byte[] initialize = call.body(McpSession.MAX_INITIALIZE_BYTES);
    if (initialize.length == 0) {
      throw new Refusal(Problem.badRequest("the body is the initialize request, as it came"));
    }
    String version =
        call.query()
            .text("protocolVersion")
            .orElseThrow(
                () ->
                    new Refusal(
                        Problem.badParameter(
                            "protocolVersion", "say which: ?protocolVersion=2025-11-25")));
    McpScope scope = scope(call);
    String principal = call.query().text("principal").orElse(scope.user());
    try {
      return switch (store().putSession(scope, new McpSession(initialize, version, principal))) {
        case PUT -> Reply.json(200, Map.of("session", scope.session(), "state", "live"));
        case ENDED -> Reply.failed(ended());
        case READ_ONLY -> Reply.failed(readOnly());
      };
    } catch (IllegalArgumentException e) {
      return Reply.failed(Problem.rejected("bad-session", String.valueOf(e.getMessage())));
    }
  }

  private Reply session(Call call) {
    return switch (store().getSession(scope(call))) {
      case McpSessionState.Live(McpSession session, Instant since) -> {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("state", "live");
        json.put("protocolVersion", session.protocolVersion());
        json.put("principal", session.principal());
        json.put("since", since.toString());
        yield Reply.json(200, spliced(json, "initialize", session.initialize()));
      }
      case McpSessionState.Ended() -> Reply.failed(ended());
      case McpSessionState.Unknown() ->
          Reply.failed(Problem.notFound("there is no such session in this scope"));
    };
  }

  private Reply end(Call call) {
    return store().endSession(scope(call))
        ? Reply.json(200, Map.of("session", call.place("session"), "state", "ended"))
        : Reply.failed(Problem.notFound("there is no such session in this scope"));
  }

  // ---- streams ----

  private Reply append(Call call) throws IOException {
    if (call.contentType().equals(NDJSON)) {
      return appendBatch(call);
    }
    byte[] body = call.body(MAX_MESSAGE_BYTES);
    if (body.length > 0) {
      call.requireContentType(Reply.JSON, NDJSON);
    }
    String key = EventRoutes.idempotencyKey(call);
    McpAppend result;
    if (key.isEmpty()) {
      McpMessage message = body.length == 0 ? new McpMessage.Priming() : new McpMessage.Json(body);
      result = store().append(scope(call), call.place("stream"), message);
    } else if (body.length == 0) {
      throw new Refusal(
          Problem.badParameter("Idempotency-Key", "a cursor has no key: ask for another"));
    } else {
      List<McpMessage.Json> message = List.of(new McpMessage.Json(body));
      result = store().appendOnce(scope(call), call.place("stream"), message, key).getFirst();
    }
    return result instanceof McpAppend.Appended appended
        ? Reply.json(201, appended(appended))
        : Reply.failed(refusal(result));
  }

  /** A line is a message; all or none of them are appended. */
  private Reply appendBatch(Call call) throws IOException {
    List<McpMessage.Json> messages = new ArrayList<>();
    byte[] body = call.body(MAX_BATCH_BYTES);
    for (int from = 0; from < body.length; ) {
      int to = from;
      while (to < body.length && body[to] != '\n') {
        to++;
      }
      byte[] line = Arrays.copyOfRange(body, from, to);
      if (!new String(line, StandardCharsets.US_ASCII).isBlank()) {
        messages.add(new McpMessage.Json(line));
      }
      from = to + 1;
    }
    if (messages.isEmpty() || messages.size() > MAX_BATCH_LINES) {
      throw new Refusal(
          Problem.badRequest(
              "a batch has 1 to %d lines, not %d".formatted(MAX_BATCH_LINES, messages.size())));
    }
    String key = EventRoutes.idempotencyKey(call);
    List<McpAppend> results =
        key.isEmpty()
            ? store().appendAll(scope(call), call.place("stream"), List.copyOf(messages))
            : store().appendOnce(scope(call), call.place("stream"), messages, key);
    List<Map<String, Object>> events = new ArrayList<>();
    for (McpAppend result : results) {
      if (!(result instanceof McpAppend.Appended appended)) {
        return Reply.failed(refusal(result));
      }
      events.add(appended(appended));
    }
    return Reply.json(201, Map.of("events", events));
  }

  private static Map<String, Object> appended(McpAppend.Appended appended) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("eventId", appended.eventId());
    json.put("seq", appended.sequence());
    json.put("durable", appended.durable());
    return json;
  }

  private static Problem refusal(McpAppend result) {
    return switch (result) {
      case McpAppend.Appended _ -> throw new IllegalStateException("it was appended");
      case McpAppend.Refused(String code, String reason) when code.equals("key-reused") ->
          new Problem("idempotency-key-reused", 422, reason);
      case McpAppend.Refused(String code, String reason) -> Problem.rejected(code, reason);
      case McpAppend.SessionEnded() -> ended();
      case McpAppend.StreamCompleted() ->
          Problem.conflict("stream-complete", "nothing more comes on this stream");
      case McpAppend.ReadOnly(String _) -> readOnly();
    };
  }

  private Reply replay(Call call) {
    String after =
        call.query()
            .text("after")
            .orElseThrow(
                () -> new Refusal(Problem.badParameter("after", "say behind which: ?after=ID")));
    int limit = (int) call.query().number("limit", 1, MAX_LIMIT).orElse(DEFAULT_LIMIT);
    Page page = new Page(limit);
    return switch (store().replayAfter(scope(call), after, page)) {
      case McpReplay.Open(String stream, long _, long _, boolean fromCache) ->
          page.reply(stream, false, fromCache);
      case McpReplay.Complete(String stream, long _, long _, boolean fromCache) ->
          page.reply(stream, true, fromCache);
      case McpReplay.Unknown() -> Reply.failed(noEvent());
      case McpReplay.Expired(String stream, long first) ->
          Reply.failed(
              new Problem("expired", 410, "some of what came behind this event is gone")
                  .with("streamId", stream)
                  .with("firstRetained", first));
    };
  }

  /** The events of a page, as they are given. One thread. */
  private static final class Page implements McpEventStore.Sink {
    private final ByteArrayOutputStream events = new ByteArrayOutputStream();
    private final int limit;
    private int count;
    private boolean more;

    Page(int limit) {
      this.limit = limit;
    }

    @Override
    public boolean accept(Replayed event) {
      // One more than fits is asked for, and says that there is more.
      more = count == limit || (count > 0 && events.size() >= MAX_PAGE_BYTES);
      if (more) {
        return false;
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("eventId", event.eventId());
      json.put("recordedAt", event.recordedAt().toString());
      if (count > 0) {
        events.write(',');
      }
      events.writeBytes(spliced(json, "message", event.message().json()));
      count++;
      return true;
    }

    Reply reply(String stream, boolean complete, boolean fromCache) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("streamId", stream);
      json.put("complete", complete && !more);
      json.put("more", more);
      json.put("fromCache", fromCache);
      ByteArrayOutputStream list = new ByteArrayOutputStream();
      list.write('[');
      list.writeBytes(events.toByteArray());
      list.write(']');
      return Reply.json(200, spliced(json, "events", list.toByteArray()));
    }
  }

  /** An object with one more member, whose value is JSON already and stays byte for byte. */
  private static byte[] spliced(Map<String, Object> json, String member, byte[] value) {
    byte[] head = Json.write(json).getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(head.length + value.length + 32);
    out.write(head, 0, head.length - 1);
    out.writeBytes((",\"" + member + "\":").getBytes(StandardCharsets.UTF_8));
    out.writeBytes(value);
    out.write('}');
    return out.toByteArray();
  }

  private Reply streamOf(Call call) {
    return store()
        .streamOf(scope(call), call.place("event"))
        .<Reply>map(stream -> Reply.json(200, Map.of("streamId", stream)))
        .orElseGet(() -> Reply.failed(noEvent()));
  }

  private Reply complete(Call call) {
    return store().complete(scope(call), call.place("stream"))
        ? Reply.json(200, Map.of("streamId", call.place("stream"), "complete", true))
        : Reply.failed(Problem.notFound("there is no such stream in this scope"));
  }

  private Reply openStreams(Call call) {
    List<Map<String, Object>> streams = new ArrayList<>();
    for (McpOpenStream open : store().openStreams()) {
      if (open.scope().tenant().equals(tenant(call))) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("session", open.scope().session());
        json.put("user", open.scope().user());
        json.put("streamId", open.stream());
        json.put("lastEventId", open.lastEventId());
        json.put("lastEventAt", open.lastEventAt().toString());
        streams.add(json);
      }
    }
    return Reply.json(200, Map.of("streams", streams));
  }

  // ---- for those who run it ----

  private Reply clearStream(Call call) throws Exception {
    McpScope scope = scope(call);
    String stream = call.place("stream");
    return cleared(
        call,
        "mcp.clear-stream",
        Map.of("user", scope.user(), "session", scope.session(), "stream", stream),
        store -> store.clearStream(scope, stream));
  }

  private Reply clearSession(Call call) throws Exception {
    McpScope scope = scope(call);
    return cleared(
        call,
        "mcp.clear-session",
        Map.of("user", scope.user(), "session", scope.session()),
        store -> store.clearSession(scope));
  }

  private Reply cleared(
      Call call, String act, Map<String, Object> of, ToLongFunction<McpEventStore> clear)
      throws Exception {
    McpEventStore store = store();
    long events =
        audit.around(
            call.principal(), act, of, () -> clear.applyAsLong(store), done -> done + " events");
    return Reply.json(200, Map.of("cleared", events));
  }

  private Reply retain(Call call) throws Exception {
    McpEventStore store = store();
    McpRetained done =
        audit.around(
            call.principal(), "mcp.retain", Map.of(), store::retain, McpRetained::toString);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("streams", done.streams());
    json.put("events", done.events());
    json.put("receipts", done.receipts());
    json.put("trimmed", done.trimmed());
    return Reply.json(200, json);
  }

  private Reply stats(Call call) {
    McpStoreStats stats = store().stats();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total_events", stats.totalEvents());
    json.put("total_streams", stats.totalStreams());
    json.put("sessions", stats.sessions());
    stats.oldestEvent().ifPresent(at -> json.put("oldest_event", at.toString()));
    stats.newestEvent().ifPresent(at -> json.put("newest_event", at.toString()));
    json.put("size_bytes", stats.sizeBytes());
    json.put("cache_size", stats.cacheSize());
    json.put("cache_bytes", stats.cacheBytes());
    json.put("cache_hits", stats.cacheHits());
    json.put("cache_misses", stats.cacheMisses());
    Map<String, Object> latencies = new LinkedHashMap<>();
    stats
        .latencies()
        .forEach(
            (operation, latency) -> {
              Map<String, Object> one = new LinkedHashMap<>();
              one.put("count", latency.count());
              one.put("failures", latency.failures());
              one.put("mean_micros", Math.round(latency.meanMicros()));
              one.put("p50_micros", latency.p50Micros());
              one.put("p99_micros", latency.p99Micros());
              one.put("max_micros", latency.maxMicros());
              latencies.put(operation, one);
            });
    json.put("latencies", latencies);
    return Reply.json(200, json);
  }

  // ---- what they share ----

  private McpEventStore store() {
    HostedLog hosted =
        host.mcp()
            .orElseThrow(
                () ->
                    new Refusal(
                        Problem.conflict("no-mcp", "the log called 'mcp' is one of another kind")));
    return hosted.mcp().orElseThrow();
  }

  /** Who calls is the tenant. */
  private static String tenant(Call call) {
    return call.principal().name();
  }

  private static McpScope scope(Call call) {
    String user = call.query().text("user").orElse(McpScope.ANYBODY);
    try {
      return new McpScope(tenant(call), user, call.place("session"));
    } catch (IllegalArgumentException e) {
      throw new Refusal(Problem.badRequest(String.valueOf(e.getMessage())));
    }
  }

  private static Problem noEvent() {
    return Problem.notFound("there is no such event in this scope");
  }

  private static Problem ended() {
    return new Problem("session-ended", 410, "the session has ended; begin another");
  }

  private static Problem readOnly() {
    return Problem.unavailable("read-only", "the log of the store does not verify");
  }
}
