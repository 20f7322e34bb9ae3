package dev.stele.core.witness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A log that has signed two histories, and files that only look as if one had. */
class FraudProofTest {
  private static final Path FORMATS = Path.of("..", "..", "docs", "format");

  private final SignedCheckpoint told = new ExampleLog("told", 8).checkpoint(8);
  private final SignedCheckpoint denied = new ExampleLog("denied", 8).checkpoint(8);
  private final byte[] file = new FraudProof(told.note(), denied.note()).bytes();

  @Test
  void twoRootsForOneSizeConvictTheLog() {
    assertThat(FraudProof.check(file, ExampleLog.VKEY))
        .isEqualTo(new FraudProof.Finding.Convicted(told.checkpoint(), denied.checkpoint()));
  }

  @Test
  void theFileIsTheGoldenOneAndTheExampleOfTheDocument() throws IOException {
    try (InputStream golden = FraudProofTest.class.getResourceAsStream("fraud-proof.golden")) {
      assertThat(golden).isNotNull();
      assertThat(file).isEqualTo(golden.readAllBytes());
    }
    assertThat(Files.readString(FORMATS.resolve("fraud-proof.md")))
        .contains("```\n" + new String(file, StandardCharsets.UTF_8) + "```\n")
        .contains(ExampleLog.VKEY.text());
  }

  @Test
  void aProofReadsBackFromItsFile() {
    assertThat(FraudProof.parse(file).orThrow().bytes()).isEqualTo(file);
  }

  @Test
  void everyFlippedBitConvictsNobody() {
    for (int bit = 0; bit < file.length * 8; bit++) {
      byte[] bent = file.clone();
      bent[bit / 8] ^= (byte) (1 << bit % 8);
      assertAcquitted(bent);
    }
  }

  @Test
  void aFileCutAnywhereOrContinuedConvictsNobody() {
    for (int length = 0; length < file.length; length++) {
      assertAcquitted(Arrays.copyOf(file, length));
    }
    assertAcquitted(Arrays.copyOf(file, file.length + 1));
    assertAcquitted(new byte[FraudProof.MAX_BYTES + 1]);
  }

  @Test
  void checkpointsThatAreBothTrueConvictNobody() {
    ExampleLog log = new ExampleLog("told", 8);
    assertAcquitted(proof(log.checkpoint(7), log.checkpoint(8)));
    assertAcquitted(proof(told, told));
    Checkpoint same = told.checkpoint();
    Checkpoint extended =
        new Checkpoint(same.origin(), same.size(), same.root(), List.of("a further line"));
    assertAcquitted(proof(told, SignedCheckpoint.sign(extended, ExampleLog.KEY)));
  }

  @Test
  void twoSizesConvictNobodyEvenIfTheyAreInconsistent() {
    assertThat(
            FraudProof.check(
                proof(told, new ExampleLog("denied", 9).checkpoint(9)), ExampleLog.VKEY))
        .isEqualTo(new FraudProof.Finding.NotConvicting("the sizes differ: both may be true"));
  }

  @Test
  void anotherKeysSignatureConvictsNobody() {
    SignerKey stranger = SignerKey.of(ExampleLog.ORIGIN, Ed25519Key.fromSeed(new byte[32]));
    SignedCheckpoint forged = SignedCheckpoint.sign(denied.checkpoint(), stranger);
    assertAcquitted(proof(told, forged));
    assertAcquitted(proof(forged, told));
    assertThat(FraudProof.check(file, stranger.vkey()))
        .isInstanceOf(FraudProof.Finding.NotConvicting.class);
  }

  @Test
  void theKeyOfAWitnessConvictsNobody() {
    assertThat(FraudProof.check(file, ExampleLog.WITNESS.vkey()))
        .isInstanceOf(FraudProof.Finding.NotConvicting.class);
  }

  @Test
  void cosignaturesHinderNothing() {
    SignedCheckpoint cosigned =
        denied.with(List.of(ExampleLog.WITNESS.cosign(denied.checkpoint(), 1)));
    assertThat(FraudProof.check(proof(told, cosigned), ExampleLog.VKEY))
        .isInstanceOf(FraudProof.Finding.Convicted.class);
  }

  @Test
  void notesUpToTheirLargestSizeAreRead() {
    SignedCheckpoint large = padded(SignedNote.MAX_BYTES);
    assertThat(large.bytes()).hasSize(SignedNote.MAX_BYTES);
    byte[] twice = proof(large, large);
    assertThat(twice).hasSizeLessThanOrEqualTo(FraudProof.MAX_BYTES);
    assertThat(FraudProof.parse(twice)).isInstanceOf(Parsed.Value.class);
  }

  @Test
  void anOtherSpellingOfTheSizesIsNotRead() {
    String text = new String(file, StandardCharsets.UTF_8);
    String sizes = text.lines().skip(1).findFirst().orElseThrow();
    for (String bad :
        List.of(
            sizes.replace("sizes ", "sizes 0"),
            sizes.replace("sizes ", "sizes  "),
            sizes + " ",
            sizes + " 0",
            "sizes 1",
            "sizes -1 " + file.length,
            "sizes 9223372036854775807 9223372036854775807")) {
      assertThat(FraudProof.parse(ExampleLog.utf8(text.replaceFirst(sizes, bad))))
          .as(bad)
          .isInstanceOf(Parsed.Malformed.class);
    }
  }

  private SignedCheckpoint padded(int sizeBytes) {
    Checkpoint plain = told.checkpoint();
    int room = sizeBytes - told.bytes().length - 1;
    return SignedCheckpoint.sign(
        new Checkpoint(plain.origin(), plain.size(), plain.root(), List.of("x".repeat(room))),
        ExampleLog.KEY);
  }

  private static byte[] proof(SignedCheckpoint one, SignedCheckpoint other) {
    return new FraudProof(one.note(), other.note()).bytes();
  }

  private static void assertAcquitted(byte[] file) {
    assertThat(FraudProof.check(file, ExampleLog.VKEY))
        .isInstanceOf(FraudProof.Finding.NotConvicting.class);
  }
}
