package dev.stele.mcp.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Scale;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The official TypeScript client, unchanged, and a server in a process of its own that loses
 * connections and is killed. A client that hangs would do so for a minute: then the test fails.
 */
@Tag("crash")
@Timeout(240)
class TheOfficialClientTest {
  private static final String COUNTED = "1,2,3,4,5,6,7,8,9,10";

  @TempDir Path folder;

  /** A server that can be killed and started again at the same port, over the same store. */
  private final class Killable implements AutoCloseable {
    private final Served.Face face;
    private Process process;
    private final int port;

    Killable(Served.Face face) throws IOException {
      this.face = face;
      this.process = start(0);
      this.port = port(process);
    }

    private Process start(int at) throws IOException {
      return ChildJvm.start(
          EverythingProcess.class,
          List.of(face.name(), String.valueOf(at), folder.resolve("data").toString()));
    }

    private static int port(Process process) throws IOException {
      String line = process.inputReader(StandardCharsets.UTF_8).readLine();
      assertThat(line).startsWith("listening on ");
      return Integer.parseInt(line.substring("listening on ".length()));
    }

    /** SIGKILL, and again from the disk. */
    void killAndStart() throws IOException {
      end(process);
      process = start(port);
      assertThat(port(process)).isEqualTo(port);
    }

    URI uri() {
      return URI.create("http://127.0.0.1:" + port + "/mcp");
    }

    @Override
    public void close() {
      end(process);
    }
  }

  private static void end(Process process) {
    boolean _ = process.destroyForcibly().onExit().join().isAlive();
  }

  /** The client, and what it says. */
  private static final class Client implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;
    private final List<String> said = new ArrayList<>();

    Client(Killable server, String mode) throws IOException, InterruptedException {
      Path tools = OfficialTools.installed();
      process =
          new ProcessBuilder(
                  OfficialTools.node(
                      tools,
                      OfficialTools.scripts().resolve("client.mjs").toString(),
                      server.uri().toString(),
                      mode,
                      tools.resolve("node_modules").toString()))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      out = process.inputReader(StandardCharsets.UTF_8);
      in = process.outputWriter(StandardCharsets.UTF_8);
    }

    void awaits(String line) throws IOException {
      for (String next = out.readLine(); next != null; next = out.readLine()) {
        said.add(next);
        if (next.equals(line)) {
          return;
        }
      }
      throw new AssertionError("the client never said '" + line + "', but " + said);
    }

    void goOn() throws IOException {
      in.write("go on\n");
      in.flush();
    }

    /** Its last two lines: what it has seen, and how it ended. */
    List<String> end() throws IOException, InterruptedException {
      out.lines().forEach(said::add);
      assertThat(process.waitFor()).as(said.toString()).isZero();
      return said.subList(said.size() - 2, said.size());
    }

    @Override
    public void close() {
      TheOfficialClientTest.end(process);
    }
  }

  @ParameterizedTest
  @EnumSource
  void comes_back_to_a_request_and_misses_nothing(Served.Face face) throws Exception {
    try (Killable server = new Killable(face);
        Client client = new Client(server, "drop")) {
      client.awaits("cut");
      assertThat(client.end()).containsExactly("seen " + COUNTED, "result counted to 10");
    }
  }

  @Test
  void comes_back_as_another_client_after_the_server_was_killed() throws Exception {
    for (int i = 0; i < Scale.of(10); i++) {
      try (Killable server = new Killable(Served.Face.HANDLER);
          Client client = new Client(server, "late")) {
        client.awaits("left");
        awaitAnswered(server);
        server.killAndStart();
        client.goOn();
        assertThat(client.end()).containsExactly("seen " + COUNTED, "result counted to 10");
      }
    }
  }

  /** Another client counts as far, and begins later: what it is told, the store has of both. */
  private static void awaitAnswered(Killable server) throws Exception {
    try (Client other = new Client(server, "call")) {
      assertThat(other.end()).containsExactly("seen " + COUNTED, "result counted to 10");
    }
  }

  @ParameterizedTest
  @EnumSource
  void is_told_when_a_kill_interrupted_its_request(Served.Face face) throws Exception {
    for (int i = 0; i < Scale.of(10); i++) {
      try (Killable server = new Killable(face);
          Client client = new Client(server, "call")) {
        client.awaits("count 4");
        long began = System.nanoTime();
        server.killAndStart();
        List<String> end = client.end();
        // What had been sent before the kill is a beginning, without a gap.
        assertThat("seen " + COUNTED).startsWith(end.getFirst());
        assertThat(end.getLast()).isEqualTo("error " + ErrorCode.INTERRUPTED);
        System.out.println(
            "told after %d ms".formatted(Duration.ofNanos(System.nanoTime() - began).toMillis()));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void comes_back_to_the_stream_of_get_and_misses_nothing(Served.Face face) throws Exception {
    try (Killable server = new Killable(face);
        Client client = new Client(server, "listen")) {
      client.awaits("listening");
      announce(server, 1, 4);
      client.awaits("cut");
      announce(server, 5, 10);
      assertThat(client.end().getLast()).isEqualTo("heard " + COUNTED);
    }
  }

  @Test
  void comes_back_to_the_stream_of_get_after_the_server_was_killed() throws Exception {
    for (int i = 0; i < Scale.of(10); i++) {
      try (Killable server = new Killable(Served.Face.HANDLER);
          Client client = new Client(server, "hear")) {
        client.awaits("listening");
        announce(server, 1, 4);
        client.awaits("news 4");
        server.killAndStart();
        announce(server, 5, 10);
        assertThat(client.end().getLast()).isEqualTo("heard " + COUNTED);
      }
    }
  }

  /** News to everybody, by way of a session of its own. */
  private static void announce(Killable server, int from, int to) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> begun =
          http.send(
              post(server)
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          """
                          {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":
                          "2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}\
                          """))
                  .build(),
              BodyHandlers.ofString());
      HttpResponse<String> announced =
          http.send(
              post(server)
                  .header("Mcp-Session-Id", begun.headers().firstValue("Mcp-Session-Id").orElse(""))
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"announce\",\"arguments\":{\"from\":%d,\"to\":%d}}}"
                              .formatted(from, to)))
                  .build(),
              BodyHandlers.ofString());
      assertThat(announced.body()).contains("announced");
    }
  }

  private static HttpRequest.Builder post(Killable server) {
    return HttpRequest.newBuilder(server.uri())
        .header("Accept", "application/json, text/event-stream")
        .header("Content-Type", "application/json");
  }
}
