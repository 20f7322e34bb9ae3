package dev.stele.mcp.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.mcp.event.McpStreamName;
import dev.stele.mcp.store.McpEventStore;
import io.modelcontextprotocol.json.McpJsonDefaults;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The names that a later process reads (docs/format/mcp-java-sdk.md). */
class NamesOfStreamsTest {
  @Test
  void a_request_has_a_nonce_and_its_id() {
    assertThat(StreamName.ofRequest(42, "\"a.b\"")).isEqualTo("request.000000000000002a.\"a.b\"");
  }

  @Test
  void the_id_is_read_back_whatever_is_in_it() {
    for (String id : List.of("1", "-7", "\"\"", "\"a.b\"", "\".\"", "\"request.x.\"", "\"ü/%\"")) {
      assertThat(StreamName.requestIdJson(StreamName.ofRequest(-1, id))).contains(id);
    }
  }

  @Test
  void other_streams_have_no_request() {
    for (String name : List.of("listen", "settings", "request.", "request.x", "requests.1.2")) {
      assertThat(StreamName.requestIdJson(name)).isEmpty();
    }
    assertThat(StreamName.isResumable("listen")).isTrue();
    assertThat(StreamName.isResumable("settings")).isFalse();
  }

  @Test
  void the_longest_id_fits() {
    String id = "x".repeat(StreamName.MAX_REQUEST_ID_BYTES);
    assertThat(StreamName.fits(id)).isTrue();
    assertThat(StreamName.fits(id + "x")).isFalse();
    String name = StreamName.ofRequest(-1, id);
    assertThat(name.getBytes(StandardCharsets.UTF_8).length)
        .isLessThanOrEqualTo(McpEventStore.MAX_STREAM_BYTES);
    assertThat(McpStreamName.isName(name)).isTrue();
  }

  @Test
  void the_answer_of_an_orphan_is_the_documented_one() {
    assertThat(
            new Orphans(Stores.inMemory(), new JsonRpc(McpJsonDefaults.getMapper()))
                .answer("7")
                .text())
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32011,\"message\":\"the request was"
                + " interrupted before it was answered; it may have had an effect\"}}");
  }
}
