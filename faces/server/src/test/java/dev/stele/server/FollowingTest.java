package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class FollowingTest {
  @TempDir Path folder;
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    server = RunningServer.in(folder.resolve("data"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void append(String type) throws Exception {
    assertThat(server.post("/v1/logs/main/events", "{\"type\":\"%s\"}".formatted(type)).status())
        .isEqualTo(201);
  }

  /** A stream of server-sent events, read line by line from a bare socket. */
  private static final class Lines implements AutoCloseable {
    final Socket socket;
    final BufferedReader in;

    Lines(int port, String path, String... headers) throws IOException {
      socket = new Socket("127.0.0.1", port);
      socket.setSoTimeout(20_000);
      StringBuilder request =
          new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: localhost:" + port + "\r\n");
      for (String header : headers) {
        request.append(header).append("\r\n");
      }
      socket
          .getOutputStream()
          .write(request.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
      in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Lines until one that begins so; all that began with {@code id:} before it. */
    List<Long> idsUntil(String end) throws IOException {
      List<Long> ids = new ArrayList<>();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("id: ")) {
          ids.add(Long.parseLong(line.substring(4)));
        }
        if (line.startsWith(end)) {
          return ids;
        }
      }
      throw new IOException("the stream ended after " + ids);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void whatIsThereComesFirstThenThatItWasAllThenWhatIsAppended() throws Exception {
    append("a");
    append("b");
    try (Lines lines = new Lines(server.port(), "/v1/logs/main/subscribe")) {
      assertThat(lines.idsUntil("event: caught-up")).containsExactly(1L, 2L);

      append("c");

      assertThat(lines.idsUntil("data: {\"position\":3")).containsExactly(3L);
    }
  }

  @Test
  void aReaderThatComesBackGoesOnBehindTheLastEventItSaw() throws Exception {
    for (int i = 0; i < 5; i++) {
      append("t");
    }
    try (Lines lines =
        new Lines(server.port(), "/v1/logs/main/subscribe?after=1", "Last-Event-ID: 3")) {
      assertThat(lines.idsUntil("event: caught-up")).containsExactly(4L, 5L);
    }
  }

  @Test
  void onlyWhatIsWantedIsTold() throws Exception {
    append("a");
    append("b");
    append("a");
    try (Lines lines = new Lines(server.port(), "/v1/logs/main/subscribe?type=a")) {
      assertThat(lines.idsUntil("event: caught-up")).containsExactly(1L, 3L);
    }
  }

  @Test
  void aPositionThatIsNoneIsRefused() throws Exception {
    assertThat(server.get("/v1/logs/main/subscribe", "Last-Event-ID", "x").problem())
        .isEqualTo("bad-request");
    assertThat(server.get("/v1/logs/main/subscribe?after=-1").problem()).isEqualTo("bad-request");
    assertThat(server.get("/v1/logs/nowhere/subscribe").status()).isEqualTo(404);
  }

  @Test
  void whenTheServerStopsTheStreamEndsAndNothingHangs() throws Exception {
    append("a");
    try (Lines lines = new Lines(server.port(), "/v1/logs/main/subscribe")) {
      assertThat(lines.idsUntil("event: caught-up")).containsExactly(1L);
      long began = System.nanoTime();

      server.close();

      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
      String line = "";
      while (line != null) {
        line = lines.in.readLine();
      }
    }
  }

  @Test
  void aThousandEventsComeInOrderWhileTheyAreAppended() throws Exception {
    try (Lines lines = new Lines(server.port(), "/v1/logs/main/subscribe")) {
      assertThat(lines.idsUntil("event: caught-up")).isEmpty();
      Thread appender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    StringBuilder ten = new StringBuilder("{\"events\":[{\"type\":\"t\"}");
                    ten.append(",{\"type\":\"t\"}".repeat(9)).append("]}");
                    for (int i = 0; i < 100; i++) {
                      try {
                        server.post("/v1/logs/main/events", ten.toString());
                      } catch (Exception e) {
                        throw new IllegalStateException(e);
                      }
                    }
                  });

      List<Long> ids = lines.idsUntil("data: {\"position\":1000,");

      appender.join();
      assertThat(ids).hasSize(1_000).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void aWebSocketIsToldTheSame() throws Exception {
    append("a");
    BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    WebSocket socket =
        server
            .client()
            .newWebSocketBuilder()
            .buildAsync(
                URI.create("ws://127.0.0.1:" + server.port() + "/v1/logs/main/subscribe"),
                new WebSocket.Listener() {
                  private final StringBuilder text = new StringBuilder();

                  @Override
                  public @Nullable CompletionStage<?> onText(
                      WebSocket from, CharSequence data, boolean last) {
                    text.append(data);
                    if (last) {
                      frames.add(text.toString());
                      text.setLength(0);
                    }
                    from.request(1);
                    return null;
                  }
                })
            .get(10, TimeUnit.SECONDS);

    assertThat(frames.poll(10, TimeUnit.SECONDS)).startsWith("{\"position\":1,");
    assertThat(frames.poll(10, TimeUnit.SECONDS)).isEqualTo("{\"caughtUp\":1}");
    append("b");
    assertThat(frames.poll(10, TimeUnit.SECONDS)).startsWith("{\"position\":2,");
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(10, TimeUnit.SECONDS);
  }
}
