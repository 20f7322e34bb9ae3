package dev.stele.mcp.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same over a socket, spoken by Jetty and by the JDK. */
class BothFacesTest {
  private static final String INITIALIZE =
      """
      {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",\
      "capabilities":{},"clientInfo":{"name":"t","version":"1"}}}\
      """;

  private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
  private static final Duration SOON = Duration.ofSeconds(30);

  private final HttpClient http = HttpClient.newHttpClient();

  private static Served serve(Served.Face face) throws Exception {
    return Served.start(
        face,
        0,
        Stores.inMemory(),
        TransportOptions.defaults().heartbeat(Duration.ofMillis(50)).maxBodyBytes(10_000));
  }

  private static HttpRequest.Builder request(URI uri) {
    return HttpRequest.newBuilder(uri)
        .timeout(SOON)
        .header("Accept", "application/json, text/event-stream");
  }

  private HttpResponse<String> post(Served served, String session, String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request(served.uri())
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (!session.isEmpty()) {
      request.header("Mcp-Session-Id", session);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private String session(Served served) throws IOException, InterruptedException {
    HttpResponse<String> begun = post(served, "", INITIALIZE);
    assertThat(begun.statusCode()).isEqualTo(200);
    assertThat(begun.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/json");
    assertThat(begun.body()).contains("\"protocolVersion\":\"2025-11-25\"");
    return begun.headers().firstValue("Mcp-Session-Id").orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void answers_requests_notifications_and_mistakes(Served.Face face) throws Exception {
    try (Served served = serve(face)) {
      String session = session(served);
      HttpResponse<String> ping = post(served, session, PING);
      assertThat(ping.statusCode()).isEqualTo(200);
      assertThat(ping.headers().firstValue("Content-Type").orElse(""))
          .startsWith("text/event-stream");
      assertThat(ping.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
      assertThat(ping.body())
          .matches(
              "(?s)id: \\S+\nretry: \\d+\ndata: \n\n(:\n\n)*id: \\S+\nevent: message\ndata:"
                  + " \\{.*\"result\":\\{}.*}\n\n");
      HttpResponse<String> accepted =
          post(served, session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
      assertThat(accepted.statusCode()).isEqualTo(202);
      assertThat(accepted.body()).isEmpty();
      assertThat(post(served, session, "[]").statusCode()).isEqualTo(400);
      assertThat(post(served, session, PING + " ".repeat(10_000)).statusCode()).isEqualTo(413);
      assertThat(post(served, "nobody", PING).statusCode()).isEqualTo(404);
      HttpResponse<String> put =
          http.send(
              request(served.uri()).PUT(HttpRequest.BodyPublishers.ofString("x")).build(),
              BodyHandlers.ofString());
      assertThat(put.statusCode()).isEqualTo(405);
      assertThat(put.headers().firstValue("Allow")).contains("POST, GET, DELETE");
      HttpResponse<String> below =
          http.send(
              request(URI.create(served.uri() + "/below")).GET().build(), BodyHandlers.ofString());
      assertThat(below.statusCode()).isEqualTo(404);
      HttpResponse<String> deleted =
          http.send(
              request(served.uri()).header("Mcp-Session-Id", session).DELETE().build(),
              BodyHandlers.ofString());
      assertThat(deleted.statusCode()).isEqualTo(204);
      assertThat(post(served, session, PING).statusCode()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @EnumSource
  void refuses_a_host_that_was_made_to_point_here(Served.Face face) throws Exception {
    try (Served served = serve(face);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /mcp HTTP/1.1\r\nHost: evil.example.com\r\nContent-Type: application/json\r\n"
                  + "Accept: application/json, text/event-stream\r\nContent-Length: "
                  + INITIALIZE.length()
                  + "\r\nConnection: close\r\n\r\n"
                  + INITIALIZE)
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      assertThat(in.readLine()).startsWith("HTTP/1.1 403");
    }
  }

  private Stream<String> lines(Served served, String session, String lastEventId)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(served.uri()).header("Mcp-Session-Id", session).GET();
    if (!lastEventId.isEmpty()) {
      request.header("Last-Event-ID", lastEventId);
    }
    HttpResponse<Stream<String>> response = http.send(request.build(), BodyHandlers.ofLines());
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  @ParameterizedTest
  @EnumSource
  void shows_that_it_is_there_while_it_has_nothing_to_say(Served.Face face) throws Exception {
    try (Served served = serve(face)) {
      String session = session(served);
      try (Stream<String> lines = lines(served, session, "")) {
        assertThat(lines.filter(line -> line.equals(":")).limit(5)).hasSize(5);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void notices_a_client_that_is_gone_and_lets_its_connection_go(Served.Face face) throws Exception {
    try (Served served = serve(face)) {
      String session = session(served);
      LiveSession live = served.transport().sessions().all().getFirst();
      try (Stream<String> lines = lines(served, session, "")) {
        assertThat(lines.findFirst().orElse("")).startsWith("id: ");
        assertThat(live.idleSince()).isEmpty();
      }
      long end = System.nanoTime() + SOON.toNanos();
      while (live.idleSince().isEmpty() && System.nanoTime() < end) {
        LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
      }
      assertThat(live.idleSince()).isPresent();
      assertThat(live.listening().isConnected()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void resumes_a_request_whose_connection_was_lost(Served.Face face) throws Exception {
    String key = UUID.randomUUID().toString();
    try (Served served = serve(face)) {
      String session = session(served);
      HttpResponse<Stream<String>> first =
          http.send(
              request(served.uri())
                  .header("Content-Type", "application/json")
                  .header("Mcp-Session-Id", session)
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"steps\",\"arguments\":{\"to\":4,\"key\":\"%s\"}}}"
                              .formatted(key)))
                  .build(),
              BodyHandlers.ofLines());
      Everything.steps(key).release(2);
      List<String> ids = new ArrayList<>();
      try (Stream<String> lines = first.body()) {
        lines.filter(line -> line.startsWith("id: ")).limit(3).forEach(ids::add);
      }
      Everything.steps(key).release(3);
      try (Stream<String> lines = lines(served, session, ids.getLast().substring(4))) {
        assertThat(lines.filter(line -> line.startsWith("data: {")).toList())
            .hasSize(3)
            .satisfiesExactly(
                line -> assertThat(line).contains("\"data\":\"3\""),
                line -> assertThat(line).contains("\"data\":\"4\""),
                line -> assertThat(line).contains("stepped"));
      }
    }
  }
}
