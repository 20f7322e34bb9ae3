package dev.stele.mcp.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.event.EventDraft;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AnMcpStreamNameTest {
  private static final List<String> ODD =
      List.of("a", "/", "%", "%2F", "%252F", "a/b", "a%b", "/%/", "..", "é", "-");

  @Test
  void begins_with_the_tenant_and_the_person() {
    assertThat(new McpStreamName(new McpScope("acme", "a/b", "s%1"), "x/y").inLog())
        .isEqualTo("mcp/acme/a%2Fb/s%251/x/y");
    assertThat(McpStreamName.ofSession(new McpScope("acme", "a/b", "s%1")))
        .isEqualTo("mcp-session/acme/a%2Fb/s%251");
  }

  @Test
  void is_the_name_of_no_other_stream() {
    Set<String> names = new HashSet<>();
    for (String tenant : ODD) {
      for (String user : ODD) {
        for (String session : ODD) {
          McpScope scope = new McpScope(tenant, user, session);
          assertThat(McpStreamName.parseSession(McpStreamName.ofSession(scope))).contains(scope);
          for (String stream : ODD) {
            McpStreamName name = new McpStreamName(scope, stream);
            assertThat(names.add(name.inLog())).as("%s", name).isTrue();
            assertThat(McpStreamName.parse(name.inLog())).contains(name);
          }
        }
      }
    }
  }

  @Test
  void fits_a_stream_of_the_log_whatever_the_scope() {
    String plain = "x".repeat(McpScope.MAX_PART_BYTES);
    McpScope longest = new McpScope(plain, plain, plain);
    String stream = "/".repeat(McpStreamName.MAX_STREAM_BYTES);
    assertThat(bytes(new McpStreamName(longest, stream).inLog()))
        .isLessThanOrEqualTo(EventDraft.MAX_STREAM_BYTES);

    // 760 bytes: 2 * 128 * 3 - 8, in words: two parts of slashes but for four letters.
    String slashes = "/".repeat(McpScope.MAX_PART_BYTES);
    McpScope most = new McpScope(slashes, "/".repeat(123) + "abcde", "xy");
    assertThat(bytes(new McpStreamName(most, stream).inLog()))
        .isLessThanOrEqualTo(EventDraft.MAX_STREAM_BYTES);
    assertThatThrownBy(() -> new McpScope(slashes, "/".repeat(123) + "abcde", "xyz"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new McpScope(plain + "x", "u", "s"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new McpScope("", "u", "s"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Test
  void is_read_from_no_other_name() {
    for (String other :
        List.of(
            "",
            "mcp",
            "mcp/",
            "mcp/a/b/c",
            "mcp/a/b/c/",
            "mcp//b/c/d",
            "nostr",
            "mcp-session/a/b")) {
      assertThat(McpStreamName.parse(other)).as(other).isEmpty();
      assertThat(McpStreamName.parseSession(other)).as(other).isEmpty();
    }
    assertThat(McpStreamName.parseSession("mcp-session/a/b/c/d")).isEmpty();
  }
}
