package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.stele.server.config.Setting;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class TracingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  @TempDir Path folder;

  @Test
  void aRequestIsAPartOfTheTraceThatItNames() throws Exception {
    BlockingQueue<byte[]> sent = new LinkedBlockingQueue<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          sent.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    try {
      try (RunningServer server =
          RunningServer.in(
              folder.resolve("data"),
              config ->
                  config.with(
                      Setting.TRACING,
                      "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces"))) {
        server.get("/version", "traceparent", "00-" + TRACE + "-b7ad6b7169203331-01");
      }
      byte[] spans = sent.poll(20, TimeUnit.SECONDS);

      assertThat(spans).isNotNull();
      String text = new String(spans, StandardCharsets.ISO_8859_1);
      assertThat(text).contains("GET /version").contains("http.route").contains("stele");
      assertThat(HexFormat.of().formatHex(spans)).contains(TRACE);
    } finally {
      collector.stop(0);
    }
  }
}
