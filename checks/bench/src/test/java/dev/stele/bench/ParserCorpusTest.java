package dev.stele.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a fuzzer found that led a reader another way, read again: one input on each line of a file,
 * in Base64.
 */
class ParserCorpusTest {
  private static final int CHANGES_EACH = 20;

  private static List<byte[]> corpus(ParserFuzz reader) throws IOException {
    String name = "corpus/" + reader.corpus() + ".base64";
    try (InputStream in =
            Objects.requireNonNull(ParserCorpusTest.class.getResourceAsStream(name), name);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      return lines.lines().map(Base64.getDecoder()::decode).toList();
    }
  }

  @ParameterizedTest
  @EnumSource(ParserFuzz.class)
  void a_reader_answers_whatever_a_fuzzer_has_found(ParserFuzz reader) throws IOException {
    List<byte[]> inputs = corpus(reader);
    assertThat(inputs).hasSizeGreaterThan(3);
    for (byte[] input : inputs) {
      assertThatCode(() -> reader.read(input))
          .as(Base64.getEncoder().encodeToString(input))
          .doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @EnumSource(ParserFuzz.class)
  void a_reader_answers_what_is_near_to_it(ParserFuzz reader) throws IOException {
    long seed = 1;
    Random random = new Random(seed);
    for (byte[] input : corpus(reader)) {
      for (int i = 0; i < CHANGES_EACH && input.length > 0; i++) {
        byte[] changed = input.clone();
        changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
        assertThatCode(() -> reader.read(changed))
            .as("seed %d: %s", seed, Base64.getEncoder().encodeToString(changed))
            .doesNotThrowAnyException();
      }
    }
  }
}
