package dev.stele.mcp.sdk;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.HttpHeaders;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * Streamable HTTP as MCP 2025-11-25 has it, without the HTTP: a call in, an answer out.
 *
 * <pre>
 *   call ─► from here? ─► method ─► principal ─► headers ─► session ─► message or stream ─► answer
 *              403          405        401      400,406,415   400,404        400,410,429
 * </pre>
 *
 * <p>Thread-safe. Blocks the thread that calls it, which the faces make a virtual one.
 */
final class StreamableHttp {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.mcp.sdk");

  private static final String ALLOWED = "POST, GET, DELETE";

  /** 64 characters: the SDK's ids are UUIDs, of 36. */
  private static final int MAX_SESSION_CHARS = 64;

  /**
   * For a client that asks for what comes after the end: it is the status on which a client of
   * server-sent events does not come back (WHATWG HTML). An empty stream of events would have some
   * come back for ever.
   */
  private static final HttpAnswer NOTHING_MORE =
      new HttpAnswer.Whole(204, Map.of("Content-Type", MediaTypes.EVENTS), new byte[0]);

  private final McpEventStore store;
  private final TransportOptions options;
  private final List<String> versions;
  private final JsonRpc rpc;
  private final Sessions sessions;
  private final Orphans orphans;

  StreamableHttp(
      McpEventStore store,
      TransportOptions options,
      List<String> versions,
      JsonRpc rpc,
      Sessions sessions,
      Orphans orphans) {
    this.store = store;
    this.options = options;
    this.versions = versions;
    this.rpc = rpc;
    this.sessions = sessions;
    this.orphans = orphans;
  }

  /** Answers a call, whatever is wrong with it. */
  HttpAnswer answer(HttpCall call) {
    try {
      return route(call);
    } catch (Refusal refusal) {
      return refused(refusal);
    } catch (StorageFailed | LogClosed e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=store-failed", e);
      return refused(Refusal.unavailable("the store failed"));
    } catch (IOException e) {
      return refused(Refusal.badRequest("the body ended early"));
    } catch (RuntimeException e) {
      // The thread's top: what nobody foresaw is told without its text.
      LOGGER.log(System.Logger.Level.ERROR, "event=request-failed", e);
      return refused(new Refusal(500, ErrorCode.INTERNAL, "the server failed"));
    }
  }

  private HttpAnswer refused(Refusal refusal) {
    return HttpAnswer.Whole.json(
        refusal.status(), refusal.headers(), rpc.error(refusal.code(), refusal.reason()));
  }

  private HttpAnswer route(HttpCall call) throws IOException {
    if (!options.hosts().allow(call.headers("Host"), call.headers("Origin"))) {
      throw new Refusal(403, ErrorCode.FORBIDDEN, "this server is not asked from there");
    }
    return switch (call.method()) {
      case "POST" -> post(call, principal(call));
      case "GET" -> get(call, principal(call));
      case "DELETE" -> delete(call, principal(call));
      default ->
          throw new Refusal(
              405, ErrorCode.INVALID_REQUEST, "allowed here: " + ALLOWED, Map.of("Allow", ALLOWED));
    };
  }

  private String principal(HttpCall call) {
    return options
        .principal()
        .apply(call)
        .orElseThrow(
            () -> new Refusal(401, ErrorCode.FORBIDDEN, "this request says not whose it is"));
  }

  // ---- POST ----

  private HttpAnswer post(HttpCall call, String principal) throws IOException {
    if (!MediaTypes.isJson(call.headers(HttpHeaders.CONTENT_TYPE))) {
      throw new Refusal(415, ErrorCode.INVALID_REQUEST, "a message is " + MediaTypes.JSON);
    }
    requireAccept(call, MediaTypes.JSON);
    requireAccept(call, MediaTypes.EVENTS);
    byte[] body = body(call);
    JsonRpc.Incoming incoming = rpc.read(body);
    if (incoming instanceof JsonRpc.Incoming.Request request && request.isInitialize()) {
      return initialize(principal, request.request(), body);
    }
    requireVersion(call);
    LiveSession session = sessions.enter(scope(call, principal));
    try {
      return switch (incoming) {
        case JsonRpc.Incoming.Request request -> request(call, session, request, body);
        case JsonRpc.Incoming.Notification(var notification) -> {
          // It is accepted, not done: what it causes may need the client, which waits for this.
          inBackground(session.inner().accept(notification), options.context().extract(call));
          yield HttpAnswer.Whole.empty(202);
        }
        case JsonRpc.Incoming.Response(var response) -> response(session, response);
      };
    } finally {
      session.leave();
    }
  }

  private byte[] body(HttpCall call) throws IOException {
    int most = options.maxBodyBytes();
    try (InputStream in = call.body()) {
      byte[] body = in.readNBytes(most);
      if (body.length == most && in.read() >= 0) {
        throw new Refusal(
            413, ErrorCode.INVALID_REQUEST, "a message has at most %d bytes".formatted(most));
      }
      return body;
    }
  }

  private HttpAnswer initialize(String principal, JSONRPCRequest request, byte[] body) {
    Sessions.Started started = sessions.start(principal, request, body);
    String answer = rpc.write(JSONRPCResponse.result(request.id(), started.result()));
    return HttpAnswer.Whole.json(
        HttpAnswer.OK,
        Map.of(
            HttpHeaders.MCP_SESSION_ID,
            started.session().scope().session(),
            "Cache-Control",
            "no-store"),
        answer);
  }

  private HttpAnswer request(
      HttpCall call, LiveSession session, JsonRpc.Incoming.Request request, byte[] body) {
    McpTransportContext given = options.context().extract(call);
    String name = StreamName.ofRequest(options.random().nextLong(), request.idJson());
    LiveStream stream =
        session
            .newRequest(name, orphans.answer(request.idJson()))
            .orElseThrow(
                () ->
                    new Refusal(
                        429,
                        ErrorCode.INVALID_REQUEST,
                        "at most %d requests of a session are answered at a time"
                            .formatted(LiveSession.MAX_IN_FLIGHT),
                        Map.of("Retry-After", "1")));
    Connection connection;
    try {
      requireBegun(stream);
      sessions.remember(session, request.request(), body);
      connection = stream.fromDelivered(session.polls(), session.retry());
      // Before the request is handled: a tool may end its connection in its first line.
      stream.attach(connection);
    } catch (RuntimeException e) {
      stream.end();
      throw e;
    }
    StreamControl control = new StreamControl(stream, session.retry());
    inBackground(
        session
            .inner()
            .responseStream(new StreamTransport(stream, options.json()))
            .handle(request.request()),
        key -> key.equals(StreamControl.KEY) ? control : given.get(key));
    return events(begun(stream, connection));
  }

  private static void requireBegun(LiveStream stream) {
    Optional<McpAppend> failed = stream.begin();
    if (failed.isEmpty()) {
      return;
    }
    switch (failed.get()) {
      case McpAppend.SessionEnded _ -> throw Refusal.noSuchSession();
      case McpAppend.ReadOnly(String reason) ->
          throw Refusal.unavailable("the store takes nothing more: " + reason);
      case McpAppend.Refused(String _, String reason) -> throw Refusal.badRequest(reason);
      case McpAppend.StreamCompleted _ ->
          throw Refusal.unavailable("the stream's name is taken; try again");
      case McpAppend.Appended _ -> throw new IllegalStateException("that is no failure");
    }
  }

  /** Handles on a thread of its own, as a tool may block; its streams say what comes of it. */
  private static void inBackground(Mono<Void> work, McpTransportContext context) {
    Thread _ =
        Thread.startVirtualThread(
            () -> {
              var _ =
                  work.contextWrite(each -> each.put(McpTransportContext.KEY, context))
                      .subscribe(
                          _ -> {},
                          failure ->
                              LOGGER.log(
                                  System.Logger.Level.WARNING, "event=message-failed", failure));
            });
  }

  private static HttpAnswer response(LiveSession session, JSONRPCResponse response) {
    try {
      var _ = session.inner().accept(response).block();
    } catch (RuntimeException unknown) {
      // Of a request that has timed out, or that another process has sent.
      throw Refusal.badRequest("no request of this server waits for this response");
    }
    return HttpAnswer.Whole.empty(202);
  }

  // ---- GET ----

  private HttpAnswer get(HttpCall call, String principal) {
    requireAccept(call, MediaTypes.EVENTS);
    requireVersion(call);
    McpScope scope = scope(call, principal);
    Optional<String> after = one(call, HttpHeaders.LAST_EVENT_ID);
    LiveSession session = sessions.enter(scope);
    try {
      HttpAnswer answer = after.isPresent() ? resume(session, after.get()) : listen(session);
      return switch (answer) {
        case HttpAnswer.Events(var headers, HttpAnswer.Body body) ->
            new HttpAnswer.Events(
                headers,
                out -> {
                  try {
                    body.writeTo(out);
                  } finally {
                    session.leave();
                  }
                });
        case HttpAnswer.Whole whole -> {
          session.leave();
          yield whole;
        }
      };
    } catch (RuntimeException e) {
      session.leave();
      throw e;
    }
  }

  private static HttpAnswer listen(LiveSession session) {
    LiveStream stream = session.listening();
    requireBegun(stream);
    Connection connection = stream.fromDelivered(session.polls(), session.retry());
    stream.attach(connection);
    return events(begun(stream, connection));
  }

  /** A connection of a client that is told where it is before anything else. */
  private static HttpAnswer.Body begun(LiveStream stream, Connection connection) {
    return out -> {
      try {
        connection.open(out);
        connection.prime();
      } catch (IOException | RuntimeException e) {
        stream.detach(connection);
        throw e;
      }
      stream.pump(connection);
    };
  }

  private HttpAnswer resume(LiveSession session, String lastEventId) {
    McpScope scope = session.scope();
    String name =
        store
            .streamOf(scope, lastEventId)
            .filter(StreamName::isResumable)
            .orElseThrow(StreamableHttp::noSuchEvent);
    LiveStream stream = session.find(name);
    Page.Messages first = page(scope, lastEventId);
    if (first.isPastTheEnd()) {
      // Also of a stream that its session still knows: the store hears of the end first.
      return NOTHING_MORE;
    }
    Connection connection =
        new Connection(session.polls(), session.retry(), lastEventId, Connection.UNKNOWN);
    if (stream != null) {
      stream.attach(connection);
      Page.Messages page = first;
      return events(
          out -> {
            try {
              connection.open(out);
              connection.greet();
              stream.write(connection, page);
            } catch (IOException | RuntimeException e) {
              stream.detach(connection);
              throw e;
            }
            stream.pump(connection);
          });
    }
    if (!first.complete() && !first.more()) {
      // Its process is gone, and its request with it.
      boolean _ = orphans.close(scope, name, first.last());
      first = page(scope, lastEventId);
      if (first.isPastTheEnd()) {
        return NOTHING_MORE;
      }
    }
    Page.Messages page = first;
    return events(
        out -> {
          connection.open(out);
          connection.greet();
          retell(scope, connection, page);
        });
  }

  private Page.Messages page(McpScope scope, String after) {
    return switch (Page.after(store, scope, after)) {
      case Page.Messages messages -> messages;
      case Page.Unknown _ -> throw noSuchEvent();
      case Page.Expired _ ->
          throw new Refusal(
              410, ErrorCode.EVENTS_EXPIRED, "what came after this event is no longer kept");
    };
  }

  private static Refusal noSuchEvent() {
    return Refusal.badRequest("no event of this session has the id in Last-Event-ID");
  }

  /** Writes a stream to which nobody adds any more, page by page. */
  private void retell(McpScope scope, Connection connection, Page.Messages first)
      throws IOException {
    Page.Messages page = first;
    while (true) {
      for (Page.Message message : page.messages()) {
        connection.send(message);
      }
      if (!page.more()
          || !(Page.after(store, scope, connection.eventId()) instanceof Page.Messages next)) {
        return;
      }
      page = next;
    }
  }

  // ---- DELETE ----

  private HttpAnswer delete(HttpCall call, String principal) {
    requireVersion(call);
    if (!sessions.end(scope(call, principal))) {
      throw Refusal.noSuchSession();
    }
    return HttpAnswer.Whole.empty(204);
  }

  // ---- headers ----

  private static HttpAnswer events(HttpAnswer.Body body) {
    return new HttpAnswer.Events(
        Map.of(
            "Content-Type",
            MediaTypes.EVENTS,
            "Cache-Control",
            "no-store, no-transform",
            // Proxies would keep events until there are enough of them.
            "X-Accel-Buffering",
            "no"),
        body);
  }

  private static void requireAccept(HttpCall call, String type) {
    if (!MediaTypes.accept(call.headers(HttpHeaders.ACCEPT), type)) {
      throw new Refusal(406, ErrorCode.INVALID_REQUEST, "the client has to accept " + type);
    }
  }

  /** A client that names no revision speaks 2025-03-26, which every server here does. */
  private void requireVersion(HttpCall call) {
    one(call, HttpHeaders.PROTOCOL_VERSION)
        .filter(version -> !versions.contains(version))
        .ifPresent(
            _ -> {
              throw Refusal.badRequest("this server speaks MCP " + String.join(", ", versions));
            });
  }

  private McpScope scope(HttpCall call, String principal) {
    String id =
        one(call, HttpHeaders.MCP_SESSION_ID)
            .orElseThrow(
                () ->
                    Refusal.badRequest("the header " + HttpHeaders.MCP_SESSION_ID + " is missing"));
    // Its own ids are shorter; nothing that cannot be one is looked up.
    if (id.isEmpty()
        || id.length() > MAX_SESSION_CHARS
        || !id.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw Refusal.noSuchSession();
    }
    return new McpScope(options.tenant(), principal, id);
  }

  private static Optional<String> one(HttpCall call, String header) {
    List<String> values = call.headers(header);
    if (values.size() > 1) {
      throw Refusal.badRequest("the header " + header + " stands more than once");
    }
    return values.stream().findFirst();
  }
}
