package dev.stele.mcp.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnMcpEventIdTest {
  private static final long SEED = 90_125;
  private static final McpScope SCOPE = new McpScope("acme", "alice", "s-1");

  @Test
  void names_a_place_in_a_stream_of_a_scope() {
    String id = McpEventId.of(SCOPE, "_GET_stream", 17);

    assertThat(id).isEqualTo("6-FU2gBhx_g-_GET_stream.17");
    assertThat(McpEventId.decode(SCOPE, id)).contains(new McpEventId("_GET_stream", 17));
  }

  @Test
  void is_of_no_other_scope() {
    String id = McpEventId.of(SCOPE, "1", 17);

    for (McpScope other :
        List.of(
            new McpScope("acme", "alice", "s-2"),
            new McpScope("acme", "bob", "s-1"),
            new McpScope("other", "alice", "s-1"),
            new McpScope("acmea", "lice", "s-1"),
            McpScope.ofSession("s-1"))) {
      assertThat(McpEventId.decode(other, id)).as("%s", other).isEmpty();
    }
  }

  @Test
  void carries_whatever_a_stream_is_called() {
    Random random = new Random(SEED);
    for (int i = 0; i < 10_000; i++) {
      StringBuilder name = new StringBuilder();
      int length = 1 + random.nextInt(12);
      while (name.length() < length) {
        int c = random.nextInt(4) == 0 ? random.nextInt(0x11_0000) : 32 + random.nextInt(95);
        if (c < 0xd800 || c > 0xdfff) {
          name.appendCodePoint(c);
        }
      }
      String stream = name.toString();
      long sequence = 1 + (random.nextLong() >>> (1 + random.nextInt(62)));
      String id = McpEventId.of(SCOPE, stream, sequence);
      assertThat(id).as("step %d of seed %d", i, SEED).matches("[A-Za-z0-9_.~-]+");
      assertThat(McpEventId.decode(SCOPE, id))
          .as("step %d of seed %d", i, SEED)
          .contains(new McpEventId(stream, sequence));
    }
  }

  @Test
  void has_one_spelling() {
    String id = McpEventId.of(SCOPE, "a/b", 17);
    int dot = id.lastIndexOf('.');
    List<String> others = new ArrayList<>();
    for (int i = 0; i < id.length(); i++) {
      for (char c : "Aa0-_.~=+/ \u00e9".toCharArray()) {
        if (id.charAt(i) != c && !(i > dot && Character.isDigit(c))) {
          others.add(id.substring(0, i) + c + id.substring(i + 1));
        }
      }
      others.add(id.substring(0, i));
      others.add(id.substring(0, i) + id.charAt(i) + id.substring(i));
    }
    // Another place is another id, and not another spelling.
    others.removeIf(
        other ->
            other.matches(java.util.regex.Pattern.quote(id.substring(0, dot)) + "\\.[1-9][0-9]*"));
    others.add(id.substring(0, dot) + ".017");
    others.add(id.substring(0, dot) + ".0");
    others.add(id.substring(0, dot) + ".+17");
    others.add(id.substring(0, dot) + ".99999999999999999999");
    others.add(id.substring(0, dot) + ".9223372036854775808");
    others.add(id + "\n");

    for (String other : others) {
      assertThat(McpEventId.decode(SCOPE, other)).as(other).isEqualTo(Optional.empty());
    }
  }

  @Test
  void fits_its_bound_with_the_longest_name() {
    String longest = "\u00e9".repeat(McpStreamName.MAX_STREAM_BYTES / 2);
    String id = McpEventId.of(SCOPE, longest, Long.MAX_VALUE);

    assertThat(id).hasSize(McpEventId.MAX_CHARS);
    assertThat(McpEventId.decode(SCOPE, id)).contains(new McpEventId(longest, Long.MAX_VALUE));
    assertThat(McpEventId.decode(SCOPE, id + "0")).isEmpty();
    assertThatThrownBy(() -> new McpEventId(longest + "x", 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new McpEventId("1", 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
