package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Logs that live through what disks do, each from a seed: no promise is broken. */
class SimulatorTest {
  /** Seeds whose lives once broke a promise, each with a word on what it was. */
  private static final String FAILED_BEFORE = "seeds-that-failed.txt";

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

  private static List<Long> failedBefore() throws IOException {
    try (InputStream in =
            Objects.requireNonNull(SimulatorTest.class.getResourceAsStream(FAILED_BEFORE));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> Long.valueOf(line.split(" ", 2)[0]))
          .toList();
    }
  }

  /** One seed alone when it is named, else those that once failed and then all. */
  private static LongStream seeds() throws IOException {
    String alone = System.getProperty("stele.seed", "");
    return alone.isBlank()
        ? LongStream.concat(
            failedBefore().stream().mapToLong(Long::longValue),
            LongStream.range(0, Scale.of(5_000)))
        : LongStream.of(Long.parseLong(alone));
  }

  @Test
  void no_life_breaks_a_promise() throws IOException {
    long begin = System.nanoTime();
    int lives = 0;
    int acks = 0;
    int failures = 0;
    int crashes = 0;
    for (long seed : seeds().toArray()) {
      Simulation.Tally tally = Simulation.run(seed);
      lives++;
      acks += tally.acks();
      failures += tally.failures();
      crashes += tally.crashes();
    }
    long millis = (System.nanoTime() - begin) / 1_000_000;
    assertThat(acks)
        .as(
            "%d lives in %d ms: %d acks, %d failures, %d crashes",
            lives, millis, acks, failures, crashes)
        .isPositive();
    if (lives > 1) {
      assertThat(failures).isGreaterThan(lives / 10);
      assertThat(crashes).isGreaterThan(lives / 10);
    }
  }

  @Test
  void a_seed_gives_one_life_bit_for_bit() {
    assertThat(Simulation.run(8)).isEqualTo(Simulation.run(8));
    assertThat(Simulation.run(8)).isNotEqualTo(Simulation.run(9));
  }
}
