package dev.stele.cli;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.EventDraft;
import dev.stele.mcp.gate.TrafficGate.Direction;
import dev.stele.mcp.record.TrafficRecorder;
import dev.stele.mcp.record.TrafficRecorder.Outcome;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Stands between clients and an MCP server of HTTP: each message is recorded before it goes on, of
 * answers in JSON and of each event of a stream.
 *
 * <p>Listens on loopback alone, and refuses a {@code Host} or {@code Origin} that is not of this
 * machine: the server behind it can no longer tell (DNS rebinding). A session is what the header
 * {@code Mcp-Session-Id} says; a request that begins one is recorded with the answer that names it,
 * before the client hears of either. Without sessions each connection counts for itself, below the
 * name of the run: ids of requests are unique no further than that. Credentials pass and are never
 * stored. Thread-safe.
 */
final class HttpProxy implements AutoCloseable {
  /**
   * What it needs to know.
   *
   * @param upstream the server's endpoint
   * @param session what connections without a session are called
   * @param principal who clients are, empty for nobody
   * @param principalHeader the header that says who a client is
   */
  record Options(
      URI upstream, String session, String principal, @Nullable String principalHeader) {}

  private static final String SESSION_HEADER = "Mcp-Session-Id";
  private static final String EVENT_STREAM = "text/event-stream";
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);

  /** Of one connection alone (RFC 9110, section 7.6.1), or set by whoever sends. */
  private static final Set<String> NOT_PASSED =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "host",
          "content-length",
          "expect",
          // Events are read on their way.
          "accept-encoding",
          "content-encoding");

  private final TrafficRecorder recorder;
  private final Options options;
  private final Terminal terminal;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_WITHIN)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  private HttpProxy(
      TrafficRecorder recorder, Options options, HttpServer server, Terminal terminal) {
    this.recorder = recorder;
    this.options = options;
    this.server = server;
    this.terminal = terminal;
  }

  static HttpProxy start(
      TrafficRecorder recorder, Options options, InetSocketAddress at, Terminal terminal)
      throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(at, 0);
    } catch (IOException e) {
      throw new CannotRun(
          "port-taken",
          "port %d cannot be listened on: %s".formatted(at.getPort(), e.getMessage()),
          "--listen 0");
    }
    HttpProxy proxy = new HttpProxy(recorder, options, server, terminal);
    server.setExecutor(proxy.threads);
    server.createContext("/", proxy::handle);
    server.start();
    return proxy;
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Returns when the process is told to stop, having let go of whoever is connected. */
  void awaitStop() throws InterruptedException {
    Thread waiting = Thread.currentThread();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stopped.countDown();
                  try {
                    // The log is closed by the thread that waits; the process ends after that.
                    waiting.join(Duration.ofSeconds(10));
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "stele-stop-proxy"));
    stopped.await();
  }

  @Override
  public void close() {
    stopped.countDown();
    server.stop(0);
    threads.shutdownNow();
    client.shutdownNow();
  }

  // The top of each request: what fails is answered, or ends the connection.
  private void handle(HttpExchange exchange) {
    try (exchange) {
      if (!isOfThisMachine(exchange.getRequestHeaders())) {
        answer(exchange, 403, "only this machine is served");
        return;
      }
      byte[] body = exchange.getRequestBody().readNBytes(EventDraft.MAX_PAYLOAD_BYTES + 1);
      if (body.length > EventDraft.MAX_PAYLOAD_BYTES) {
        answer(exchange, 413, "a message has at most 8 MiB");
        return;
      }
      relay(new Talk(exchange, body));
    } catch (NotRecorded e) {
      terminal.note("stele: a message was not recorded, and did not pass: " + e.getMessage());
    } catch (IOException e) {
      // Either end has gone; there is nobody to tell.
      terminal.note("stele: a connection ended: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What could not be recorded does not pass. */
  private static final class NotRecorded extends IOException {
    NotRecorded(String reason) {
      super(reason);
    }
  }

  /** One exchange on its way. One thread. */
  private final class Talk {
    final HttpExchange exchange;
    final byte[] body;
    final String principal;
    Optional<String> session;

    Talk(HttpExchange exchange, byte[] body) {
      this.exchange = exchange;
      this.body = body;
      this.session = Optional.ofNullable(exchange.getRequestHeaders().getFirst(SESSION_HEADER));
      String header = options.principalHeader();
      String said = header == null ? null : exchange.getRequestHeaders().getFirst(header);
      this.principal = said == null ? options.principal() : said;
    }

    void record(Direction direction, byte[] message) throws NotRecorded {
      String name =
          session.orElseGet(() -> options.session() + "/" + exchange.getRemoteAddress().getPort());
      try {
        if (recorder.record(name, direction, principal, message)
            instanceof Outcome.NotRecorded(String reason)) {
          throw new NotRecorded(reason);
        }
      } catch (StorageFailed e) {
        throw new NotRecorded(String.valueOf(e.getMessage()));
      }
    }
  }

  private void relay(Talk talk) throws IOException, InterruptedException {
    // Which session an initialize request begins is known when it was answered.
    boolean begins =
        talk.session.isEmpty()
            && new String(talk.body, StandardCharsets.UTF_8).contains("\"initialize\"");
    try {
      if (talk.body.length > 0 && !begins) {
        talk.record(Direction.TO_SERVER, talk.body);
      }
    } catch (NotRecorded e) {
      answer(talk.exchange, 503, "the message could not be recorded");
      throw e;
    }
    HttpResponse<InputStream> response;
    try {
      response = client.send(request(talk), BodyHandlers.ofInputStream());
    } catch (IOException e) {
      answer(talk.exchange, 502, "the server behind cannot be reached");
      throw e;
    }
    try (InputStream in = new BufferedInputStream(response.body())) {
      if (talk.session.isEmpty()) {
        talk.session = response.headers().firstValue(SESSION_HEADER);
      }
      if (begins) {
        talk.record(Direction.TO_SERVER, talk.body);
      }
      boolean stream =
          response
              .headers()
              .firstValue("Content-Type")
              .filter(type -> type.toLowerCase(Locale.ROOT).startsWith(EVENT_STREAM))
              .isPresent();
      if (stream) {
        head(talk.exchange, response, 0);
        passEvents(talk, in);
      } else {
        passWhole(talk, response, in);
      }
    }
  }

  private HttpRequest request(Talk talk) {
    URI asked = talk.exchange.getRequestURI();
    URI upstream = options.upstream();
    String query = asked.getRawQuery() == null ? "" : "?" + asked.getRawQuery();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(upstream.resolve(upstream.getRawPath() + query))
            .method(
                talk.exchange.getRequestMethod(),
                talk.body.length == 0
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(talk.body));
    talk.exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (!NOT_PASSED.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    return request.build();
  }

  private static void head(HttpExchange exchange, HttpResponse<?> response, long length)
      throws IOException {
    Headers headers = exchange.getResponseHeaders();
    response
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              if (!name.startsWith(":") && !NOT_PASSED.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> headers.add(name, value));
              }
            });
    exchange.sendResponseHeaders(response.statusCode(), length);
  }

  private static void passWhole(Talk talk, HttpResponse<?> response, InputStream in)
      throws IOException {
    byte[] body = in.readNBytes(EventDraft.MAX_PAYLOAD_BYTES + 1);
    if (body.length > EventDraft.MAX_PAYLOAD_BYTES) {
      answer(talk.exchange, 502, "the answer has more than 8 MiB");
      return;
    }
    if (body.length > 0) {
      try {
        talk.record(Direction.TO_CLIENT, body);
      } catch (NotRecorded e) {
        answer(talk.exchange, 503, "the answer could not be recorded");
        throw e;
      }
    }
    head(talk.exchange, response, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      talk.exchange.getResponseBody().write(body);
    }
  }

  /** Event by event: what is not recorded yet has not passed. */
  private static void passEvents(Talk talk, InputStream in) throws IOException {
    OutputStream out = talk.exchange.getResponseBody();
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0; next = in.read()) {
      block.write(next);
      if (block.size() > 2 * EventDraft.MAX_PAYLOAD_BYTES) {
        throw new NotRecorded("an event of the stream has no end");
      }
      if (next != '\n') {
        line.write(next);
        continue;
      }
      String text = line.toString(StandardCharsets.UTF_8).replace("\r", "");
      line.reset();
      if (text.startsWith("data:")) {
        if (data.size() > 0) {
          data.write('\n');
        }
        data.writeBytes(
            text.substring(text.startsWith("data: ") ? 6 : 5).getBytes(StandardCharsets.UTF_8));
      } else if (text.isEmpty()) {
        if (data.size() > 0) {
          talk.record(Direction.TO_CLIENT, data.toByteArray());
          data.reset();
        }
        out.write(block.toByteArray());
        out.flush();
        block.reset();
      }
    }
    out.write(block.toByteArray());
  }

  private static void answer(HttpExchange exchange, int status, String why) throws IOException {
    byte[] body =
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,\"message\":\"%s\"}}"
            .formatted(why)
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private static boolean isOfThisMachine(Headers headers) {
    String host = headers.getFirst("Host");
    return host != null
        && isLocal("http://" + host)
        && headers.getOrDefault("Origin", List.of()).stream().allMatch(HttpProxy::isLocal);
  }

  private static boolean isLocal(String origin) {
    try {
      String host = URI.create(origin).getHost();
      // Names other than this one would be looked up, and are what rebinding is made of.
      return host != null
          && (host.equalsIgnoreCase("localhost")
              || (host.matches("[0-9.]+|\\[[0-9a-fA-F:.]+\\]")
                  && InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress()));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
