package dev.stele.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.SignedCheckpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/**
 * A server that tells the truth about a log, as the guide of the server's routes has it, unless a
 * script makes something else of an answer.
 */
final class ScriptedServer implements AutoCloseable {
  static final String MAIN = "/v1/logs/main";

  /** What goes back; a status of 0 cuts the connection. */
  record Reply(int status, byte[] body, Map<String, String> headers) {
    static Reply text(int status, String body) {
      return new Reply(status, body.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Reply problem(int status, String name, String members) {
      return text(
          status,
          "{\"type\":\"urn:stele:problem:%s\",\"title\":\"t\",\"status\":%d,\"detail\":\"said so\"%s}"
              .formatted(name, status, members));
    }

    static Reply cut() {
      return text(0, "");
    }

    Reply with(String header, String value) {
      Map<String, String> more = new HashMap<>(headers);
      more.put(header, value);
      return new Reply(status, body, more);
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    Reply replacing(String what, String with) {
      return text(status, text().replace(what, with));
    }
  }

  /** What came. */
  record Asked(String method, String path, Map<String, String> query, String key, byte[] body) {
    boolean isFor(String end) {
      return path.endsWith(end);
    }
  }

  /** Makes an answer out of what would be the true one. */
  interface Script {
    Reply answer(Asked asked, Reply truth);
  }

  /** Serves a stream of events, and decides when it ends. */
  interface Stream {
    void serve(HttpExchange exchange, long after) throws IOException;
  }

  final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final HttpServer http;
  private volatile LogReader log;
  private volatile Optional<SignedCheckpoint> shown = Optional.empty();
  private volatile Script script = (_, truth) -> truth;
  private volatile Stream stream = (exchange, _) -> exchange.close();

  ScriptedServer(LogReader log) throws IOException {
    this.log = log;
    this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    http.createContext("/", this::handle);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  /** From now on this log is told of, whatever checkpoint was shown before. */
  void tellOf(LogReader other) {
    log = other;
    shown = Optional.empty();
  }

  /** From now on this is the checkpoint. */
  void show(SignedCheckpoint checkpoint) {
    shown = Optional.of(checkpoint);
  }

  void script(Script other) {
    script = other;
  }

  void stream(Stream other) {
    stream = other;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> query = new HashMap<>();
      String raw = exchange.getRequestURI().getQuery();
      for (String pair : raw == null ? new String[0] : raw.split("&")) {
        String[] parts = pair.split("=", 2);
        query.put(parts[0], parts.length == 2 ? parts[1] : "");
      }
      String path = exchange.getRequestURI().getPath();
      Optional<String> key =
          Optional.ofNullable(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
      Asked request =
          new Asked(
              exchange.getRequestMethod(),
              path,
              query,
              key.orElse(""),
              exchange.getRequestBody().readAllBytes());
      asked.add(request);
      Reply reply = script.answer(request, truth(request));
      if (path.equals(MAIN + "/subscribe") && reply.status() == 200) {
        stream.serve(exchange, Long.parseLong(query.get("after")));
        return;
      }
      if (reply.status() != 0) {
        reply.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(reply.status(), reply.body().length);
        exchange.getResponseBody().write(reply.body());
      }
    }
  }

  private SignedCheckpoint checkpoint() {
    return shown.orElseGet(() -> log.latestCheckpoint().orElseThrow());
  }

  private Reply truth(Asked request) {
    String path = request.path();
    if (path.equals(MAIN + "/subscribe")) {
      return Reply.text(200, "");
    } else if (path.equals(MAIN + "/checkpoint")) {
      return new Reply(200, checkpoint().bytes(), Map.of());
    } else if (path.equals(MAIN + "/vkey")) {
      return Reply.text(200, log.verifierKey().text() + "\n");
    } else if (path.equals(MAIN + "/consistency")) {
      long from = Long.parseLong(request.query().get("from"));
      long to = Long.parseLong(request.query().get("to"));
      return Reply.text(
          200,
          "{\"from\":%d,\"to\":%d,\"path\":%s}"
              .formatted(from, to, hashes(log.consistency(from, to).path())));
    } else if (path.endsWith("/proof") && !request.query().containsKey("size")) {
      // It signs for nothing more for being asked, unlike the real one.
      return Reply.problem(404, "not-found", "");
    } else if (path.endsWith("/proof")) {
      long position = Long.parseLong(path.split("/")[5]);
      long size = Long.parseLong(request.query().get("size"));
      return Reply.text(
          200,
          "{\"position\":%d,\"size\":%d,\"path\":%s}"
              .formatted(position, size, hashes(log.prove(position, size).path())));
    } else if (path.equals(MAIN + "/events") && request.method().equals("GET")) {
      return page(request.query());
    }
    return Reply.problem(404, "not-found", "");
  }

  private Reply page(Map<String, String> query) {
    long after = Long.parseLong(query.get("after"));
    int limit = Integer.parseInt(query.get("limit"));
    List<StoredEvent> events =
        query.containsKey("id")
            ? log.findById(query.get("id")).stream().toList()
            : log.read(after, limit).stream()
                .filter(
                    event -> event.stream().equals(query.getOrDefault("stream", event.stream())))
                .toList();
    List<String> texts =
        events.stream().map(event -> json(event, query.containsKey("bytes"))).toList();
    long last = events.isEmpty() ? after : events.getLast().position();
    long head = log.head().size();
    return Reply.text(
        200,
        "{\"events\":[%s],\"after\":%d,\"headPosition\":%d,\"more\":%b}"
            .formatted(String.join(",", texts), last, head, last < head));
  }

  static String json(StoredEvent event, boolean bytes) {
    String payload = event.payload().map(ScriptedServer::quoted).orElse("null");
    String own =
        bytes
            ? ",\"record\":%s,\"body\":%s"
                .formatted(
                    quoted(event.record()), event.body().map(ScriptedServer::quoted).orElse("null"))
            : "";
    return "{\"position\":%d,\"stream\":\"%s\",\"revision\":%d,\"type\":\"%s\",\"id\":\"%s\",\"recordedAt\":\"%s\",\"admittedBy\":\"%s\",\"subject\":\"%s\",\"erased\":%b,\"payload\":%s%s}"
        .formatted(
            event.position(),
            event.stream(),
            event.revision(),
            event.type(),
            event.id(),
            event.recordedAt(),
            event.admittedBy(),
            event.subject(),
            event.erased(),
            payload,
            own);
  }

  static String quoted(byte[] bytes) {
    return "\"" + Base64.getEncoder().encodeToString(bytes) + "\"";
  }

  private static String hashes(List<byte[]> path) {
    return "["
        + String.join(
            ",", path.stream().map(hash -> "\"" + HexFormat.of().formatHex(hash) + "\"").toList())
        + "]";
  }

  /** Sends one event of a stream. */
  static String frame(StoredEvent event) {
    return "id: %d\ndata: %s\n\n".formatted(event.position(), json(event, false));
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
