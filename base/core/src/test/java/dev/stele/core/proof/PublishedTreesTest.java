package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.crypto.Sha256;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The trees that Certificate Transparency published: its eight leaves with their roots and proofs
 * in rfc6962.txt, and digests over every proof of the trees up to 130 leaves.
 */
class PublishedTreesTest {
  private final Trees.Grown tree = new Trees.Grown();
  private final List<String[]> lines = new ArrayList<>();

  PublishedTreesTest() {
    for (String line : Resources.lines("rfc6962.txt")) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("leaf")) {
        tree.append(words.length == 1 ? new byte[0] : Trees.hex(words[1]));
      } else {
        lines.add(words);
      }
    }
  }

  @Test
  void rootsAreThePublishedOnes() {
    List<String[]> roots = lines.stream().filter(words -> words[0].equals("root")).toList();
    assertThat(roots).hasSize(9);
    for (String[] words : roots) {
      assertThat(tree.root(Long.parseLong(words[1]))).asHexString().isEqualToIgnoringCase(words[2]);
    }
  }

  @Test
  void inclusionProofsAreThePublishedOnes() {
    int seen = 0;
    for (String[] words : lines) {
      if (words[0].equals("inclusion")) {
        InclusionProof published = inclusion(words, 1);
        assertThat(InclusionProof.build(published.index(), published.size(), tree))
            .isEqualTo(published);
        assertThat(published.verify(Trees.hex(words[3]), Trees.hex(words[4]))).isTrue();
        seen++;
      }
    }
    assertThat(seen).isEqualTo(36);
  }

  @Test
  void consistencyProofsAreThePublishedOnes() {
    int seen = 0;
    for (String[] words : lines) {
      if (words[0].equals("consistency")) {
        ConsistencyProof published = consistency(words, 1);
        assertThat(ConsistencyProof.build(published.oldSize(), published.newSize(), tree))
            .isEqualTo(published);
        assertThat(published.verify(Trees.hex(words[3]), Trees.hex(words[4]))).isTrue();
        seen++;
      }
    }
    assertThat(seen).isEqualTo(36);
  }

  @Test
  void brokenProofsAreRefused() {
    int seen = 0;
    for (String[] words : lines) {
      if (words[0].equals("!")) {
        byte[] from = Trees.hex(words[4]);
        byte[] to = Trees.hex(words[5]);
        boolean accepted =
            words[1].equals("inclusion")
                ? inclusion(words, 2).verify(from, to)
                : consistency(words, 2).verify(from, to);
        assertThat(accepted).as(String.join(" ", words)).isFalse();
        seen++;
      }
    }
    assertThat(seen).isEqualTo(14);
  }

  @Test
  void everyInclusionProofUpTo130LeavesHasThePublishedDigest() {
    Trees.Grown numbers = numbers();
    StringBuilder text = new StringBuilder();
    for (long n = 1; n <= 130; n++) {
      for (long i = 0; i < n; i++) {
        describe(text, i, n, InclusionProof.build(i, n, numbers).path());
      }
    }
    assertThat(Sha256.hash(Trees.utf8(text.toString())))
        .asHexString()
        .isEqualToIgnoringCase("893ce6eea61adc33c22c0e3a952498b76dfa3c282e78ac659f6fcc0ea44f9983");
  }

  @Test
  void everyConsistencyProofUpTo130LeavesHasThePublishedDigest() {
    Trees.Grown numbers = numbers();
    StringBuilder text = new StringBuilder();
    for (long n = 1; n <= 130; n++) {
      for (long m = 1; m <= n; m++) {
        describe(text, m, n, ConsistencyProof.build(m, n, numbers).path());
      }
    }
    assertThat(Sha256.hash(Trees.utf8(text.toString())))
        .asHexString()
        .isEqualToIgnoringCase("2498232e1aebe8d1aa8d339d897fc471f4495fe0b8a55ac08f7dae3d88bc4c2a");
  }

  private static Trees.Grown numbers() {
    Trees.Grown numbers = new Trees.Grown();
    for (int i = 0; i < 130; i++) {
      numbers.append(new byte[] {(byte) i});
    }
    return numbers;
  }

  private static void describe(StringBuilder text, long from, long to, List<byte[]> path) {
    text.append(from).append(' ').append(to);
    for (byte[] hash : path) {
      text.append(' ').append(Trees.hex(hash));
    }
    text.append('\n');
  }

  private static InclusionProof inclusion(String[] words, int at) {
    return new InclusionProof(
        Long.parseLong(words[at]), Long.parseLong(words[at + 1]), path(words, at + 4));
  }

  private static ConsistencyProof consistency(String[] words, int at) {
    return new ConsistencyProof(
        Long.parseLong(words[at]), Long.parseLong(words[at + 1]), path(words, at + 4));
  }

  private static List<byte[]> path(String[] words, int from) {
    return Arrays.stream(words).skip(from).map(HexFormat.of()::parseHex).toList();
  }
}
