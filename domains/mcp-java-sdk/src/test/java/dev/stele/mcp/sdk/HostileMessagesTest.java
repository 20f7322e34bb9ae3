package dev.stele.mcp.sdk;

import static dev.stele.mcp.sdk.Caller.status;
import static dev.stele.mcp.sdk.Caller.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.testkit.Scale;
import io.modelcontextprotocol.server.McpSyncServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bodies and ids that nobody sends who means well: each is refused, and the session goes on. */
class HostileMessagesTest {
  private static final int MAX_BODY = 100_000;
  private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";

  private final ResumableTransport transport =
      ResumableTransport.over(
          Stores.inMemory(), TransportOptions.defaults().maxBodyBytes(MAX_BODY));
  private final McpSyncServer server = Everything.over(transport);
  private final Caller client = Caller.of(transport).initialized();

  @AfterEach
  void close() {
    assertThat(Events.of(client.post(PING)).toEnd()).hasSize(1);
    server.close();
  }

  private void refuses(String body, int code) {
    HttpAnswer answer = client.post(body);
    assertThat(status(answer)).as(body).isEqualTo(400);
    assertThat(text(answer)).as(body).contains("\"code\":" + code);
  }

  @Test
  void what_is_no_json_object_is_no_message() {
    for (String body :
        List.of(
            "",
            " ",
            "null",
            "1",
            "\"x\"",
            "{",
            "{]",
            "{\"a\":1}{\"b\":2}",
            PING + "x",
            "\0",
            "[".repeat(50_000).replaceFirst("\\[", "{\"a\":"),
            "\uFEFF" + PING)) {
      HttpAnswer answer = client.post(body);
      assertThat(status(answer)).as(body).isEqualTo(400);
    }
  }

  @Test
  void a_batch_is_refused() {
    refuses("[" + PING + "]", -32600);
    refuses(" \n[]", -32600);
  }

  @Test
  void other_encodings_are_refused() {
    for (byte[] body :
        List.of(
            PING.getBytes(StandardCharsets.UTF_16),
            PING.getBytes(StandardCharsets.UTF_16LE),
            PING.replace("ping", "p\u00efng").getBytes(StandardCharsets.ISO_8859_1),
            new byte[] {'{', '"', (byte) 0xc0, (byte) 0x80, '"', ':', '1', '}'})) {
      assertThat(status(client.send(client.call("POST", body)))).isEqualTo(400);
    }
  }

  @Test
  void what_is_no_message_of_json_rpc_is_refused() {
    for (String body :
        List.of(
            "{}",
            "{\"id\":1,\"method\":\"ping\"}",
            "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
            "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":9223372036854775808,\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":\"\\ud800\",\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":{\"a\":1},\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":\"x\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":1}",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":1,\"message\":\"\"}}",
            "{\"jsonrpc\":\"2.0\",\"result\":{}}",
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}")) {
      refuses(body, -32600);
    }
  }

  @Test
  void an_id_is_as_long_as_a_streams_name_has_room_for() {
    String longest = "\"" + "x".repeat(StreamName.MAX_REQUEST_ID_BYTES - 2) + "\"";
    List<Events.Event> events =
        Events.of(client.post(PING.replace("\"id\":1", "\"id\":" + longest))).toEnd();
    assertThat(events.getFirst().json()).contains("\"id\":" + longest);
    refuses(PING.replace("\"id\":1", "\"id\":\"x" + longest.substring(1)), -32600);
  }

  @Test
  void an_id_is_given_back_as_it_came() {
    for (String id :
        List.of(
            "0",
            "-1",
            "9007199254740993",
            "9223372036854775807",
            "\"\"",
            "\"a.b/c%20\\\"\\\\ \u00fc \ud83d\ude00\"",
            "\"\\u0000\"")) {
      List<Events.Event> events =
          Events.of(client.post(PING.replace("\"id\":1", "\"id\":" + id))).toEnd();
      assertThat(events.getFirst().json()).as(id).contains("\"id\":" + id);
    }
  }

  @Test
  void the_longest_body_is_taken_and_one_byte_more_is_not() {
    String longest = PING + " ".repeat(MAX_BODY - PING.length());
    assertThat(Events.of(client.post(longest)).toEnd()).hasSize(1);
    HttpAnswer answer = client.post(longest + " ");
    assertThat(status(answer)).isEqualTo(413);
  }

  @Test
  void an_initialize_that_cannot_be_read_begins_nothing() {
    for (String params : List.of("", ",\"params\":[]", ",\"params\":{\"capabilities\":7}")) {
      refuses("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"" + params + "}", -32602);
    }
  }

  @Test
  void an_event_of_another_session_is_none() {
    Caller other = Caller.of(transport).initialized();
    String theirs = Events.of(other.count(1, 3)).message().id();
    HttpAnswer answer = client.resume(theirs);
    assertThat(status(answer)).isEqualTo(400);
    assertThat(text(answer)).isEqualTo(text(client.resume("never")));
    assertThat(Caller.said(Events.of(other.resume(theirs)).toEnd()))
        .containsExactly("2", "3", "result");
  }

  @Test
  void an_event_id_of_any_shape_is_refused() {
    String real = Events.of(client.count(1, 3)).message().id();
    for (String id :
        List.of(
            "",
            "0",
            ".",
            "x.1",
            real + "0",
            real + "9999999999999999999",
            real + ".1",
            real.toUpperCase(java.util.Locale.ROOT),
            real.replaceFirst("\\d+$", "0"),
            real.replaceFirst("\\d+$", "-1"),
            "x".repeat(100_000),
            real + "\n" + real)) {
      assertThat(status(client.resume(id))).as(id).isEqualTo(400);
    }
  }

  @Test
  void what_a_session_has_set_is_no_stream_to_resume() {
    assertThat(
            Events.of(
                    client.post(
                        """
                        {"jsonrpc":"2.0","id":5,"method":"logging/setLevel",
                         "params":{"level":"debug"}}\
                        """))
                .toEnd())
        .hasSize(1);
    String forged =
        dev.stele.mcp.event.McpEventId.of(
            dev.stele.mcp.event.McpScope.ofSession(client.session()), StreamName.SETTINGS, 1);
    assertThat(status(client.resume(forged))).isEqualTo(400);
  }

  @Test
  void no_bytes_make_it_fail_in_another_way() {
    long seed = 11;
    Random random = new Random(seed);
    byte[] good =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}"
            .getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < Scale.of(20_000); i++) {
      byte[] body = good.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        body[random.nextInt(body.length)] = (byte) random.nextInt(256);
      }
      HttpAnswer answer = client.send(client.call("POST", body));
      assertThat(status(answer))
          .as("seed %d, body %d: %s", seed, i, new String(body, StandardCharsets.ISO_8859_1))
          .isIn(200, 202, 400);
      if (answer instanceof HttpAnswer.Events) {
        assertThat(Events.of(answer).toEnd()).hasSize(1);
      }
    }
  }
}
