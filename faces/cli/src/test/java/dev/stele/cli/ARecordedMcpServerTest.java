package dev.stele.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.stele.cli.Shell.Result;
import dev.stele.core.engine.Durability;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogReader;
import dev.stele.mcp.gate.TrafficGate.Direction;
import dev.stele.mcp.record.Redaction;
import dev.stele.mcp.record.TrafficRecorder;
import dev.stele.testkit.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An MCP server behind the proxy that records, over stdio and over HTTP. */
@Tag("engine")
class ARecordedMcpServerTest {
  private static final String INITIALIZE =
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"}}";
  private static final String CALL =
      "{\"jsonrpc\":\"2.0\", "
          + " \"id\":\"a\",\"method\":\"tools/call\",\"params\":{\"name\":\"add\",\"arguments\":{\"key\":\"sk-12345\",\"x\":1}}}";
  private static final String ANSWER =
      "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"2\"}]}}";

  @TempDir Path folder;

  private String log = "";

  @BeforeEach
  void makeALog() {
    log = "sqlite:" + folder.resolve("log");
    assertThat(Shell.stele("init", "--log", log).exit()).isZero();
  }

  /** A server of stdio that answers each request with its own bytes within, and chatters first. */
  static final class Echo {
    private Echo() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println("not a message at all");
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.contains("tools/call")) {
          System.out.println(ANSWER);
        } else if (line.contains("initialize")) {
          System.out.println("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}");
        }
      }
      System.exit(3);
    }
  }

  /** Runs the proxy in a process of its own, as a client would start it. */
  private Result record(String input, String... options) throws Exception {
    List<String> command = new ArrayList<>(ChildJvm.command(Stele.class));
    command.addAll(List.of("mcp", "record", "--log", log, "--session", "s1"));
    command.addAll(List.of(options));
    command.add("--");
    command.addAll(ChildJvm.command(Echo.class));
    Path err = folder.resolve("err");
    Process proxy = new ProcessBuilder(command).redirectError(err.toFile()).start();
    try (OutputStream in = proxy.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // A proxy that had to stop reads no more.
    }
    String out = new String(proxy.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(proxy.waitFor(), out, Files.readString(err));
  }

  private List<StoredEvent> recorded() {
    LogLocation location = LogLocation.of(log);
    try (LogReader reader =
        LogReader.open(
            location.openReader(),
            dev.stele.core.engine.LogId.MAIN,
            location.home().vkey(),
            location.home().keys())) {
      return reader.read(0, 1_000);
    }
  }

  private static List<String> texts(List<StoredEvent> events) {
    return events.stream()
        .map(event -> new String(event.payload().orElseThrow(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void every_message_of_both_directions_is_in_the_log_byte_for_byte() throws Exception {
    Result result = record(INITIALIZE + "\n" + CALL + "\n", "--principal", "ann");
    assertThat(result.out())
        .isEqualTo(
            "not a message at all\n{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}\n" + ANSWER + "\n");
    assertThat(result.exit()).as("the server's own").isEqualTo(3);
    assertThat(texts(recorded())).contains(INITIALIZE, CALL, ANSWER, "not a message at all");
    assertThat(recorded())
        .allSatisfy(
            event -> {
              assertThat(event.stream()).isEqualTo("mcp-traffic/s1");
              assertThat(event.admittedBy()).isEqualTo("mcp-traffic/1");
              assertThat(event.subject()).isEqualTo("ann");
            })
        .extracting(StoredEvent::type)
        .contains("mcp.to-server", "mcp.to-client", "mcp.to-client.unreadable");
    assertThat(Shell.stele("verify", "--log", log).exit()).isZero();
  }

  @Test
  void tail_shows_a_line_for_each_call_and_replay_what_the_agent_saw() throws Exception {
    record(INITIALIZE + "\n" + CALL + "\n" + CALL.replace("\"a\"", "7") + "\n");
    Result tail = Shell.stele("mcp", "tail", "--log", log);
    assertThat(tail.out().lines())
        .hasSize(3)
        .anyMatch(line -> line.contains("tools/call add") && line.contains(" ok "))
        .anyMatch(line -> line.contains("initialize") && line.contains(" ok "))
        .anyMatch(line -> line.contains("no answer"));
    Result json = Shell.stele("mcp", "tail", "--log", log, "--json");
    assertThat(json.out().lines().map(TestJson::object))
        .filteredOn(call -> "\"a\"".equals(call.get("id")))
        .singleElement()
        .satisfies(
            call -> {
              assertThat(call).containsEntry("tool", "add").containsEntry("failed", false);
              // Hashes of the bytes as they stand in the messages.
              assertThat(call)
                  .containsEntry("arguments", sha256("{\"key\":\"sk-12345\",\"x\":1}"))
                  .containsEntry(
                      "result", sha256("{\"content\":[{\"type\":\"text\",\"text\":\"2\"}]}"));
            });
    Result replay = Shell.stele("mcp", "replay", "--session", "s1", "--log", log);
    assertThat(replay.out()).contains(ANSWER).doesNotContain("tools/call");
    Result both = Shell.stele("mcp", "replay", "--both", "--session", "s1", "--log", log);
    assertThat(both.out()).contains("> " + CALL).contains("< " + ANSWER);
    assertThat(Shell.stele("mcp", "replay", "--session", "nobody", "--log", log).err())
        .contains("no-session");
  }

  private static String sha256(String text) {
    return java.util.HexFormat.of()
        .formatHex(dev.stele.crypto.Sha256.hash(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void what_is_secret_reaches_the_server_and_not_the_log() throws Exception {
    Result result = record(CALL + "\n", "--redact", "sk-[0-9]+", "--redact-member", "TEXT");
    assertThat(result.out()).contains(ANSWER);
    String stored = String.join("\n", texts(recorded()));
    assertThat(stored)
        .doesNotContain("sk-12345")
        .contains("\"key\":\"" + Redaction.MARK + "\"")
        .contains("\"text\":\"" + Redaction.MARK + "\"")
        .contains("\"x\":1");
    // Nor does any file of the log.
    try (Stream<Path> files = Files.walk(folder.resolve("log"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("sk-12345");
      }
    }
  }

  @Test
  void what_cannot_be_recorded_does_not_pass() throws Exception {
    String large = CALL.replace("sk-12345", "x".repeat(8 << 20));
    Result result = record(large + "\n");
    assertThat(result.out()).doesNotContain(ANSWER);
    assertThat(result.exit()).isEqualTo(ExitCode.COULD_NOT_RUN);
    assertThat(result.err()).contains("not-recorded").contains("8388608 bytes");
    assertThat(record("", "--durability", "sometimes").err()).contains("bad-durability");
    assertThat(record("", "--redact", "(").err()).contains("bad-pattern");
  }

  @Test
  void evidence_of_a_session_is_checked_by_files_alone() throws Exception {
    record(INITIALIZE + "\n" + CALL + "\n");
    Path bundle = folder.resolve("bundle");
    Result made =
        Shell.stele(
            "mcp", "evidence", "--session", "s1", "-o", bundle.toString(), "--log", log, "--json");
    assertThat(made.exit()).as(made.err()).isZero();
    int events = recorded().size();
    assertThat(made.json()).containsEntry("events", (long) events);
    for (int position = 1; position <= events; position++) {
      Path proof = bundle.resolve("proofs/" + position + ".tlog-proof");
      Result check =
          Shell.stele("check", proof.toString(), "--vkey", bundle.resolve("vkey").toString());
      assertThat(check.exit()).as(check.out() + check.err()).isZero();
    }
    assertThat(Files.readAllLines(bundle.resolve("events.jsonl"))).hasSize(events);
    assertThat(bundle.resolve("index.html")).content().contains("export async function check");
    assertThat(
            Shell.stele("mcp", "evidence", "--session", "s1", "-o", bundle.toString(), "--log", log)
                .err())
        .contains("exists");
  }

  /** A server of HTTP: JSON to what asks for it, a stream of events to a call. */
  private static HttpServer upstream(boolean sessions, List<String> heard) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/mcp",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          heard.add(exchange.getRequestHeaders().getFirst("Authorization") + " " + body);
          if (body.contains("initialize") && sessions) {
            exchange.getResponseHeaders().set("Mcp-Session-Id", "from-server");
          }
          boolean stream = body.contains("tools/call");
          exchange
              .getResponseHeaders()
              .set("Content-Type", stream ? "text/event-stream" : "application/json");
          String answer =
              stream
                  ? ": hello\n\n"
                      + "id: 1\n"
                      + "data:\n\n"
                      + "data: {\"jsonrpc\":\"2.0\",\n"
                      + "data: \"method\":\"n\"}\n\n"
                      + "id: 2\r\n"
                      + "data: "
                      + ANSWER
                      + "\r\n\r\n"
                  : body.isEmpty() ? "" : "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}";
          byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(
              bytes.length == 0 ? 202 : 200, stream ? 0 : bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    return server;
  }

  private interface Scene {
    void play(URI proxy) throws Exception;
  }

  private List<StoredEvent> through(boolean sessions, List<String> heard, Scene scene)
      throws Exception {
    HttpServer upstream = upstream(sessions, heard);
    URI behind = URI.create("http://127.0.0.1:" + upstream.getAddress().getPort() + "/mcp");
    LogOptionGroup group = new LogOptionGroup();
    new picocli.CommandLine(group).parseArgs("--log", log);
    Terminal quiet = Terminal.ofProcess(true);
    try (EventLog writer = group.openWriter();
        HttpProxy proxy =
            HttpProxy.start(
                new TrafficRecorder(writer, Redaction.NONE, Durability.DURABLE),
                new HttpProxy.Options(behind, "run", "", "X-User"),
                new InetSocketAddress("127.0.0.1", 0),
                quiet)) {
      scene.play(URI.create("http://127.0.0.1:" + proxy.port() + "/mcp"));
      return writer.read(0, 1_000);
    } finally {
      upstream.stop(0);
    }
  }

  private static HttpResponse<String> post(
      HttpClient client, URI to, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(to).POST(BodyPublishers.ofString(body)).headers(headers);
    return client.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void a_session_over_http_is_recorded_from_its_first_request_on() throws Exception {
    List<String> heard = new ArrayList<>();
    List<StoredEvent> events =
        through(
            true,
            heard,
            proxy -> {
              try (HttpClient client = HttpClient.newHttpClient()) {
                HttpResponse<String> first =
                    post(client, proxy, INITIALIZE, "X-User", "ann", "Authorization", "Bearer s");
                assertThat(first.headers().firstValue("Mcp-Session-Id")).contains("from-server");
                HttpResponse<String> call =
                    post(client, proxy, CALL, "Mcp-Session-Id", "from-server", "X-User", "ann");
                assertThat(call.body())
                    .startsWith(": hello\n\nid: 1\ndata:\n\n")
                    .endsWith("id: 2\r\ndata: " + ANSWER + "\r\n\r\n");
              }
            });
    assertThat(heard).containsExactly("Bearer s " + INITIALIZE, "null " + CALL);
    assertThat(texts(events))
        .containsExactly(
            INITIALIZE,
            "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}",
            CALL,
            "{\"jsonrpc\":\"2.0\",\n\"method\":\"n\"}",
            ANSWER);
    assertThat(events)
        .allMatch(event -> event.stream().equals("mcp-traffic/from-server"))
        .allMatch(event -> event.subject().equals("ann"))
        .extracting(StoredEvent::type)
        .containsExactly(
            Direction.TO_SERVER.type(),
            Direction.TO_CLIENT.type(),
            Direction.TO_SERVER.type(),
            Direction.TO_CLIENT.type(),
            Direction.TO_CLIENT.type());
  }

  /** As of 2026-07-28 there are no sessions; ids of requests are told apart by their connection. */
  @Test
  void traffic_without_sessions_is_recorded_and_paired_too() throws Exception {
    List<StoredEvent> events =
        through(
            false,
            new ArrayList<>(),
            proxy -> {
              try (HttpClient one = HttpClient.newHttpClient();
                  HttpClient two = HttpClient.newHttpClient()) {
                post(one, proxy, CALL, "X-User", "ann");
                post(two, proxy, CALL, "X-User", "bob");
                post(one, proxy, "", "X-User", "ann");
              }
            });
    assertThat(events.stream().map(StoredEvent::stream).distinct())
        .hasSize(2)
        .allMatch(stream -> stream.startsWith("mcp-traffic/run/"));
    Result tail = Shell.stele("mcp", "tail", "--session", "run", "--log", log);
    assertThat(tail.out().lines())
        .hasSize(2)
        .allMatch(line -> line.contains("tools/call add") && line.contains(" ok "))
        .anyMatch(line -> line.contains("  bob  "));
  }

  @Test
  void a_page_of_another_origin_or_name_is_refused() throws Exception {
    List<StoredEvent> events =
        through(
            true,
            new ArrayList<>(),
            proxy -> {
              try (HttpClient client = HttpClient.newHttpClient()) {
                assertThat(post(client, proxy, CALL, "Origin", "https://evil.example").statusCode())
                    .isEqualTo(403);
                assertThat(post(client, proxy, CALL, "Origin", "null").statusCode()).isEqualTo(403);
              }
              assertThat(statusWithHost(proxy.getPort(), "evil.example")).isEqualTo(403);
              assertThat(statusWithHost(proxy.getPort(), "::bad::")).isIn(400, 403);
              assertThat(statusWithHost(proxy.getPort(), "localhost")).isEqualTo(202);
            });
    assertThat(events).isEmpty();
  }

  private static int statusWithHost(int port, String host) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket
          .getOutputStream()
          .write(
              "POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                  .formatted(host)
                  .getBytes(StandardCharsets.US_ASCII));
      @Nullable String line =
          new BufferedReader(
                  new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
              .readLine();
      return line == null ? 0 : Integer.parseInt(line.split(" ")[1]);
    }
  }
}
