package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections on which no whole request comes, and those that merely look like it. */
class DrippingHeadersTest {
  private static final Duration PATIENCE = Duration.ofMillis(800);

  /** Ten bytes in the time in which a request has to come. */
  private static final Duration DRIP = PATIENCE.dividedBy(10);

  private static final String REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

  /** SETTINGS, empty; HEADERS of stream 1: GET, http, /, by their places in the static table. */
  private static final byte[] SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};

  private static final byte[] HEADERS = {
    0, 0, 6, 1, 5, 0, 0, 0, 1, (byte) 0x82, (byte) 0x86, (byte) 0x84, 0x41, 1, 'h'
  };

  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    Handler handler =
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            response.write(true, StandardCharsets.US_ASCII.encode("hello"), callback);
            return true;
          }
        };
    server =
        HttpServer.start(
            new HttpServer.Options(
                new InetSocketAddress("127.0.0.1", 0),
                Optional.empty(),
                100,
                PATIENCE,
                Duration.ofSeconds(1)),
            handler);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** Drips until the other side ends it; whether that came within five times the patience. */
  private static boolean endsWhileDripping(Bare bare) throws Exception {
    long end = System.nanoTime() + PATIENCE.multipliedBy(5).toNanos();
    while (System.nanoTime() < end) {
      if (bare.endsWithin(DRIP) || !bare.send("x")) {
        return true;
      }
    }
    return false;
  }

  @Test
  void theFirstRequestOfAConnectionMayNotDrip() throws Exception {
    try (Bare bare = Bare.to(server.port())) {
      bare.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");

      assertThat(endsWhileDripping(bare)).isTrue();
    }
  }

  @Test
  void aLaterRequestOfAConnectionMayNotDripEither() throws Exception {
    try (Bare bare = Bare.to(server.port())) {
      bare.send(REQUEST);
      assertThat(bare.answer(DRIP, 1 << 16)).contains("hello");
      bare.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");

      assertThat(endsWhileDripping(bare)).isTrue();
    }
  }

  @Test
  void aConnectionThatIsKeptForItsNextRequestStays() throws Exception {
    try (Bare bare = Bare.to(server.port())) {
      bare.send(REQUEST);
      assertThat(bare.answer(DRIP, 1 << 16)).contains("hello");

      assertThat(bare.endsWithin(PATIENCE.multipliedBy(3))).isFalse();
      bare.send(REQUEST);
      assertThat(bare.answer(DRIP, 1 << 16)).contains("hello");
    }
  }

  @Test
  void aConnectionOfHttp2ThatSpeaksStays() throws Exception {
    try (Bare bare = Bare.to(server.port())) {
      bare.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      bare.send(SETTINGS);
      bare.send(HEADERS);
      assertThat(bare.answer(DRIP.multipliedBy(3), 1 << 16)).contains("hello");

      assertThat(bare.endsWithin(PATIENCE.multipliedBy(3))).isFalse();
    }
  }

  @Test
  void aConnectionOfHttp2ThatAsksForNothingIsEnded() throws Exception {
    try (Bare bare = Bare.to(server.port())) {
      bare.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      bare.send(SETTINGS);

      assertThat(bare.endsWithin(PATIENCE.multipliedBy(3))).isTrue();
    }
  }
}
