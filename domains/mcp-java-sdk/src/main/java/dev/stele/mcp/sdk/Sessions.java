package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpLiveSession;
import dev.stele.mcp.store.McpSession;
import dev.stele.mcp.store.McpSessionPut;
import dev.stele.mcp.store.McpSessionState;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerSession.McpStreamableServerSessionInit;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The sessions: those in memory, and those that the store knows and this process takes up when they
 * are asked for.
 *
 * <p>A session that another process began is taken up by letting the SDK handle its {@code
 * initialize} again, and then what it has set since. The client keeps its id; the SDK's own id of
 * the session is another, which tools see in {@code exchange.sessionId()}.
 *
 * <p>There is room for so many in memory. When it is full, the one that was idle for longest is set
 * aside: it loses nothing, for it is taken up again like one of another process. When none is idle,
 * a new one is refused.
 *
 * <p>Thread-safe; blocks where it says so.
 */
final class Sessions {
  /** Ten seconds for the SDK to set a log level or a subscription again: it does so at once. */
  private static final Duration SETTING_WITHIN = Duration.ofSeconds(10);

  /** Requests whose effect a session keeps in the SDK's memory alone. */
  private static final Set<String> SETTINGS =
      Set.of(
          McpSchema.METHOD_LOGGING_SET_LEVEL,
          McpSchema.METHOD_RESOURCES_SUBSCRIBE,
          McpSchema.METHOD_RESOURCES_UNSUBSCRIBE);

  private final McpEventStore store;
  private final TransportOptions options;
  private final JsonRpc rpc;
  private final McpStreamableServerSession.Factory factory;

  private final Map<McpScope, LiveSession> live = new ConcurrentHashMap<>();
  private final Map<String, LiveSession> byInnerId = new ConcurrentHashMap<>();
  private final Map<McpScope, FutureTask<LiveSession>> takingUp = new ConcurrentHashMap<>();
  private final ReentrantLock room = new ReentrantLock();

  Sessions(
      McpEventStore store,
      TransportOptions options,
      JsonRpc rpc,
      McpStreamableServerSession.Factory factory) {
    this.store = store;
    this.options = options;
    this.rpc = rpc;
    this.factory = factory;
  }

  /** A session that has just begun, and what its client is told. */
  record Started(LiveSession session, InitializeResult result) {}

  /**
   * Begins a session; blocks until it is kept.
   *
   * @param body the request, byte for byte
   */
  Started start(String principal, JSONRPCRequest request, byte[] body) {
    if (body.length > McpSession.MAX_INITIALIZE_BYTES) {
      throw new Refusal(
          413,
          ErrorCode.INVALID_REQUEST,
          "an initialize request has at most %d bytes".formatted(McpSession.MAX_INITIALIZE_BYTES));
    }
    InitializeRequest initialize = rpc.params(request.params(), InitializeRequest.class);
    McpStreamableServerSessionInit init = factory.startSession(initialize);
    InitializeResult result = result(init);
    McpScope scope = new McpScope(options.tenant(), principal, init.session().getId());
    McpSession kept = new McpSession(body, result.protocolVersion(), principal);
    LiveSession session = session(scope, init.session(), result.protocolVersion());
    makeRoomAndKeep(session);
    McpSessionPut put = store.putSession(scope, kept);
    if (put != McpSessionPut.PUT) {
      forget(session);
      throw Refusal.unavailable("the store takes no new session");
    }
    return new Started(session, result);
  }

  private static InitializeResult result(McpStreamableServerSessionInit init) {
    InitializeResult result = init.initResult().block();
    if (result == null) {
      throw new IllegalStateException("the SDK has not answered initialize");
    }
    return result;
  }

  private LiveSession session(
      McpScope scope, McpStreamableServerSession inner, String protocolVersion) {
    return new LiveSession(store, scope, inner, protocolVersion, options, () -> forget(scope));
  }

  /**
   * Finds a session, takes it up if need be, and enters it; blocks.
   *
   * @throws Refusal when there is none
   */
  LiveSession enter(McpScope scope) {
    while (true) {
      LiveSession session = live.get(scope);
      if (session == null) {
        session = takeUp(scope);
      }
      if (session.enter()) {
        return session;
      }
      // It was set aside or ended just now.
      live.remove(scope, session);
    }
  }

  /** Many may ask for one session at once; one of them takes it up. */
  private LiveSession takeUp(McpScope scope) {
    FutureTask<LiveSession> mine = new FutureTask<>(() -> fromStore(scope));
    FutureTask<LiveSession> first = takingUp.putIfAbsent(scope, mine);
    if (first == null) {
      first = mine;
      try {
        mine.run();
      } finally {
        takingUp.remove(scope, mine);
      }
    }
    try {
      return first.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("a session cannot be taken up", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Refusal.unavailable("the server is stopping");
    }
  }

  private LiveSession fromStore(McpScope scope) {
    LiveSession already = live.get(scope);
    if (already != null) {
      return already;
    }
    return switch (store.getSession(scope)) {
      case McpSessionState.Live(McpSession kept, Instant _) -> {
        JsonRpc.Incoming incoming = rpc.read(kept.initialize());
        if (!(incoming instanceof JsonRpc.Incoming.Request(JSONRPCRequest request, String _))) {
          throw new IllegalStateException("the store has a session that was not initialized");
        }
        McpStreamableServerSessionInit init =
            factory.startSession(rpc.params(request.params(), InitializeRequest.class));
        InitializeResult _ = result(init);
        LiveSession session = session(scope, init.session(), kept.protocolVersion());
        setAgain(session);
        makeRoomAndKeep(session);
        yield session;
      }
      case McpSessionState.Ended _, McpSessionState.Unknown _ -> throw Refusal.noSuchSession();
    };
  }

  // ---- what a session has set ----

  /** Remembers a request that is to be done again in another process; blocks. */
  void remember(LiveSession session, JSONRPCRequest request, byte[] body) {
    if (SETTINGS.contains(request.method())) {
      var _ = session.settings().send(new McpMessage.Json(body), false).block();
    }
  }

  private void setAgain(LiveSession session) {
    String from = McpEventId.of(session.scope(), StreamName.SETTINGS, 1);
    while (Page.after(store, session.scope(), from) instanceof Page.Messages page) {
      for (Page.Message message : page.messages()) {
        from = message.eventId();
        if (rpc.read(message.json())
            instanceof JsonRpc.Incoming.Request(JSONRPCRequest request, String _)) {
          var _ =
              session
                  .inner()
                  .responseStream(new Unheard(options.json()))
                  .handle(request)
                  .onErrorComplete()
                  .block(SETTING_WITHIN);
        }
      }
      if (!page.more()) {
        return;
      }
    }
  }

  // ---- room ----

  private void makeRoomAndKeep(LiveSession session) {
    List<LiveSession> aside = new ArrayList<>();
    room.lock();
    try {
      while (live.size() >= options.maxSessions()) {
        aside.add(leastUsed().orElseThrow(Sessions::full));
      }
      live.put(session.scope(), session);
      byInnerId.put(session.inner().getId(), session);
    } finally {
      room.unlock();
    }
    aside.forEach(Sessions::closeInner);
  }

  private static Refusal full() {
    return Refusal.unavailable("all sessions that there is room for are in use");
  }

  /** Takes the session out that was idle for longest. Linear, and only when the room is full. */
  private Optional<LiveSession> leastUsed() {
    while (true) {
      Optional<LiveSession> found =
          live.values().stream()
              .filter(session -> session.idleSince().isPresent())
              .min(Comparator.comparing(session -> session.idleSince().orElse(Instant.MAX)));
      if (found.isEmpty()) {
        return found;
      }
      if (found.get().closeIfIdle()) {
        drop(found.get());
        return found;
      }
    }
  }

  private void drop(LiveSession session) {
    live.remove(session.scope(), session);
    byInnerId.remove(session.inner().getId(), session);
  }

  private void forget(McpScope scope) {
    LiveSession session = live.get(scope);
    if (session != null) {
      forget(session);
    }
  }

  private void forget(LiveSession session) {
    session.close();
    drop(session);
    closeInner(session);
  }

  private static void closeInner(LiveSession session) {
    var _ = session.inner().closeGracefully().onErrorComplete().subscribe();
    session.settings().end();
  }

  // ---- ends ----

  /** Ends a session for good; blocks. False when there is none. */
  boolean end(McpScope scope) {
    boolean known = store.getSession(scope) instanceof McpSessionState.Live;
    if (known) {
      boolean _ = store.endSession(scope);
    }
    forget(scope);
    return known;
  }

  /** Ends the sessions that nobody has used for too long, wherever they are; blocks. */
  int endIdle() {
    Instant before = options.clock().instant().minus(options.idle());
    int ended = 0;
    for (LiveSession session : live.values()) {
      if (session.idleSince().filter(since -> since.isBefore(before)).isPresent()
          && session.closeIfIdle()) {
        boolean _ = store.endSession(session.scope());
        forget(session);
        ended++;
      }
    }
    for (McpLiveSession kept : store.sessions()) {
      if (isOurs(kept.scope())
          && !live.containsKey(kept.scope())
          && kept.lastEventAt().isBefore(before)) {
        boolean _ = store.endSession(kept.scope());
        ended++;
      }
    }
    return ended;
  }

  private boolean isOurs(McpScope scope) {
    return scope.tenant().equals(options.tenant());
  }

  // ---- everybody ----

  int count() {
    return live.size();
  }

  List<LiveSession> all() {
    return List.copyOf(live.values());
  }

  /** The session of an id of the SDK's, or of the one that clients know. */
  Optional<LiveSession> named(String id) {
    LiveSession session = byInnerId.get(id);
    return session != null
        ? Optional.of(session)
        : live.values().stream().filter(each -> each.scope().session().equals(id)).findFirst();
  }

  /**
   * Sends a notification to every session, also to those that are not in memory, for when they come
   * back. A session that is taken up or set aside meanwhile is told once, by either way.
   */
  Mono<Void> tellEverybody(String method, @Nullable Object params) {
    McpMessage.Json message =
        McpMessage.Json.of(rpc.write(new JSONRPCNotification(method, params)));
    return Mono.defer(
        () -> {
          List<LiveSession> here = all();
          Set<McpScope> told = here.stream().map(LiveSession::scope).collect(Collectors.toSet());
          return Flux.fromIterable(here)
              .flatMap(
                  session ->
                      session
                          .inner()
                          .sendNotification(method, params)
                          .onErrorResume(_ -> Blocking.run(() -> keep(session.scope(), message))),
                  Integer.MAX_VALUE)
              .then(Blocking.run(() -> keepForOthers(told, message)));
        });
  }

  private void keepForOthers(Set<McpScope> told, McpMessage.Json message) {
    for (McpLiveSession kept : store.sessions()) {
      if (isOurs(kept.scope()) && !told.contains(kept.scope())) {
        keep(kept.scope(), message);
      }
    }
  }

  /** Appends to the stream of GET past the session, and wakes who reads it all the same. */
  private void keep(McpScope scope, McpMessage.Json message) {
    if (store.append(scope, StreamName.LISTEN, message)
        instanceof McpAppend.Appended(String _, long sequence, boolean _)) {
      LiveSession meanwhile = live.get(scope);
      if (meanwhile != null) {
        meanwhile.listening().appendedElsewhere(sequence);
      }
    }
  }

  /** Where the SDK's answers go to that nobody waits for. */
  private record Unheard(McpJsonMapper json)
      implements io.modelcontextprotocol.spec.McpStreamableServerTransport {
    @Override
    public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message) {
      return Mono.empty();
    }

    @Override
    public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message, @Nullable String id) {
      return Mono.empty();
    }

    @Override
    public <T> T unmarshalFrom(Object data, io.modelcontextprotocol.json.TypeRef<T> type) {
      return json.convertValue(data, type);
    }

    @Override
    public Mono<Void> closeGracefully() {
      return Mono.empty();
    }
  }
}
