package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.testkit.Example;
import dev.stele.testkit.MemoryAnchor;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every entry in the file of the documents' example, compared with a golden file. */
class LayoutTest {
  /** How much of a line the document shows. */
  private static final int SHOWN = 60;

  @TempDir Path folder;

  @Test
  void of_the_example_is_the_golden_file() throws Exception {
    Path file = folder.resolve("example.lmdb");
    Example.write(LmdbLogEngine.openWriter(file), new MemoryAnchor());
    String dump = Contents.of(file);
    String golden;
    try (InputStream in = LayoutTest.class.getResourceAsStream("layout.golden")) {
      golden = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(dump).isEqualTo(golden);
    String document = Files.readString(Path.of("..", "..", "docs", "format", "lmdb.md"));
    for (String line : dump.lines().toList()) {
      assertThat(document).contains(line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…");
    }
    for (Database database : Purpose.LOG.databases()) {
      assertThat(document).contains("| " + database.title() + " |");
    }
  }
}
