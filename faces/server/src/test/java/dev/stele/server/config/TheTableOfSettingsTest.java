package dev.stele.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The operator's page shows each setting as it is; a failure shows the table to paste there. */
class TheTableOfSettingsTest {
  private static final Path PAGE = Path.of("docs", "operate", "server.md");

  private static Path page() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve(PAGE))) {
        return folder.resolve(PAGE);
      }
    }
    throw new IllegalStateException(PAGE + " is not above " + Path.of("").toAbsolutePath());
  }

  /** A bar would end the cell. */
  private static String cell(String text) {
    return text.replace("|", "\\|");
  }

  private static String row(Setting setting) {
    return "| `%s` | `%s` | `%s` | %s | %s |"
        .formatted(
            setting.key(),
            setting.variable(),
            setting.flag(),
            setting.otherwise().isEmpty() ? "" : "`" + cell(setting.otherwise()) + "`",
            cell(setting.meaning()));
  }

  @Test
  void it_has_every_setting_as_it_is_and_no_other() throws IOException {
    List<String> there =
        Files.readAllLines(page()).stream()
            .filter(line -> line.matches("\\| `[a-z.]+` \\| `STELE_.*"))
            .toList();
    List<String> right = Stream.of(Setting.values()).map(TheTableOfSettingsTest::row).toList();
    assertThat(there)
        .as("the table of %s; this is the right one:%n%s", PAGE, String.join("\n", right))
        .isEqualTo(right);
  }
}
