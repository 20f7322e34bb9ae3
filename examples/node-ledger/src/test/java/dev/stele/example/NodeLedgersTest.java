package dev.stele.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeLedgersTest {
  @TempDir Path folder;

  @Test
  void equal_histories_have_equal_heads_and_the_first_difference_is_found() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    long differs =
        NodeLedgers.run(folder, new Random(7), new PrintStream(out, true, StandardCharsets.UTF_8));

    assertThat(differs).isEqualTo(13);
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("node-1 and node-2 agree: true");
  }
}
