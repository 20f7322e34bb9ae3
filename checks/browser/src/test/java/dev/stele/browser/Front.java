package dev.stele.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
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
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/**
 * Whoever stands between a browser and a server: hands everything on, and changes what it is told
 * to. The browser cannot tell it from the server, whose address it stays when the server changes.
 */
final class Front implements AutoCloseable {
  /** Headers that belong to one connection, or that the JDK sets itself. */
  private static final Set<String> OF_THE_CONNECTION =
      Set.of("connection", "content-length", "host", "transfer-encoding", "upgrade", "date");

  private static final int CHUNK_BYTES = 8 * 1024;

  /**
   * A change of answers.
   *
   * @param path what the address must hold
   * @param change of the whole body
   */
  private record Tampering(String path, UnaryOperator<String> change) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private volatile int target;
  private volatile boolean isAnswering = true;
  private volatile List<Tampering> tamperings = List.of();

  private Front(HttpServer server, int target) {
    this.server = server;
    this.target = target;
  }

  /** Begins to stand before the server of a port of this machine. */
  static Front of(int port) throws IOException {
    Front front =
        new Front(
            HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0), port);
    front.server.createContext("/", front::handle);
    front.server.setExecutor(front.threads);
    front.server.start();
    return front;
  }

  /** Its address, with a slash at the end. */
  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /** Stands before another server from now on. */
  void standBefore(int port) {
    target = port;
  }

  /** Answers, or breaks every connection off. */
  void answer(boolean isAnswering) {
    this.isAnswering = isAnswering;
  }

  /**
   * Changes the answers of addresses that hold {@code path}, instead of what was changed before.
   */
  void tamper(String path, UnaryOperator<String> change) {
    tamperings = List.of(new Tampering(path, change));
  }

  /** Hands everything on as it is. */
  void beHonest() {
    tamperings = List.of();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!isAnswering) {
        return;
      }
      HttpResponse<InputStream> answer =
          client.send(request(exchange), BodyHandlers.ofInputStream());
      answer
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!OF_THE_CONNECTION.contains(name)) {
                  exchange.getResponseHeaders().put(name, values);
                }
              });
      String path = exchange.getRequestURI().toString();
      List<Tampering> wanted = tamperings.stream().filter(one -> path.contains(one.path)).toList();
      if (wanted.isEmpty()) {
        handOn(exchange, answer);
      } else {
        String text = new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
        for (Tampering one : wanted) {
          text = one.change.apply(text);
        }
        byte[] changed = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(
            answer.statusCode(), changed.length == 0 ? -1 : changed.length);
        exchange.getResponseBody().write(changed);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Piece by piece, as events of a stream come one by one. */
  private void handOn(HttpExchange exchange, HttpResponse<InputStream> answer) throws IOException {
    // To the JDK's server 0 is a body of unknown length, and -1 none.
    boolean isBare = answer.statusCode() == 204 || answer.statusCode() == 304;
    exchange.sendResponseHeaders(answer.statusCode(), isBare ? -1 : 0);
    try (InputStream in = answer.body();
        OutputStream out = exchange.getResponseBody()) {
      byte[] chunk = new byte[CHUNK_BYTES];
      for (int read = in.read(chunk); read >= 0 && isAnswering; read = in.read(chunk)) {
        out.write(chunk, 0, read);
        out.flush();
      }
    }
  }

  private HttpRequest request(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + target + exchange.getRequestURI().toString()))
            .method(
                exchange.getRequestMethod(),
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (!OF_THE_CONNECTION.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                // A server that trusts this machine alone looks whose page it is that asks.
                values.forEach(
                    value ->
                        request.header(
                            name,
                            value.replace(
                                address().replaceFirst("/$", ""), "http://127.0.0.1:" + target)));
              }
            });
    return request.build();
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
    threads.shutdownNow();
  }
}
