package dev.stele.mcp.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class AnMcpSessionRowTest {
  private static final byte[] INITIALIZE = "{}".getBytes(StandardCharsets.UTF_8);

  /** The example of the format's page. */
  private static final String EXAMPLE = "010a323032352d31312d32350005616c6963657b7d";

  @Test
  void has_the_bytes_of_its_format() {
    assertThat(new McpSessionRow(INITIALIZE, "2025-11-25", "alice").encode())
        .isEqualTo(HexFormat.of().parseHex(EXAMPLE));
  }

  @Test
  void is_read_from_what_it_was_written_as_and_from_nothing_shorter() {
    byte[] example = HexFormat.of().parseHex(EXAMPLE);
    McpSessionRow read = McpSessionRow.decode(example).orThrow();
    assertThat(read.encode()).isEqualTo(example);
    assertThat(read.initialize()).isEqualTo(INITIALIZE);
    assertThat(read.protocolVersion()).isEqualTo("2025-11-25");
    assertThat(read.principal()).isEqualTo("alice");
    for (int length = 0; length < example.length - INITIALIZE.length; length++) {
      assertThat(McpSessionRow.decode(Arrays.copyOf(example, length)))
          .as("%d bytes", length)
          .isInstanceOf(Parsed.Malformed.class);
    }
    example[0] = 2;
    assertThat(McpSessionRow.decode(example)).isInstanceOf(Parsed.Malformed.class);
  }
}
