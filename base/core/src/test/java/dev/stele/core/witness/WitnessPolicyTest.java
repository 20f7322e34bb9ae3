package dev.stele.core.witness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.CosignerKey;
import dev.stele.core.proof.NoteSignature;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Policies written by hand, the one of C2SP tlog-policy among them, and what satisfies them. */
class WitnessPolicyTest {
  private static final String LOG = "log " + ExampleLog.VKEY.text() + "\n";
  private static final String THREE = LOG + witnessLine(1) + witnessLine(2) + witnessLine(3);

  // The example of C2SP tlog-policy: X1 to X3 are 1 to 3, Y1 to Y3 are 4 to 6.
  private static final String TWO_LEVELS =
      LOG
          + "\n"
          + IntStream.rangeClosed(1, 6)
              .mapToObj(WitnessPolicyTest::witnessLine)
              .collect(Collectors.joining())
          + """
          group X-witnesses 2 w1 w2 w3
          group Y-witnesses any w4 w5 w6
          group X-and-Y all X-witnesses Y-witnesses
          quorum X-and-Y
          """;

  private final SignedCheckpoint log = new ExampleLog("told", 8).checkpoint(8);

  @Test
  void everySetOfWitnessesOfTheSpecificationsExampleIsJudgedAsItSays() {
    WitnessPolicy policy = policy(TWO_LEVELS);
    for (int set = 0; set < 1 << 6; set++) {
      boolean enough = Integer.bitCount(set & 0b111) >= 2 && (set & 0b111000) != 0;
      int[] numbers = members(set);
      assertThat(policy.satisfiedBy(cosigned(numbers)) instanceof WitnessPolicy.Verdict.Satisfied)
          .as("set %s", Integer.toBinaryString(set))
          .isEqualTo(enough);
    }
  }

  @Test
  void eachThresholdAsksForSoManyAndNoFewer() {
    for (int threshold = 1; threshold <= 3; threshold++) {
      WitnessPolicy policy = policy(THREE + "group g " + threshold + " w1 w2 w3\nquorum g\n");
      for (int set = 0; set < 1 << 3; set++) {
        assertThat(
                policy.satisfiedBy(cosigned(members(set)))
                    instanceof WitnessPolicy.Verdict.Satisfied)
            .as("%d of %s", threshold, Integer.toBinaryString(set))
            .isEqualTo(Integer.bitCount(set) >= threshold);
      }
    }
  }

  @Test
  void aQuorumOfOneWitnessAsksForThatOne() {
    WitnessPolicy policy = policy(THREE + "quorum w2\n");
    assertSatisfied(policy.satisfiedBy(cosigned(2)));
    assertNotSatisfied(policy.satisfiedBy(cosigned(1, 3)));
  }

  @Test
  void aQuorumOfNoneAsksForTheLogAlone() {
    WitnessPolicy policy = policy(LOG + "quorum none\n");
    assertSatisfied(policy.satisfiedBy(log.note()));
    assertNotSatisfied(policy.satisfiedBy(by(stranger())));
  }

  @Test
  void aWitnessThatSignedTwiceCountsOnce() {
    WitnessPolicy policy = policy(THREE + "group g 2 w1 w2 w3\nquorum g\n");
    NoteSignature again = ExampleLog.witness(1).cosign(log.checkpoint(), 999);
    SignedNote note = log.with(List.of(cosignature(1), again)).note();
    assertNotSatisfied(policy.satisfiedBy(note));
  }

  @Test
  void witnessesThatThePolicyDoesNotListDoNotCount() {
    WitnessPolicy policy = policy(THREE + "group g 2 w1 w2 w3\nquorum g\n");
    assertNotSatisfied(policy.satisfiedBy(cosigned(1, 7, 8, 9)));
  }

  @Test
  void witnessesCannotReplaceTheLogsSignature() {
    WitnessPolicy policy = policy(THREE + "quorum w1\n");
    SignedCheckpoint forged =
        SignedCheckpoint.sign(log.checkpoint(), stranger()).with(List.of(cosignature(1)));
    assertNotSatisfied(policy.satisfiedBy(forged.note()));
  }

  @Test
  void aLogOfThePolicySpeaksOnlyForItself() {
    SignerKey other = SignerKey.of("other.example/log", Ed25519Key.fromSeed(new byte[32]));
    WitnessPolicy policy = policy(LOG + "log " + other.vkey().text() + "\nquorum none\n");
    assertSatisfied(policy.satisfiedBy(log.note()));
    assertNotSatisfied(policy.satisfiedBy(SignedNote.sign(log.note().text(), other)));
  }

  @Test
  void aPolicyWithoutLogsIsAskedWithTheLogThatIsMeant() {
    WitnessPolicy policy = policy(witnessLine(1) + "quorum w1\n");
    assertNotSatisfied(policy.satisfiedBy(cosigned(1)));
    assertSatisfied(policy.satisfiedBy(cosigned(1), ExampleLog.VKEY));
    assertNotSatisfied(policy.satisfiedBy(cosigned(2), ExampleLog.VKEY));
    assertNotSatisfied(policy.satisfiedBy(cosigned(1), stranger().vkey()));
  }

  @Test
  void oneBadLineInTheNameOfAWitnessSatisfiesNothing() {
    WitnessPolicy policy = policy(THREE + "group g any w1 w2 w3\nquorum g\n");
    NoteSignature good = cosignature(2);
    NoteSignature bad = new NoteSignature(good.name(), good.keyId(), new byte[72]);
    assertNotSatisfied(policy.satisfiedBy(log.with(List.of(cosignature(1), bad)).note()));
  }

  @Test
  void everyFlippedBitOfACosignatureThatIsNeededIsNoticed() {
    WitnessPolicy policy = policy(THREE + "quorum w1\n");
    NoteSignature good = cosignature(1);
    for (int bit = 0; bit < good.signature().length * 8; bit++) {
      byte[] bent = good.signature();
      bent[bit / 8] ^= (byte) (1 << bit % 8);
      NoteSignature line = new NoteSignature(good.name(), good.keyId(), bent);
      assertNotSatisfied(policy.satisfiedBy(log.with(List.of(line)).note()));
    }
  }

  @Test
  void aNoteThatIsNoCheckpointSatisfiesNothing() {
    SignedNote note = SignedNote.sign("hello\n", ExampleLog.KEY);
    assertNotSatisfied(policy(LOG + "quorum none\n").satisfiedBy(note));
    assertNotSatisfied(policy(LOG + "quorum none\n").satisfiedBy(note, ExampleLog.VKEY));
  }

  @Test
  void theVerdictNamesTheWitnessesThatCosigned() {
    WitnessPolicy policy = policy(THREE + "quorum w1\n");
    WitnessPolicy.Verdict verdict = policy.satisfiedBy(cosigned(3, 1, 7));
    assertThat(verdict).isInstanceOf(WitnessPolicy.Verdict.Satisfied.class);
    WitnessPolicy.Verdict.Satisfied satisfied = (WitnessPolicy.Verdict.Satisfied) verdict;
    assertThat(satisfied.checkpoint().checkpoint()).isEqualTo(log.checkpoint());
    assertThat(satisfied.cosignatures())
        .extracting(cosignature -> cosignature.witness().name())
        .containsExactly("witness.example/n3", "witness.example/n1");
  }

  @Test
  void blanksTabsAndCommentsAreWhatTheyAreElsewhere() {
    String file =
        "# trusted since spring\n\t\n  \t# more \u00fc\n \tlog\t "
            + ExampleLog.VKEY.text()
            + "  https://ledger.example/ \n"
            + witnessLine(1).replace("\n", " https://w1.example/\n")
            + "quorum\tw1 \n";
    WitnessPolicy policy = policy(file);
    assertThat(policy.logs())
        .containsExactly(
            new WitnessPolicy.Log(ExampleLog.VKEY, Optional.of("https://ledger.example/")));
    assertThat(policy.witnesses().getFirst().url()).contains("https://w1.example/");
  }

  @Test
  void namesAreOctetsAndKeysAreUtf8() {
    CosignerKey key = CosignerKey.of("zeuge.example/\u00fc", Ed25519Key.fromSeed(new byte[32]));
    String line = "witness \u212a " + key.vkey().text() + "\n";
    assertThat(policy(LOG + line + "quorum \u212a\n").witnesses().getFirst().key())
        .isEqualTo(key.vkey());
    assertMalformed(3, LOG + line + "quorum K\n");
    byte[] latin = (LOG + line).getBytes(StandardCharsets.ISO_8859_1);
    assertThat(WitnessPolicy.parse(latin)).isInstanceOf(Parsed.Malformed.class);
  }

  @Test
  void eachFaultIsSaidWithItsLine() {
    assertMalformed(1, "");
    assertMalformed(1, "\n");
    assertMalformed(1, "quorum none");
    assertMalformed(4, THREE);
    assertMalformed(2, "quorum none\nquorum none\n");
    assertMalformed(1, "quorum w1\n" + witnessLine(1));
    assertMalformed(1, "quorum\n");
    assertMalformed(1, "quorum none none\n");
    assertMalformed(2, "\nlogs x\n");
    assertMalformed(1, "log\n");
    assertMalformed(1, LOG.replace("+AddamA", "+AddamB"));
    assertMalformed(1, LOG.replace("\n", " url more\n"));
    assertMalformed(2, LOG + LOG);
    assertMalformed(1, "log " + ExampleLog.WITNESS.vkey().text() + "\n");
    assertMalformed(1, "witness w " + ExampleLog.VKEY.text() + "\n");
    assertMalformed(1, "witness w\n");
    assertMalformed(1, witnessLine(1).replace("w1", "none"));
    assertMalformed(2, witnessLine(1) + witnessLine(2).replace("w2", "w1"));
    assertMalformed(2, witnessLine(1) + witnessLine(1).replace("w1", "w2"));
    assertMalformed(1, "log " + ExampleLog.VKEY.text() + "\u0001\n");
    assertMalformed(1, LOG.replace("\n", "\r\n"));
    assertMalformed(1, "# \u007f\n");
  }

  @Test
  void eachFaultOfAGroupIsSaidWithItsLine() {
    for (String group :
        List.of(
            "group g",
            "group g any",
            "group g 0 w1",
            "group g 2 w1",
            "group g 01 w1",
            "group g -1 w1",
            "group g most w1",
            "group g any w4",
            "group g any g",
            "group g any none",
            "group g any w1 w1",
            "group w1 any w2",
            "group none any w2")) {
      assertMalformed(5, THREE + group + "\nquorum none\n");
    }
    String first = THREE + "group g any w1 w2\n";
    assertMalformed(6, first + "group h any w2 w3\nquorum none\n");
    assertMalformed(6, first + "group g any w3\nquorum none\n");
    policy(first + "group h all g w3\nquorum h\n");
  }

  @Test
  void twoWitnessLinesOfOneKeyUnderTwoNamesOfTheKeyAreOneKeyTwice() {
    VerifierKey key = ExampleLog.witness(1).vkey();
    VerifierKey alias = VerifierKey.of("other.example", key.algorithm(), key.publicKey());
    assertMalformed(2, witnessLine(1) + "witness w2 " + alias.text() + "\n");
  }

  @Test
  void aPolicyHasAtMostOneHundredOfEach() {
    List<String> lines = new ArrayList<>();
    IntStream.rangeClosed(1, WitnessPolicy.MAX_OF_EACH)
        .forEach(i -> lines.add(witnessLine(i) + "group g" + i + " any w" + i + "\n"));
    String full = String.join("", lines);
    assertThat(policy(full + "quorum g100\n").witnesses()).hasSize(100);
    assertMalformed(201, full + witnessLine(101) + "quorum none\n");
    assertMalformed(201, full + "group g any g1\nquorum none\n");
    String logs =
        IntStream.rangeClosed(1, 101)
            .mapToObj(WitnessPolicyTest::logLine)
            .collect(Collectors.joining());
    assertMalformed(101, logs + "quorum none\n");
  }

  @Test
  void aPolicyHasAtMostSixtyFourKibibytes() {
    String start = "quorum none\n#";
    String full = start + "x".repeat(WitnessPolicy.MAX_BYTES - start.length() - 1) + "\n";
    policy(full);
    assertThat(WitnessPolicy.parse(ExampleLog.utf8("#" + full)))
        .isInstanceOf(Parsed.Malformed.class);
  }

  @Test
  void theExampleInTheDocumentIsAPolicyForTheExampleOfCosignatures() throws IOException {
    Path formats = Path.of("..", "..", "docs", "format");
    String document = Files.readString(formats.resolve("witness-policy.md"));
    String example = block(document, "# one log");
    String note = block(Files.readString(formats.resolve("cosignature.md")), ExampleLog.ORIGIN);
    SignedNote cosigned = SignedNote.parse(ExampleLog.utf8(note)).orThrow();
    assertSatisfied(policy(example).satisfiedBy(cosigned));
    assertNotSatisfied(policy(example.replace(" any ", " all ")).satisfiedBy(cosigned));
  }

  private static String block(String document, String beginning) {
    int start = document.indexOf("```\n" + beginning) + 4;
    return document.substring(start, document.indexOf("```", start));
  }

  private SignedNote cosigned(int... numbers) {
    return log.with(IntStream.of(numbers).mapToObj(this::cosignature).toList()).note();
  }

  private NoteSignature cosignature(int number) {
    return ExampleLog.witness(number).cosign(log.checkpoint(), 1_700_000_000 + number);
  }

  private SignedNote by(SignerKey key) {
    Checkpoint checkpoint = log.checkpoint();
    return SignedCheckpoint.sign(checkpoint, key).note();
  }

  private static SignerKey stranger() {
    return SignerKey.of(ExampleLog.ORIGIN, Ed25519Key.fromSeed(new byte[32]));
  }

  private static int[] members(int set) {
    return IntStream.range(0, 6).filter(i -> (set >> i & 1) == 1).map(i -> i + 1).toArray();
  }

  private static String witnessLine(int number) {
    return "witness w" + number + " " + ExampleLog.witness(number).vkey().text() + "\n";
  }

  private static String logLine(int number) {
    CosignerKey other = ExampleLog.witness(number);
    return "log "
        + VerifierKey.of("l", VerifierKey.Algorithm.ED25519, other.vkey().publicKey()).text()
        + "\n";
  }

  private static WitnessPolicy policy(String file) {
    return WitnessPolicy.parse(ExampleLog.utf8(file)).orThrow();
  }

  private static void assertSatisfied(WitnessPolicy.Verdict verdict) {
    assertThat(verdict).isInstanceOf(WitnessPolicy.Verdict.Satisfied.class);
  }

  private static void assertNotSatisfied(WitnessPolicy.Verdict verdict) {
    assertThat(verdict).isInstanceOf(WitnessPolicy.Verdict.NotSatisfied.class);
  }

  private static void assertMalformed(int line, String file) {
    Parsed<WitnessPolicy> parsed = WitnessPolicy.parse(ExampleLog.utf8(file));
    assertThat(parsed).as(file).isInstanceOf(Parsed.Malformed.class);
    assertThat(((Parsed.Malformed<WitnessPolicy>) parsed).reason())
        .as(file)
        .startsWith("line " + line + ": ");
  }
}
