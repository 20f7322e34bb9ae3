package dev.stele.server.http;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogCorrupt;
import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Authentication;
import dev.stele.server.auth.Authenticator;
import dev.stele.server.auth.Credentials;
import dev.stele.server.auth.Principal;
import dev.stele.server.auth.PublicFace;
import dev.stele.server.auth.RateLimit;
import dev.stele.server.auth.Role;
import dev.stele.server.group.ConsumerGroups;
import dev.stele.server.host.Host;
import dev.stele.server.ops.Meters;
import dev.stele.server.ops.Tracing;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;
import org.jspecify.annotations.Nullable;

/**
 * Answers HTTP: finds the route, asks who it is and whether they may, and lets the route answer.
 *
 * <pre>
 *   request ─► from here? ─► route ─► principal ─► may? ─► rate ─► query ─► answer ─► reply
 *                 403       404,405     401         403      429     400
 * </pre>
 *
 * <p>A failure that nobody foresaw is told as {@code internal} without its text, and logged.
 */
public final class HttpFace extends Handler.Abstract {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  private static final HttpField NO_SNIFF = new HttpField("X-Content-Type-Options", "nosniff");
  private static final HttpField NO_STORE = new HttpField(HttpHeader.CACHE_CONTROL, "no-store");

  /** Names of this machine in a Host header, before the port. */
  private static final Set<String> LOCAL_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  private final Routes routes;
  private final RelayRoutes relay;

  /** Those of the relay, which shares its path with the console. */
  private final Routes relayRoutes;

  private final Host host;
  private final Authenticator authenticator;
  private final Set<PublicFace> open;
  private final boolean trustsLoopback;
  private final RateLimit rate;
  private final Meters meters;
  private final Tracing tracing;
  private final BooleanSupplier stopping;

  /**
   * Answers every route.
   *
   * @param open the faces that everybody may use
   * @param trustsLoopback whether requests from this machine need no credential: then they must be
   *     meant for this machine, so that a web page cannot borrow its visitor's rights
   */
  public HttpFace(
      HttpRoutes.Parts parts,
      Authenticator authenticator,
      Set<PublicFace> open,
      boolean trustsLoopback,
      RateLimit rate,
      Meters meters,
      Tracing tracing) {
    this.routes = new Routes(HttpRoutes.of(parts));
    this.relay = new RelayRoutes(parts.relay());
    this.relayRoutes = new Routes(relay.routes());
    this.host = parts.host();
    this.authenticator = authenticator;
    this.open = Set.copyOf(open);
    this.trustsLoopback = trustsLoopback;
    this.rate = rate;
    this.meters = meters;
    this.tracing = tracing;
    this.stopping = parts.stopping();
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    long began = System.nanoTime();
    String route = "none";
    Tracing.Traced traced = tracing.begin(request.getHeaders()::get);
    Reply reply;
    try {
      String path = path(request);
      boolean forRelay = relay.isAsked(request, path);
      Routes.Found found = (forRelay ? relayRoutes : routes).find(request.getMethod(), path);
      if (found instanceof Routes.Found.There there) {
        route = there.route().template();
      }
      // Pages of everywhere may use a relay that is public: it trusts nobody by his address.
      if (trustsLoopback && !(forRelay && open.contains(PublicFace.RELAY))) {
        requireMeantForHere(request);
      }
      reply = answer(request, found);
    } catch (Refusal e) {
      reply = Reply.failed(e.problem());
    }
    send(request, response, callback, reply, route, new Answering(began, traced));
    return true;
  }

  private static String path(Request request) {
    String path = request.getHttpURI().getPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  private Reply answer(Request request, Routes.Found found) {
    return switch (found) {
      case Routes.Found.Nowhere _ ->
          Reply.failed(Problem.notFound("there is nothing at this path"));
      case Routes.Found.OtherMethods(List<String> allowed) ->
          Reply.failed(
              new Problem("method-not-allowed", 405, "allowed here: " + String.join(", ", allowed))
                  .with("allow", allowed));
      case Routes.Found.There(Route route, var places) -> {
        Principal principal = principal(request);
        requireRate(request, principal);
        requireAccess(route.access(), principal, places.get("log"));
        Query query = Query.parse(request.getHttpURI().getQuery(), route.parameters());
        yield answer(route, new Call(request, host, principal, places, query));
      }
    };
  }

  /**
   * A page of somewhere else that is open in a browser here could send requests to this machine, in
   * its visitor's name: browsers say so in these headers, and a name that was made to point here
   * stands in the Host header.
   */
  private static void requireMeantForHere(Request request) {
    String name = request.getHeaders().get(HttpHeader.HOST);
    if (name == null && request.getHttpURI().getAuthority() != null) {
      name = request.getHttpURI().getAuthority();
    }
    String bare = name == null ? "" : name.replaceFirst(":\\d+$", "");
    String origin = request.getHeaders().get("Origin");
    String site = request.getHeaders().get("Sec-Fetch-Site");
    boolean foreign =
        !LOCAL_NAMES.contains(bare)
            || "cross-site".equals(site)
            || (origin != null && !origin.replaceFirst("^https?://", "").equals(name));
    if (foreign) {
      throw new Refusal(
          new Problem(
              "forbidden",
              403,
              "without credentials this server answers this machine alone, by the name localhost"));
    }
  }

  private Principal principal(Request request) {
    SocketAddress remote = request.getConnectionMetaData().getRemoteSocketAddress();
    Credentials credentials =
        new Credentials(
            Optional.ofNullable(request.getHeaders().get(HttpHeader.AUTHORIZATION)),
            certificate(request),
            remote);
    return switch (authenticator.authenticate(credentials)) {
      case Authentication.Recognised(Principal principal) -> principal;
      case Authentication.Refused(String reason) -> {
        meters.refused();
        throw new Refusal(new Problem("unauthenticated", 401, reason));
      }
    };
  }

  private static Optional<X509Certificate> certificate(Request request) {
    return request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE)
                instanceof EndPoint.SslSessionData session
            && session.peerCertificates() != null
            && session.peerCertificates().length > 0
        ? Optional.of(session.peerCertificates()[0])
        : Optional.empty();
  }

  private void requireRate(Request request, Principal principal) {
    String caller =
        switch (principal.kind()) {
          case LOOPBACK -> "";
          case ANONYMOUS -> "from " + Request.getRemoteAddr(request);
          case TOKEN, JWT, CERTIFICATE -> principal.name();
        };
    if (!caller.isEmpty() && !rate.admits(caller)) {
      meters.refused();
      throw new Refusal(
          new Problem("too-many-requests", 429, "more requests a second than this caller may make")
              .after(1));
    }
  }

  private void requireAccess(Access access, Principal principal, @Nullable String log) {
    switch (access) {
      case Access.Free _ -> {}
      case Access.OnServer(Role role) -> require(principal, role, Principal.EVERY_LOG);
      case Access.OnLogCalled(Role role, String called) -> requireOnLog(principal, role, called);
      case Access.OnLog(Role role) -> requireOnLog(principal, role, log);
      case Access.OfFaceOn(PublicFace face, Role role, Supplier<String> called) -> {
        if (!open.contains(face)) {
          requireOnLog(principal, role, called.get());
        }
      }
      case Access.OfFace(PublicFace face) -> {
        if (!open.contains(face) || Host.SYSTEM.equals(log)) {
          requireOnLog(principal, Role.READ, log);
        }
      }
    }
  }

  /** The server's own log is for administrators; others are not told that a log is not there. */
  private static void requireOnLog(Principal principal, Role role, @Nullable String log) {
    if (log == null) {
      require(principal, role, Principal.EVERY_LOG);
    } else if (log.equals(Host.SYSTEM)) {
      require(principal, Role.ADMIN, Principal.EVERY_LOG);
    } else {
      require(principal, role, log);
    }
  }

  private static void require(Principal principal, Role role, String log) {
    if (principal.may(role, log)) {
      return;
    }
    if (principal.kind() == Principal.Kind.ANONYMOUS) {
      throw new Refusal(new Problem("unauthenticated", 401, "this needs a credential"));
    }
    throw new Refusal(
        new Problem("forbidden", 403, "this principal may not do this")
            .with("role", role.name().toLowerCase(java.util.Locale.ROOT))
            .with("log", log));
  }

  private Reply answer(Route route, Call call) {
    try {
      return route.answer().to(call);
    } catch (Refusal e) {
      return Reply.failed(e.problem());
    } catch (LogClosed e) {
      return Reply.failed(Problem.unavailable("closing", "the server is stopping"));
    } catch (LogCorrupt e) {
      return Reply.failed(
          new Problem("read-only", 503, "the log does not verify, and this part is not served"));
    } catch (StorageFailed e) {
      LOGGER.log(System.Logger.Level.ERROR, "event=storage-failed route=" + route.template(), e);
      return Reply.failed(Problem.unavailable("storage-failed", "the storage did not answer"));
    } catch (Audit.NotRecorded e) {
      return Reply.failed(Problem.unavailable("audit-failed", String.valueOf(e.getMessage())));
    } catch (ConsumerGroups.NotNoted e) {
      return Reply.failed(Problem.unavailable("read-only", String.valueOf(e.getMessage())));
    } catch (IOException e) {
      // The body ended early, came too slowly, or was malformed: the sender's doing.
      return Reply.failed(Problem.badRequest("the body could not be read to its end"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Reply.failed(Problem.unavailable("closing", "the server is stopping"));
    } catch (Exception e) {
      LOGGER.log(System.Logger.Level.ERROR, "event=internal route=" + route.template(), e);
      return Reply.failed(
          new Problem("internal", 500, "something went wrong here; the server's log says what"));
    }
  }

  // ---- sending ----

  private void send(
      Request request,
      Response response,
      Callback callback,
      Reply reply,
      String route,
      Answering answering) {
    HttpFields.Mutable headers = response.getHeaders();
    headers.put(NO_SNIFF);
    if (stopping.getAsBoolean()) {
      headers.put(HttpHeader.CONNECTION, "close");
    }
    switch (reply) {
      case Reply.Whole whole -> {
        count(request, route, whole.status(), answering);
        sendWhole(response, callback, whole);
      }
      case Reply.Failed(Problem problem) -> {
        count(request, route, problem.status(), answering);
        if (problem.status() == 401) {
          headers.put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
        }
        if (problem.members().get("allow") instanceof List<?> allowed) {
          headers.put(
              HttpHeader.ALLOW, String.join(", ", allowed.stream().map(String::valueOf).toList()));
        }
        problem
            .retryAfterSeconds()
            .ifPresent(seconds -> headers.put(HttpHeader.RETRY_AFTER, String.valueOf(seconds)));
        sendAndReadOn(
            request,
            response,
            callback,
            new Reply.Whole(
                problem.status(), Problem.CONTENT_TYPE, java.util.Map.of(), problem.body()));
      }
      case Reply.Socket(SocketTalk talk) -> {
        count(request, route, 101, answering);
        upgrade(request, response, callback, talk);
      }
      case Reply.Streamed streamed -> {
        count(request, route, 200, answering);
        sendStreamed(request, response, callback, streamed);
      }
    }
  }

  /** What is measured of one request. */
  private record Answering(long beganNanos, Tracing.Traced traced) {}

  private void upgrade(Request request, Response response, Callback callback, SocketTalk talk) {
    ServerWebSocketContainer container = ServerWebSocketContainer.ensure(getServer());
    boolean taken = false;
    try {
      taken =
          container.upgrade(
              (_, switching, _) -> {
                // Nothing is compressed: zlib holds 300 KiB for each connection, also an idle one.
                switching.setExtensions(List.of());
                return new SocketListener(talk);
              },
              request,
              response,
              callback);
    } finally {
      if (!taken) {
        talk.closed();
      }
    }
    if (!taken) {
      Problem problem = Problem.badRequest("this is no WebSocket handshake");
      sendWhole(
          response,
          callback,
          new Reply.Whole(400, Problem.CONTENT_TYPE, java.util.Map.of(), problem.body()));
    }
  }

  private void count(Request request, String route, int status, Answering answering) {
    // A method of a stranger's invention would be a series of its own.
    String method =
        Set.of("GET", "HEAD", "POST", "PUT", "DELETE").contains(request.getMethod())
            ? request.getMethod()
            : "other";
    meters.answered("http", method, route, status, System.nanoTime() - answering.beganNanos());
    answering.traced().answered(method, route, status);
  }

  /**
   * Sends a refusal, and only then reads what is left of the body, up to a bound. Whoever still
   * writes would otherwise lose the answer: a connection closed with bytes unread is reset, and a
   * reset takes along what was sent on it before (RFC 9112, section 9.6).
   */
  private static void sendAndReadOn(
      Request request, Response response, Callback callback, Reply.Whole whole) {
    begin(response, whole);
    try {
      Content.Sink.write(response, true, ByteBuffer.wrap(whole.body()));
      // Whoever asks first whether to send the body sends none now.
      if (!request.getHeaders().contains(HttpHeader.EXPECT)) {
        readOn(Content.Source.asInputStream(request));
      }
      callback.succeeded();
    } catch (IOException e) {
      // The sender has gone, or is too slow to be waited for.
      callback.failed(e);
    }
  }

  private static void readOn(InputStream in) throws IOException {
    long until = System.nanoTime() + READ_ON.toNanos();
    long left = READ_ON_BYTES;
    byte[] some = new byte[STREAM_BUFFER_BYTES];
    for (int n = 0; n >= 0 && left > 0 && System.nanoTime() < until; left -= n) {
      n = in.read(some);
    }
  }

  private static void sendWhole(Response response, Callback callback, Reply.Whole whole) {
    begin(response, whole);
    response.write(true, ByteBuffer.wrap(whole.body()), callback);
  }

  private static void begin(Response response, Reply.Whole whole) {
    HttpFields.Mutable headers = response.getHeaders();
    response.setStatus(whole.status());
    headers.put(NO_STORE);
    headers.put(HttpHeader.CONTENT_TYPE, whole.contentType());
    whole.headers().forEach(headers::put);
    headers.put(HttpHeader.CONTENT_LENGTH, whole.body().length);
  }

  /** Runs on the request's own virtual thread for as long as the reader stays. */
  private static void sendStreamed(
      Request request, Response response, Callback callback, Reply.Streamed streamed) {
    response.setStatus(200);
    response.getHeaders().put(NO_STORE);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, streamed.contentType());
    // Proxies that gather an answer before they pass it on would hold it back for ever.
    response.getHeaders().put("X-Accel-Buffering", "no");
    try {
      if (!request.getMethod().equals("HEAD")) {
        OutputStream out =
            new java.io.BufferedOutputStream(
                Content.Sink.asOutputStream(response), STREAM_BUFFER_BYTES);
        streamed.source().writeTo(out);
      }
      callback.succeeded();
    } catch (LogClosed e) {
      callback.succeeded();
    } catch (IOException e) {
      // The reader has gone, which is how most of them end.
      callback.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      callback.succeeded();
    } catch (RuntimeException e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=stream-ended", e);
      callback.failed(e);
    } finally {
      streamed.source().ended();
    }
  }

  /** 16 MiB of a body that is refused are read after the answer: twice the largest payload. */
  private static final long READ_ON_BYTES = 16L << 20;

  /** 5 seconds for it. */
  private static final Duration READ_ON = Duration.ofSeconds(5);

  /** 16 KiB: a socket's buffer takes more, and a thousand of these are 16 MiB. */
  private static final int STREAM_BUFFER_BYTES = 16 * 1024;
}
