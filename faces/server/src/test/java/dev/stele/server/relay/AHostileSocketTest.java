package dev.stele.server.relay;

import static dev.stele.server.relay.RawSocket.COMPRESSED;
import static dev.stele.server.relay.RawSocket.CONTINUATION;
import static dev.stele.server.relay.RawSocket.FIN;
import static dev.stele.server.relay.RawSocket.PING;
import static dev.stele.server.relay.RawSocket.TEXT;
import static dev.stele.server.relay.RawSocket.concat;
import static dev.stele.server.relay.RawSocket.frame;
import static dev.stele.server.relay.RawSocket.header;
import static dev.stele.server.relay.SocketClient.newKey;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer;
import dev.stele.server.config.Setting;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bytes that are no WebSocket, and requests beyond every bound: each is answered with a close code
 * or a reason, and the relay stays up for everybody else.
 */
@Tag("engine")
class AHostileSocketTest {
  /** As long as the relay's longest message. */
  private static final int LONGEST = 512 * 1024;

  private static final String COUNT = "[\"COUNT\",\"c\",{\"kinds\":[9]}]";
  private static final String COUNTED = "[\"COUNT\",\"c\",{\"count\":0}]";

  @TempDir Path folder;
  private RunningServer server;
  private SocketClient bystander;

  @BeforeEach
  void start() throws Exception {
    server =
        RunningServer.in(
            folder.resolve("data"),
            config -> config.with(Setting.RELAY_LOG, "relay").with(Setting.RELAY_FILTERS, "100"));
    bystander = SocketClient.to(server.port());
  }

  @AfterEach
  void everybody_else_is_served_still() throws Exception {
    try (SocketClient newcomer = SocketClient.to(server.port())) {
      long now = Instant.now().getEpochSecond();
      assertThat(bystander.takes(newKey().sign(now, 1, List.of(), "still here"))).isTrue();
      assertThat(newcomer.takes(newKey().sign(now, 1, List.of(), "new here"))).isTrue();
    } finally {
      bystander.close();
      server.close();
    }
  }

  /** How the relay ends a connection on which these bytes come; it hangs up then. */
  private RawSocket.Frame ending(byte[]... bytes) throws IOException {
    try (RawSocket socket = new RawSocket(server.port())) {
      try {
        socket.write(concat(bytes));
      } catch (SocketException e) {
        // It may be hung up before the last byte is sent; why was said before.
      }
      RawSocket.Frame close = socket.next(RawSocket.CLOSE);
      try {
        socket.write(frame(FIN | RawSocket.CLOSE, Arrays.copyOf(close.payload(), 2)));
      } catch (SocketException e) {
        // It has not waited for the answer.
      }
      assertThat(socket.isHungUp()).isTrue();
      return close;
    }
  }

  private static byte[] text(int first, String text) {
    return frame(first, text.getBytes(UTF_8));
  }

  // ---- texts ----

  @Test
  void a_text_that_is_not_utf_8_ends_the_connection_with_1007() throws Exception {
    byte[] halfOfALetter = {'[', '"', (byte) 0xc3, '"', ']'};
    byte[] surrogate = {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'};
    byte[] overlong = {'"', (byte) 0xc0, (byte) 0xaf, '"'};
    byte[] cutShort = {'"', (byte) 0xf0, (byte) 0x9d};
    for (byte[] wrong : List.of(halfOfALetter, surrogate, overlong, cutShort)) {
      assertThat(ending(frame(FIN | TEXT, wrong)).status())
          .as(Arrays.toString(wrong))
          .isEqualTo(1007);
    }
    assertThat(ending(frame(TEXT, cutShort), frame(FIN | CONTINUATION, new byte[] {'"'})).status())
        .as("a letter that goes on as another in the next frame")
        .isEqualTo(1007);
  }

  @Test
  void a_letter_may_stand_in_two_frames_and_a_ping_between_them() throws Exception {
    byte[] whole = "[\"COUNT\",\"𝄞\",{}]".getBytes(UTF_8);
    int inTheLetter = "[\"COUNT\",\"".length() + 2;
    try (RawSocket socket = new RawSocket(server.port())) {
      socket.write(frame(TEXT, Arrays.copyOf(whole, inTheLetter)));
      socket.write(frame(FIN | PING, "here?".getBytes(UTF_8)));
      socket.write(frame(FIN | CONTINUATION, Arrays.copyOfRange(whole, inTheLetter, whole.length)));
      assertThat(socket.next(RawSocket.PONG).text()).isEqualTo("here?");
      assertThat(socket.next("[\"COUNT\"")).startsWith("[\"COUNT\",\"𝄞\",{\"count\":");
    }
  }

  @Test
  void a_message_of_very_many_frames_is_one_message_until_it_is_too_long() throws Exception {
    List<byte[]> frames = new ArrayList<>(List.of(text(TEXT, "[")));
    for (char c : COUNT.substring(1, COUNT.length() - 1).toCharArray()) {
      frames.add(text(CONTINUATION, String.valueOf(c)));
      frames.add(text(CONTINUATION, ""));
    }
    frames.add(text(FIN | CONTINUATION, "]"));
    try (RawSocket socket = new RawSocket(server.port())) {
      socket.write(concat(frames.toArray(byte[][]::new)));
      assertThat(socket.next("[\"COUNT\"")).isEqualTo(COUNTED);
    }

    byte[] more = text(CONTINUATION, " ".repeat(1_000));
    byte[][] endless = new byte[1 + LONGEST / 1_000 + 1][];
    Arrays.fill(endless, more);
    endless[0] = text(TEXT, "[");
    assertThat(ending(endless).status()).isEqualTo(1009);
  }

  // ---- frames ----

  @Test
  void a_frame_that_breaks_the_protocol_ends_the_connection_with_1002() throws Exception {
    byte[] unmasked = concat(new byte[] {(byte) (FIN | TEXT), 2}, "[]".getBytes(UTF_8));
    assertThat(ending(unmasked).status()).as("no mask").isEqualTo(1002);
    assertThat(ending(text(FIN | COMPRESSED | TEXT, "[]")).status())
        .as("compressed, which was not agreed")
        .isEqualTo(1002);
    assertThat(ending(text(FIN | 0x20 | TEXT, "[]")).status()).as("a reserved bit").isEqualTo(1002);
    assertThat(ending(text(FIN | 3, "[]")).status()).as("an opcode of nobody").isEqualTo(1002);
    assertThat(ending(text(FIN | CONTINUATION, "[]")).status())
        .as("goes on with what was not begun")
        .isEqualTo(1002);
    assertThat(ending(text(TEXT, "["), text(FIN | TEXT, "]")).status())
        .as("begins before the other has ended")
        .isEqualTo(1002);
    assertThat(ending(text(PING, "")).status()).as("a ping in fragments").isEqualTo(1002);
    assertThat(ending(text(FIN | PING, "x".repeat(126))).status())
        .as("a ping that is too long")
        .isEqualTo(1002);
  }

  @Test
  void a_wrong_mask_makes_nonsense_that_is_answered() throws Exception {
    byte[] frame = text(FIN | TEXT, "[\"COUNT\",\"c\",{}]");
    // The first byte of the mask: each fourth letter is another one.
    frame[2] ^= 1;
    try (RawSocket socket = new RawSocket(server.port())) {
      socket.write(frame);
      assertThat(socket.next("[\"NOTICE\"")).startsWith("[\"NOTICE\",\"invalid: ");
      socket.send(COUNT);
      assertThat(socket.next("[\"COUNT\"")).isEqualTo(COUNTED);
    }
  }

  @Test
  void a_length_that_no_memory_has_ends_the_connection_before_anything_of_it_comes()
      throws Exception {
    assertThat(ending(header(FIN | TEXT, 1L << 62), new byte[4]).status()).isEqualTo(1009);
  }

  @Test
  void a_length_beyond_the_longest_message_is_believed_as_far_as_that_and_no_byte_further()
      throws Exception {
    byte[] mask = new byte[4];
    byte[] text = " ".repeat(LONGEST + 1).getBytes(UTF_8);
    assertThat(ending(header(FIN | TEXT, Integer.MAX_VALUE), mask, text).status()).isEqualTo(1009);
    assertThat(ending(header(FIN | TEXT, LONGEST + 1L), mask, text).status()).isEqualTo(1009);
  }

  @Test
  void compression_is_offered_in_vain() throws Exception {
    try (RawSocket socket =
        new RawSocket(
            server.port(),
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")) {
      assertThat(socket.handshake()).startsWith("HTTP/1.1 101").doesNotContain("Extensions");
      socket.send(COUNT);
      assertThat(socket.next("[\"COUNT\"")).isEqualTo(COUNTED);
    }
  }

  // ---- requests ----

  @Test
  void ten_thousand_subscriptions_are_two_hundred_and_a_reason_for_each_other() throws Exception {
    int asked = 10_000;
    try (SocketClient client = SocketClient.to(server.port())) {
      int open = 0;
      int refused = 0;
      for (int from = 0; from < asked; from += 500) {
        for (int i = from; i < from + 500; i++) {
          client.send("[\"REQ\",\"s%d\",{\"limit\":0}]".formatted(i));
        }
        for (int i = from; i < from + 500; i++) {
          String answer = client.next("[\"" + (i < 200 ? "EOSE" : "CLOSED"));
          if (answer.equals("[\"EOSE\",\"s%d\"]".formatted(i))) {
            open++;
          } else {
            assertThat(answer).startsWith("[\"CLOSED\",\"s%d\",\"blocked: ".formatted(i));
            refused++;
          }
        }
      }
      assertThat(open).isEqualTo(200);
      assertThat(refused).isEqualTo(asked - 200);
      assertThat(server.get("/metrics").text()).contains("stele_relay_subscriptions 200.0");
    }
  }

  @Test
  void a_thousand_filters_are_refused_and_as_many_as_there_may_be_are_not() throws Exception {
    try (SocketClient client = SocketClient.to(server.port())) {
      client.send("[\"REQ\",\"s\"" + ",{\"kinds\":[9]}".repeat(1_000) + "]");
      assertThat(client.next("[\"CLOSED\""))
          .isEqualTo("[\"CLOSED\",\"s\",\"invalid: at most 100 filters\"]");
      client.send("[\"REQ\",\"s\"" + ",{\"kinds\":[9]}".repeat(100) + "]");
      assertThat(client.next("[\"EOSE\"")).startsWith("[\"EOSE\",\"s\"");
    }
  }

  private static String ids(int count) {
    return IntStream.range(0, count)
        .mapToObj("\"%064x\""::formatted)
        .collect(Collectors.joining(",", "{\"ids\":[", "]}"));
  }

  @Test
  void a_hundred_thousand_ids_are_too_long_a_message_and_fewer_too_many_values() throws Exception {
    assertThat(ending(text(FIN | TEXT, "[\"REQ\",\"s\"," + ids(100_000) + "]")).status())
        .isEqualTo(1009);
    try (SocketClient client = SocketClient.to(server.port())) {
      client.send("[\"REQ\",\"s\"," + ids(7_000) + "]");
      assertThat(client.next("[\"CLOSED\""))
          .isEqualTo("[\"CLOSED\",\"s\",\"invalid: ids has at most 5000 values\"]");
      client.send("[\"REQ\",\"s\"," + ids(5_000) + "]");
      assertThat(client.next("[\"EOSE\"")).startsWith("[\"EOSE\",\"s\"");
    }
  }
}
