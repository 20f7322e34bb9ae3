package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpOpenStream;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.ProtocolVersions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Streamable HTTP for a server of the official Java SDK, whose streams outlive connections and
 * processes.
 *
 * <pre>
 *   ResumableTransport transport = ResumableTransport.over(store);
 *   McpSyncServer server = McpServer.sync(transport). ... .build();
 *   new ResumableHandler(transport)     for the JDK's own HTTP server
 *   new ResumableServlet(transport)     for a servlet container
 * </pre>
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li>A message is in the store before it is written to a client, under the id that the client
 *       sees. How durable that is, is the store's to say.
 *   <li>A client that comes back with {@code Last-Event-ID} is given what came after, each message
 *       once and in order, then what comes; of the stream of a request as of that of GET.
 *   <li>A stream has one connection; the newer takes over.
 *   <li>Sessions of an earlier process are taken up when they are asked for. A request that such a
 *       process did not answer is answered with an error.
 *   <li>A session is found by the principal that began it alone; to others there is none.
 * </ul>
 *
 * <p>Events have ids from revision 2025-03-26 on; places to resume from before the first message,
 * and connections that the server ends, from 2025-11-25 on. Batches are not taken, as by the SDK.
 *
 * <p>The store is the caller's to close, after this. Of those that share a store, one transport at
 * a time has the sessions of a tenant.
 *
 * <p>Thread-safe.
 */
public final class ResumableTransport implements McpStreamableServerTransportProvider {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.mcp.sdk");

  private static final List<String> VERSIONS =
      List.of(
          ProtocolVersions.MCP_2025_03_26,
          ProtocolVersions.MCP_2025_06_18,
          ProtocolVersions.MCP_2025_11_25);

  /** A minute: idle sessions end after hours. */
  private static final Duration SWEEP = Duration.ofMinutes(1);

  /** 32 streams of an earlier process are closed at once: they share the store's syncs. */
  private static final int CLOSERS = 32;

  /** 20 milliseconds between two looks at whether requests are in flight, while it closes. */
  private static final Duration LOOK = Duration.ofMillis(20);

  private final McpEventStore store;
  private final TransportOptions options;
  private final JsonRpc rpc;
  private final Orphans orphans;

  private volatile @Nullable Sessions sessions;
  private volatile @Nullable StreamableHttp http;
  private volatile boolean closing;
  private volatile @Nullable Thread sweeper;

  private ResumableTransport(McpEventStore store, TransportOptions options) {
    this.store = store;
    this.options = options;
    this.rpc = new JsonRpc(options.json());
    this.orphans = new Orphans(store, rpc);
  }

  /** Over a store, for this machine alone. */
  public static ResumableTransport over(McpEventStore store) {
    return over(store, TransportOptions.defaults());
  }

  /** Over a store. */
  public static ResumableTransport over(McpEventStore store, TransportOptions options) {
    return new ResumableTransport(store, options);
  }

  @Override
  public List<String> protocolVersions() {
    return VERSIONS;
  }

  /** Called by the SDK when its server is built: from then on requests are answered. */
  @Override
  public void setSessionFactory(McpStreamableServerSession.Factory factory) {
    Sessions all = new Sessions(store, options, rpc, factory);
    sessions = all;
    List<McpOpenStream> left = store.openStreams();
    http = new StreamableHttp(store, options, VERSIONS, rpc, all, orphans);
    Thread _ = Thread.ofVirtual().name("stele-mcp-orphans").start(() -> closeOrphans(left));
    sweeper = Thread.ofVirtual().name("stele-mcp-idle").start(() -> sweep(all));
  }

  /** What an earlier process left; listed before the first request, so that none of ours is in. */
  private void closeOrphans(List<McpOpenStream> left) {
    Semaphore closers = new Semaphore(CLOSERS);
    for (McpOpenStream stream : left) {
      if (closing || !stream.scope().tenant().equals(options.tenant())) {
        continue;
      }
      closers.acquireUninterruptibly();
      Thread _ =
          Thread.startVirtualThread(
              () -> {
                try {
                  McpEventId.decode(stream.scope(), stream.lastEventId())
                      .ifPresent(
                          last -> {
                            boolean _ =
                                orphans.close(stream.scope(), stream.stream(), last.sequence());
                          });
                } catch (RuntimeException e) {
                  // The thread's top. It is tried again when somebody asks for the stream.
                  LOGGER.log(System.Logger.Level.WARNING, "event=orphan-left-open", e);
                } finally {
                  closers.release();
                }
              });
    }
  }

  private void sweep(Sessions all) {
    try {
      while (!closing) {
        TimeUnit.NANOSECONDS.sleep(SWEEP.toNanos());
        try {
          int _ = all.endIdle();
        } catch (RuntimeException e) {
          // The thread's top: the store failed, and is asked again.
          LOGGER.log(System.Logger.Level.WARNING, "event=idle-sessions-left", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Ends the sessions that nobody has used for the time that was set; done once a minute anyway.
   *
   * @return how many
   */
  int endIdleSessions() {
    return sessions().endIdle();
  }

  /** The sessions, once the server is built. */
  Sessions sessions() {
    Sessions all = sessions;
    if (all == null) {
      throw new IllegalStateException("no server was built over this transport");
    }
    return all;
  }

  /** Answers a call; blocks. */
  HttpAnswer answer(HttpCall call) {
    StreamableHttp ready = http;
    if (ready == null || closing) {
      Refusal stopping =
          Refusal.unavailable(
              ready == null ? "the server has not begun" : "the server is stopping");
      return HttpAnswer.Whole.json(
          stopping.status(), stopping.headers(), rpc.error(stopping.code(), stopping.reason()));
    }
    return ready.answer(call);
  }

  /** Sends a notification to every session, connected or not. */
  @Override
  public Mono<Void> notifyClients(String method, @Nullable Object params) {
    return Mono.defer(
        () -> {
          Sessions all = sessions;
          return all == null ? Mono.empty() : all.tellEverybody(method, params);
        });
  }

  /**
   * Sends a notification to the session of an id, the SDK's or the client's, if it is in memory.
   */
  @Override
  public Mono<Void> notifyClient(String sessionId, String method, @Nullable Object params) {
    return Mono.defer(
        () -> {
          Sessions all = sessions;
          return all == null
              ? Mono.empty()
              : Mono.justOrEmpty(all.named(sessionId))
                  .flatMap(session -> session.inner().sendNotification(method, params));
        });
  }

  /**
   * Takes no more requests, gives those in flight the time that was set, and ends connections.
   * Requests that are not answered by then are answered with an error, stored for their clients.
   * Sessions go on in the process that comes next.
   */
  @Override
  public Mono<Void> closeGracefully() {
    return Blocking.run(() -> shut(options.drain()));
  }

  /** The same, without giving time to requests in flight; blocks. */
  @Override
  public void close() {
    shut(Duration.ZERO);
  }

  private void shut(Duration within) {
    closing = true;
    Thread idle = sweeper;
    if (idle != null) {
      idle.interrupt();
    }
    Sessions all = sessions;
    if (all == null) {
      return;
    }
    long end = System.nanoTime() + within.toNanos();
    try {
      while (all.all().stream().anyMatch(session -> !session.inFlight().isEmpty())
          && System.nanoTime() < end) {
        TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    var _ =
        Flux.fromIterable(all.all())
            .flatMap(session -> session.inner().closeGracefully().onErrorComplete())
            .then()
            .block();
  }
}
