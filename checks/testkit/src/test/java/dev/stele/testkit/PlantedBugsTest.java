package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulator is worth something: it finds every mistake that is planted. */
class PlantedBugsTest {
  private static final Path LIST =
      Path.of("..", "..", "docs", "internals", "planted-bugs.md").toAbsolutePath().normalize();

  private static final int SEEDS = 5_000;

  private static final Logger LOG = Logger.getLogger("dev.stele.log");

  /** Logs are broken here on purpose, by the hundred; what was found is in the failures. */
  @BeforeAll
  static void beQuiet() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void speakAgain() {
    LOG.setLevel(null);
  }

  private static boolean finds(long seed, PlantedBug bug) {
    try {
      var _ = Simulation.run(seed, bug.parts());
      return false;
    } catch (AssertionError found) {
      return true;
    }
  }

  private static String row(PlantedBug bug, long seed) {
    return "| `%s` | %s | %d |".formatted(bug, bug.mistake(), seed);
  }

  /** The seed on record, −1 when the mistake has none. */
  private static long recorded(PlantedBug bug) throws IOException {
    String begin = "| `%s` | %s | ".formatted(bug, bug.mistake());
    return Files.readAllLines(LIST).stream()
        .filter(line -> line.startsWith(begin))
        .mapToLong(line -> Long.parseLong(line.substring(begin.length(), line.length() - 2)))
        .findFirst()
        .orElse(-1);
  }

  @ParameterizedTest
  @EnumSource(PlantedBug.class)
  void a_planted_mistake_is_found_by_the_seed_that_is_on_record(PlantedBug bug) throws IOException {
    long seed = recorded(bug);
    if (seed >= 0 && finds(seed, bug)) {
      return;
    }
    for (long other = 0; other < SEEDS; other++) {
      if (finds(other, bug)) {
        throw new AssertionError("the record is to say: " + row(bug, other));
      }
    }
    throw new AssertionError("%s is not found within %d seeds".formatted(bug, SEEDS));
  }

  @Test
  void the_record_lists_the_mistakes_and_no_others() throws IOException {
    List<String> listed =
        Files.readAllLines(LIST).stream().filter(line -> line.startsWith("| `")).toList();
    assertThat(listed).hasSameSizeAs(PlantedBug.values()).hasSizeGreaterThanOrEqualTo(20);
  }
}
