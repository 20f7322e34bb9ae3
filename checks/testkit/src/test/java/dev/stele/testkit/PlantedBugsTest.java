package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
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

  private static OptionalLong firstSeedThatFinds(PlantedBug bug) {
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        var _ = Simulation.run(seed, bug.parts());
      } catch (AssertionError found) {
        return OptionalLong.of(seed);
      }
    }
    return OptionalLong.empty();
  }

  private static String row(PlantedBug bug, long seed) {
    return "| `%s` | %s | %d |".formatted(bug, bug.mistake(), seed);
  }

  @ParameterizedTest
  @EnumSource(PlantedBug.class)
  void a_planted_mistake_is_found_by_the_seed_that_is_on_record(PlantedBug bug) throws IOException {
    OptionalLong seed = firstSeedThatFinds(bug);
    assertThat(seed).as("%s is found within %d seeds", bug, SEEDS).isPresent();
    assertThat(Files.readAllLines(LIST)).contains(row(bug, seed.getAsLong()));
  }

  @Test
  void the_record_lists_the_mistakes_and_no_others() throws IOException {
    List<String> listed =
        Files.readAllLines(LIST).stream().filter(line -> line.startsWith("| `")).toList();
    assertThat(listed).hasSameSizeAs(PlantedBug.values()).hasSizeGreaterThanOrEqualTo(20);
  }
}
