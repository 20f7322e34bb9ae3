package dev.stele.core.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** The body of a request to a witness, as C2SP tlog-witness publishes it, and spoilt ones. */
class AddCheckpointTest {
  // The example request of C2SP tlog-witness.
  private static final String EXAMPLE =
      """
      old 20852014
      PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
      jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
      5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
      /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

      example.com/behind-the-sofa
      20852163
      CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

      \u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
      \u2014 example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
      """;

  private final long seed = Long.getLong("stele.seed", System.nanoTime());
  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);

  @Test
  void theExampleOfTheSpecificationIsReadAndWrittenBack() {
    AddCheckpoint request = parse(EXAMPLE).orThrow();
    assertThat(request.proof().oldSize()).isEqualTo(20_852_014);
    assertThat(request.proof().newSize()).isEqualTo(20_852_163);
    assertThat(request.proof().path()).hasSize(4);
    assertThat(request.checkpoint().note().signatures()).hasSize(2);
    assertThat(new String(request.bytes(), StandardCharsets.UTF_8)).isEqualTo(EXAMPLE);
  }

  @Test
  void aRequestFromNothingHasNoProof() {
    AddCheckpoint first = new ExampleLog("e", 3).request(0, 3);
    assertThat(new String(first.bytes(), StandardCharsets.UTF_8)).startsWith("old 0\n\nledger.");
    assertThat(parse(new String(first.bytes(), StandardCharsets.UTF_8)).orThrow()).isEqualTo(first);
  }

  @Test
  void aProofHasAtMostSixtyThreeHashes() {
    String hash = EXAMPLE.lines().skip(1).findFirst().orElseThrow() + "\n";
    String rest = EXAMPLE.substring(EXAMPLE.indexOf("\n\n") + 1);
    String old = "old 9223372036854775807\n";
    assertThat(parse(old + hash.repeat(Merkle.MAX_PATH) + rest)).isInstanceOf(Parsed.Value.class);
    assertMalformed(old + hash.repeat(Merkle.MAX_PATH + 1) + rest);
    assertMalformed("old 1\n" + hash.repeat(Merkle.MAX_PATH + 1) + rest);
    List<byte[]> path = new ArrayList<>();
    for (int i = 0; i <= Merkle.MAX_PATH; i++) {
      path.add(new byte[Merkle.HASH_BYTES]);
    }
    SignedCheckpoint checkpoint = new ExampleLog("e", 3).checkpoint(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AddCheckpoint(new ConsistencyProof(1, 3, path), checkpoint));
  }

  @Test
  void aRequestHasAtMostTheBytesOfItsParts() {
    assertThat(AddCheckpoint.parse(new byte[AddCheckpoint.MAX_BYTES + 1]))
        .isInstanceOf(Parsed.Malformed.class);
    String hash = EXAMPLE.lines().skip(1).findFirst().orElseThrow() + "\n";
    String head = "old 9223372036854775807\n" + hash.repeat(Merkle.MAX_PATH) + "\n";
    assertThat(head.length() + SignedNote.MAX_BYTES).isEqualTo(AddCheckpoint.MAX_BYTES);
  }

  @Test
  void aProofThatEndsElsewhereIsAMistake() {
    ExampleLog log = new ExampleLog("e", 8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AddCheckpoint(ConsistencyProof.build(3, 7, log), log.checkpoint(8)));
  }

  @Test
  void malformedRequestsAreNotRead() {
    assertMalformed("");
    assertMalformed("\n\n");
    assertMalformed("old 1\n\n");
    for (String old :
        List.of(
            "old",
            "old ",
            "old -1",
            "old 01",
            "old  1",
            "old 1 ",
            "Old 1",
            "old 1\r",
            "1",
            "old 9223372036854775808",
            "old \u0661")) {
      assertMalformed(EXAMPLE.replace("old 20852014", old));
    }
    assertMalformed(EXAMPLE.replace("pkaw=", "pkaw"));
    assertMalformed(EXAMPLE.replace("pkaw=", "pkax="));
    assertMalformed(EXAMPLE.replace("PlRN", ""));
    assertMalformed(EXAMPLE.replace("20852163", "020852163"));
    assertMalformed(EXAMPLE.replace("\n\nexample", "\nexample"));
    assertMalformed(EXAMPLE.substring(0, EXAMPLE.length() - 1));
  }

  @Test
  void noBytesMakeTheReaderThrow() {
    byte[] good = ExampleLog.utf8(EXAMPLE);
    for (int round = 0; round < 2_000; round++) {
      byte[] bent = good.clone();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        bent[random.nextInt(bent.length)] = (byte) random.nextInt();
      }
      byte[] cut = Arrays.copyOf(bent, random.nextInt(bent.length + 1));
      if (AddCheckpoint.parse(cut) instanceof Parsed.Value<AddCheckpoint>(AddCheckpoint read)) {
        assertThat(read.bytes()).as("seed %d, round %d", seed, round).isEqualTo(cut);
      }
    }
  }

  static SignedCheckpoint read(byte[] note) {
    SignedNote read = SignedNote.parse(note).orThrow();
    return new SignedCheckpoint(Checkpoint.parse(read.text()).orThrow(), read);
  }

  private static Parsed<AddCheckpoint> parse(String body) {
    return AddCheckpoint.parse(ExampleLog.utf8(body));
  }

  private static void assertMalformed(String body) {
    assertThat(parse(body)).as(body).isInstanceOf(Parsed.Malformed.class);
  }
}
