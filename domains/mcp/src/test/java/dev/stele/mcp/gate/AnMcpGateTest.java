package dev.stele.mcp.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpScope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnMcpGateTest {
  private static final long SEED = 70_301;
  private static final McpScope SCOPE = new McpScope("acme", "alice", "s-1");
  private static final McpGate GATE = new McpGate();

  private static Admission judge(byte[] json) {
    return GATE.judge(new McpGate.Input.Message(SCOPE, "1", json), Instant.EPOCH);
  }

  private static String code(byte[] json) {
    return judge(json) instanceof Rejected(String code, var _) ? code : "admitted";
  }

  private static String code(String json) {
    return code(json.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":\"a\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\",\"params\":[1,2]}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}",
        "{\"result\":{\"content\":[]},\"id\":1.5,\"jsonrpc\":\"2.0\",\"more\":[{}]}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,\"message\":\"no\",\"data\":[{}]}}",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"parse\"}}",
        "{\"jsonrpc\":\"2.0\",\"error\":{\"message\":\"no id\",\"code\":-32000}}",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"a\"},{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]",
        " \r\n\t{ \"jsonrpc\" : \"2.0\", \"method\" : \"\\u00e9\" } "
      })
  void admits_messages_of_json_rpc(String json) {
    assertThat(code(json)).isEqualTo("admitted");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "1",
        "\"text\"",
        "null",
        "[1]",
        "[[]]",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"a\"},{}]",
        "{\"method\":\"ping\",\"id\":1}",
        "{\"jsonrpc\":\"1.0\",\"method\":\"ping\"}",
        "{\"jsonrpc\":2.0,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":null}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":{}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"method\":\"b\"}",
        "{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"method\":\"a\"}",
        "{\"jsonrpc\":\"2.0\",\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{\"code\":1,\"message\":\"\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":\"1\",\"message\":\"\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"text\"}"
      })
  void refuses_other_json(String json) {
    assertThat(code(json)).isEqualTo("not-json-rpc");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\"",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}x",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}{}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\nb\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":[\"\\x\"]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":[01]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":[NaN]}",
        "{'jsonrpc':'2.0','method':'a'}",
        "\ufeff{\"jsonrpc\":\"2.0\",\"method\":\"a\"}"
      })
  void refuses_what_is_no_json(String json) {
    assertThat(code(json)).isIn("not-json", "not-json-rpc");
    assertThat(code(json)).as("it is not taken").isNotEqualTo("admitted");
  }

  @Test
  void refuses_what_is_no_utf8() {
    byte[] json = "{\"jsonrpc\":\"2.0\",\"method\":\"?\"}".getBytes(StandardCharsets.ISO_8859_1);
    json[json.length - 3] = (byte) 0xe9;

    assertThat(code(json)).isEqualTo("not-utf8");
    assertThat(code("{\"jsonrpc\":\"2.0\",\"method\":\"a\"}".getBytes(StandardCharsets.UTF_16)))
        .isEqualTo("not-utf8");
  }

  @Test
  void takes_a_message_as_deep_as_the_bound_and_none_deeper() {
    assertThat(code(nested(JsonRpcShape.MAX_DEPTH - 1))).isEqualTo("admitted");
    assertThat(code(nested(JsonRpcShape.MAX_DEPTH))).isEqualTo("not-json");
  }

  private static String nested(int arrays) {
    return "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":%s%s}"
        .formatted("[".repeat(arrays), "]".repeat(arrays));
  }

  @Test
  void takes_a_message_as_large_as_the_bound_and_none_larger() {
    byte[] most = padded(McpGate.MAX_MESSAGE_BYTES);
    assertThat(code(most)).isEqualTo("admitted");
    assertThat(code(padded(McpGate.MAX_MESSAGE_BYTES + 1))).isEqualTo("too-large");
  }

  private static byte[] padded(int bytes) {
    byte[] json = new byte[bytes];
    Arrays.fill(json, (byte) ' ');
    byte[] message = "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}".getBytes(StandardCharsets.UTF_8);
    System.arraycopy(message, 0, json, 0, message.length);
    return json;
  }

  @Test
  void keeps_the_bytes_and_names_the_stream_by_its_token() {
    byte[] json = " {\"method\":\"a\", \"jsonrpc\":\"2.0\"}".getBytes(StandardCharsets.UTF_8);

    assertThat(judge(json))
        .isInstanceOfSatisfying(
            Admitted.class,
            admitted -> {
              assertThat(admitted.by()).hasToString("mcp/1");
              assertThat(admitted.draft().payload()).isEqualTo(json);
              assertThat(admitted.draft().stream()).isEqualTo("mcp/acme/alice/s-1/1");
              assertThat(admitted.draft().type()).isEqualTo("mcp.message");
              assertThat(admitted.draft().id()).isEqualTo(McpEventId.token(SCOPE, "1"));
              assertThat(admitted.draft().claims()).isEmpty();
            });
  }

  @Test
  void judges_rows_about_streams_and_sessions() {
    byte[] object = "{}".getBytes(StandardCharsets.UTF_8);
    byte[] array = "[]".getBytes(StandardCharsets.UTF_8);
    assertThat(type(new McpGate.Input.Priming(SCOPE, "1"))).isEqualTo("mcp.priming");
    assertThat(type(new McpGate.Input.Completion(SCOPE, "1"))).isEqualTo("mcp.complete");
    assertThat(type(new McpGate.Input.SessionEnd(SCOPE))).isEqualTo("mcp.session-end");
    assertThat(type(new McpGate.Input.Session(SCOPE, object, "2025-11-25", "alice")))
        .isEqualTo("mcp.session");
    assertThat(type(new McpGate.Input.Priming(SCOPE, ""))).isEqualTo("bad-stream");
    assertThat(type(new McpGate.Input.Session(SCOPE, array, "2025-11-25", "alice")))
        .isEqualTo("not-json");
    assertThat(type(new McpGate.Input.Session(SCOPE, object, "v".repeat(65), "alice")))
        .isEqualTo("bad-session");
    assertThat(type(new McpGate.Input.Session(SCOPE, object, "v".repeat(64), "p".repeat(1_024))))
        .isEqualTo("mcp.session");
    assertThat(type(new McpGate.Input.Session(SCOPE, object, "v", "p".repeat(1_025))))
        .isEqualTo("bad-session");
    assertThat(
            type(
                new McpGate.Input.Session(
                    SCOPE, new byte[McpGate.MAX_INITIALIZE_BYTES + 1], "v", "p")))
        .isEqualTo("too-large");
  }

  private static String type(McpGate.Input input) {
    return switch (GATE.judge(input, Instant.EPOCH)) {
      case Admitted admitted -> admitted.draft().type();
      case Rejected(String code, var _) -> code;
      case Transient(String reason) -> reason;
    };
  }

  @Test
  void answers_ten_thousand_mutations_with_a_verdict_and_no_exception() {
    Random random = new Random(SEED);
    byte[] valid =
        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-1,\"message\":\"\\u00e9é\"}}]"
            .getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 10_000; i++) {
      byte[] mutated = Arrays.copyOf(valid, valid.length - random.nextInt(3));
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
      }
      assertThat(judge(mutated))
          .as("step %d of seed %d", i, SEED)
          .isInstanceOfAny(Admitted.class, Rejected.class);
    }
  }

  @Test
  void says_nothing_of_a_message_when_it_refuses_it() {
    Admission refused =
        judge("{\"jsonrpc\":\"2.0\",\"secret\":tomato}".getBytes(StandardCharsets.UTF_8));

    assertThat(refused).asString().doesNotContain("tomato");
  }
}
