package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The worked examples in docs/format, each of which is a golden file of these tests. */
class FormatDocumentsTest {
  private static final Path FORMATS = Path.of("..", "..", "docs", "format");

  @ParameterizedTest
  @CsvSource({
    "checkpoint.md, checkpoint.golden",
    "cosignature.md, cosigned.golden",
    "proof.md, event-5.tlog-proof",
    "tiles.md, tiles.golden"
  })
  void theExampleInADocumentIsTheGoldenFile(String document, String golden) throws IOException {
    assertThat(Files.readString(FORMATS.resolve(document)))
        .contains("```\n" + Resources.text(golden) + "```\n");
  }
}
