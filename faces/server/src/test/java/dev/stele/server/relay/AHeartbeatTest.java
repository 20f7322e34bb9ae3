package dev.stele.server.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer;
import dev.stele.server.config.Setting;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is silent is asked whether they are there still. */
@Tag("engine")
@Timeout(120)
class AHeartbeatTest {
  private static final String COUNT = "[\"COUNT\",\"c\",{}]";

  @TempDir Path folder;

  private RunningServer server() throws Exception {
    return RunningServer.in(
        folder.resolve("data"),
        config -> config.with(Setting.RELAY_LOG, "relay").with(Setting.RELAY_HEARTBEAT, "1"));
  }

  private static void answerPings(RawSocket socket, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      RawSocket.Frame ping = socket.next(RawSocket.PING);
      socket.write(RawSocket.frame(RawSocket.FIN | RawSocket.PONG, ping.payload()));
    }
  }

  @Test
  void one_who_answers_pings_stays_and_one_who_is_dead_is_let_go() throws Exception {
    try (RunningServer server = server();
        RawSocket dead = new RawSocket(server.port());
        RawSocket alive = new RawSocket(server.port())) {
      answerPings(alive, 4);

      RawSocket.Frame close = dead.next(RawSocket.CLOSE);
      assertThat(close.status()).isEqualTo(1008);
      assertThat(close.reason()).isEqualTo("no answer to a ping");
      assertThat(dead.isHungUp()).as("it is not waited for to agree").isTrue();

      answerPings(alive, 1);
      alive.send(COUNT);
      assertThat(alive.next("[\"COUNT\"")).startsWith("[\"COUNT\",\"c\"");
      assertThat(server.get("/metrics").text()).contains("stele_relay_connections 1.0");
    }
  }

  @Test
  void what_anybody_says_is_as_good_as_an_answer_to_a_ping() throws Exception {
    try (RunningServer server = server();
        RawSocket talking = new RawSocket(server.port())) {
      for (int i = 0; i < 4; i++) {
        var _ = talking.next(RawSocket.PING);
        talking.send(COUNT);
        assertThat(talking.next("[\"COUNT\"")).startsWith("[\"COUNT\",\"c\"");
      }
    }
  }

  /** The second is a length whose highest bit is set, which is none (RFC 6455, section 5.2). */
  @ParameterizedTest
  @ValueSource(longs = {Integer.MAX_VALUE, -1})
  void one_who_begins_a_message_and_never_ends_it_is_let_go(long length) throws Exception {
    try (RunningServer server = server();
        RawSocket dripping = new RawSocket(server.port())) {
      dripping.write(RawSocket.header(RawSocket.FIN | RawSocket.TEXT, length));
      dripping.write(new byte[] {0, 0, 0, 0, '['});

      assertThat(dripping.next(RawSocket.CLOSE).status()).isEqualTo(1008);
      assertThat(dripping.isHungUp()).isTrue();
    }
  }
}
