package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.crypto.Ed25519Key;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Cosignatures of a witness whose key is RFC 8032 test 2; lines and keys as published by C2SP
 * tlog-cosignature and by the tests of transparency-dev/formats.
 */
class CosignatureTest {
  private static final long TIME = 1_700_000_000;
  private static final CosignerKey WITNESS =
      CosignerKey.of(
          "witness.example/w1",
          Ed25519Key.fromSeed(
              Trees.hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")));

  // The example of C2SP tlog-cosignature; its keys were not published.
  private static final String EXAMPLE =
      """
      example.com/behind-the-sofa
      20852163
      CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

      \u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
      \u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
      """;

  private final long seed = Long.getLong("stele.seed", System.nanoTime());
  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  private final SignedCheckpoint log = LedgerExample.checkpoint(LedgerExample.tree(), 8);

  @Test
  void cosigningGivesTheBytesOfTheGoldenProof() {
    NoteSignature line = WITNESS.cosign(log.checkpoint(), TIME);
    assertThat(log.with(List.of(line)).bytes()).isEqualTo(LedgerExample.cosigned());
    assertThat(WITNESS.vkey()).isEqualTo(LedgerExample.WITNESS_KEY);
  }

  @Test
  void whatWasCosignedIsReadWithItsTime() {
    NoteSignature line = WITNESS.cosign(log.checkpoint(), TIME);
    assertThat(Cosignature.read(log.with(List.of(line)).note(), List.of(WITNESS.vkey())))
        .isEqualTo(
            new Cosignature.Reading.Cosigned(List.of(new Cosignature(WITNESS.vkey(), TIME, line))));
  }

  @Test
  void theExampleOfTheSpecificationIsReadAndItsTimeStandsInFront() {
    SignedNote note = SignedNote.parse(Trees.utf8(EXAMPLE)).orThrow();
    assertThat(note).hasToString(EXAMPLE);
    assertThat(ByteBuffer.wrap(note.signatures().get(1).signature()).getLong())
        .isEqualTo(1_679_315_147);
    assertThat(note.signatures().get(1).keyId()).isEqualTo(0x8d66cf3f);
  }

  @Test
  void aPublishedKeyOfAWitnessHasThePublishedKeyId() {
    VerifierKey key =
        VerifierKey.parse("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")
            .orThrow();
    assertThat(key.algorithm()).isEqualTo(VerifierKey.Algorithm.COSIGNATURE);
    assertThat(VerifierKey.of("remora.n621.de", key.algorithm(), key.publicKey()).keyId())
        .isEqualTo(0xda77ade7);
  }

  @Test
  void everyFlippedBitIsRefusedOrNoLongerByTheWitness() {
    byte[] good = log.with(List.of(WITNESS.cosign(log.checkpoint(), TIME))).bytes();
    int logLine = new String(good, StandardCharsets.ISO_8859_1).indexOf("\n\n");
    int witnessLine =
        good.length
            - WITNESS.cosign(log.checkpoint(), TIME).line().getBytes(StandardCharsets.UTF_8).length;
    for (int bit = 0; bit < good.length * 8; bit++) {
      // The log's own line is none of the witness's business.
      if (bit / 8 > logLine + 1 && bit / 8 < witnessLine) {
        continue;
      }
      byte[] bent = good.clone();
      bent[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(vouched(bent)).as("bit %d", bit).isZero();
    }
  }

  @Test
  void everyFlippedBitOfASignatureOfRandomCheckpointsIsRefused() {
    for (int round = 0; round < 3; round++) {
      byte[] root = new byte[Merkle.HASH_BYTES];
      random.nextBytes(root);
      long time = random.nextLong(Long.MAX_VALUE);
      Checkpoint checkpoint =
          new Checkpoint("a.example", 1 + random.nextLong(Long.MAX_VALUE - 1), root, List.of("x"));
      byte[] good = WITNESS.cosign(checkpoint, time).signature();
      assertThat(WITNESS.vkey().verify(checkpoint.text(), good)).as("seed %d", seed).isTrue();
      for (int bit = 0; bit < good.length * 8; bit++) {
        byte[] bent = good.clone();
        bent[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(WITNESS.vkey().verify(checkpoint.text(), bent))
            .as("seed %d, bit %d", seed, bit)
            .isFalse();
      }
    }
  }

  @Test
  void timesFromZeroToTheLastOneAreSigned() {
    for (long time : new long[] {0, Long.MAX_VALUE}) {
      byte[] signature = WITNESS.cosign(log.checkpoint(), time).signature();
      assertThat(WITNESS.vkey().verify(log.note().text(), signature)).isTrue();
    }
    assertThatIllegalArgumentException().isThrownBy(() -> WITNESS.cosign(log.checkpoint(), -1));
  }

  @Test
  void aTimeBeyondTheLastOneIsRefusedThoughItWasSigned() {
    Ed25519Key key = Ed25519Key.fromSeed(new byte[32]);
    byte[] signed =
        key.sign(Trees.utf8("cosignature/v1\ntime 9223372036854775808\n" + log.note().text()));
    byte[] timed = ByteBuffer.allocate(72).putLong(Long.MIN_VALUE).put(signed).array();
    VerifierKey witness = CosignerKey.of("w", key).vkey();
    assertThat(witness.verify(log.note().text(), timed)).isFalse();
  }

  @Test
  void aLogsSignatureIsNoCosignatureThoughTheKeyIsTheSame() {
    SignerKey both = SignerKey.of("w", Ed25519Key.fromSeed(new byte[32]));
    VerifierKey witness = CosignerKey.of("w", Ed25519Key.fromSeed(new byte[32])).vkey();
    SignedNote note = SignedNote.sign(log.note().text(), both);
    assertThat(Cosignature.read(note, List.of(witness)))
        .isEqualTo(new Cosignature.Reading.Cosigned(List.of()));
    byte[] bare = note.signatures().getFirst().signature();
    assertThat(witness.verify(note.text(), bare)).isFalse();
  }

  @Test
  void amongSeveralWitnessesEachIsReadAndStrangersAreIgnored() {
    CosignerKey second = CosignerKey.of("witness.example/w2", Ed25519Key.fromSeed(new byte[32]));
    SignedCheckpoint cosigned =
        log.with(
            List.of(
                second.cosign(log.checkpoint(), 5),
                WITNESS.cosign(log.checkpoint(), 7),
                WITNESS.cosign(log.checkpoint(), 9)));
    assertThat(times(cosigned, second.vkey(), WITNESS.vkey())).containsExactly(5L, 7L, 9L);
    assertThat(times(cosigned, second.vkey())).containsExactly(5L);
    assertThat(times(cosigned)).isEmpty();
    assertThat(SignedCheckpoint.open(cosigned.bytes(), LedgerExample.LOG_KEY))
        .isEqualTo(new SignedCheckpoint.Opening.Opened(cosigned));
  }

  @Test
  void oneBadLineInTheNameOfAWitnessSpoilsAll() {
    NoteSignature good = WITNESS.cosign(log.checkpoint(), 7);
    byte[] bent = good.signature();
    bent[20] ^= 1;
    NoteSignature bad = new NoteSignature(good.name(), good.keyId(), bent);
    assertThat(Cosignature.read(log.with(List.of(good, bad)).note(), List.of(WITNESS.vkey())))
        .isInstanceOf(Cosignature.Reading.Refused.class);
  }

  @Test
  void aLineIsAddedOnceAndUpToTheLimitOfANote() {
    NoteSignature line = WITNESS.cosign(log.checkpoint(), TIME);
    SignedCheckpoint once = log.with(List.of(line));
    assertThat(once.with(List.of(line, line))).isEqualTo(once);
    List<NoteSignature> room =
        LongStream.range(0, SignedNote.MAX_SIGNATURES - 1)
            .mapToObj(time -> WITNESS.cosign(log.checkpoint(), time))
            .toList();
    SignedCheckpoint full = log.with(room);
    assertThat(full.note().signatures()).hasSize(SignedNote.MAX_SIGNATURES);
    assertThatIllegalArgumentException().isThrownBy(() -> full.with(List.of(line)));
  }

  @Test
  void theKeyOfALogIsNotAskedForCosignatures() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Cosignature.read(log.note(), List.of(LedgerExample.LOG_KEY)));
  }

  @Test
  void keysReadBackFromTheirTextAndNeverShowTheirSeed() {
    CosignerKey read = CosignerKey.parse(WITNESS.secretText()).orThrow();
    assertThat(read.cosign(log.checkpoint(), TIME))
        .isEqualTo(WITNESS.cosign(log.checkpoint(), TIME));
    assertThat(read).hasToString("CosignerKey[" + WITNESS.vkey().text() + "]");
    assertThat(CosignerKey.parse(LedgerExample.LOG.secretText()))
        .isInstanceOf(Parsed.Malformed.class);
    assertThat(SignerKey.parse(WITNESS.secretText())).isInstanceOf(Parsed.Malformed.class);
  }

  private static int vouched(byte[] note) {
    return switch (SignedNote.parse(note)) {
      case Parsed.Malformed<SignedNote> malformed -> 0;
      case Parsed.Value<SignedNote>(SignedNote read) ->
          switch (Cosignature.read(read, List.of(WITNESS.vkey()))) {
            case Cosignature.Reading.Refused refused -> 0;
            case Cosignature.Reading.Cosigned(List<Cosignature> found) -> found.size();
          };
    };
  }

  private static List<Long> times(SignedCheckpoint checkpoint, VerifierKey... witnesses) {
    return switch (Cosignature.read(checkpoint.note(), List.of(witnesses))) {
      case Cosignature.Reading.Refused(String reason) -> Collections.emptyList();
      case Cosignature.Reading.Cosigned(List<Cosignature> found) ->
          found.stream().map(Cosignature::timeSeconds).toList();
    };
  }
}
