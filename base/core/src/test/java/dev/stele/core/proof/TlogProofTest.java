package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The proof of entry 5 of the example log, as a file and as it is spoilt. */
class TlogProofTest {
  private final Trees.Grown tree = LedgerExample.tree();
  private final String golden = Resources.text("event-5.tlog-proof");
  private final SignedCheckpoint cosigned =
      TlogProof.parse(Trees.utf8(golden)).orThrow().checkpoint();

  @Test
  void theFileIsTheKnownOne() {
    TlogProof proof = TlogProof.build(5, cosigned, tree, Optional.empty());
    assertThat(proof.bytes()).asString().isEqualTo(golden);
    assertThat(TlogProof.parse(proof.bytes())).isEqualTo(new Parsed.Value<>(proof));
  }

  @Test
  void theEntryIsProven() {
    TlogProof proof = TlogProof.parse(Trees.utf8(golden)).orThrow();
    assertThat(proof.check(tree.entry(5), LedgerExample.LOG_KEY))
        .isEqualTo(new TlogProof.Outcome.Proven(5, cosigned));
  }

  @Test
  void anotherEntryOrAnotherKeyProvesNothing() {
    TlogProof proof = TlogProof.parse(Trees.utf8(golden)).orThrow();
    assertThat(proof.check(tree.entry(4), LedgerExample.LOG_KEY))
        .isInstanceOf(TlogProof.Outcome.Refused.class);
    assertThat(proof.check(tree.entry(5), LedgerExample.WITNESS_KEY))
        .isInstanceOf(TlogProof.Outcome.Refused.class);
  }

  @Test
  void everyEntryOfEverySizeIsProvenByItsFile() {
    for (long size = 1; size <= 8; size++) {
      SignedCheckpoint checkpoint = LedgerExample.checkpoint(tree, size);
      for (long index = 0; index < size; index++) {
        byte[] file = TlogProof.build(index, checkpoint, tree, Optional.empty()).bytes();
        assertThat(TlogProof.parse(file).orThrow().check(tree.entry(index), LedgerExample.LOG_KEY))
            .isEqualTo(new TlogProof.Outcome.Proven(index, checkpoint));
      }
    }
  }

  @Test
  void noFlippedBitProvesTheEntryStill() {
    byte[] good =
        TlogProof.build(5, LedgerExample.checkpoint(tree, 8), tree, Optional.empty()).bytes();
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bent = good.clone();
      bent[bit / 8] ^= (byte) (1 << bit % 8);
      if (TlogProof.parse(bent) instanceof Parsed.Value<TlogProof>(TlogProof proof)) {
        assertThat(proof.check(tree.entry(5), LedgerExample.LOG_KEY))
            .as("bit %d", bit)
            .isInstanceOf(TlogProof.Outcome.Refused.class);
      }
    }
  }

  @Test
  void extraDataTravelsAlong() {
    byte[] extra = Trees.utf8("a record");
    TlogProof proof = TlogProof.build(5, cosigned, tree, Optional.of(extra));
    assertThat(proof.bytes())
        .asString()
        .isEqualTo(golden.replace("index 5", "extra YSByZWNvcmQ=\nindex 5"));
    TlogProof read = TlogProof.parse(proof.bytes()).orThrow();
    assertThat(read.extra()).hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(extra));
    assertThat(read.check(tree.entry(5), LedgerExample.LOG_KEY))
        .isInstanceOf(TlogProof.Outcome.Proven.class);
  }

  @Test
  void extraDataHasALimit() {
    byte[] most = new byte[TlogProof.MAX_EXTRA_BYTES];
    byte[] file = TlogProof.build(5, cosigned, tree, Optional.of(most)).bytes();
    assertThat(TlogProof.parse(file)).isInstanceOf(Parsed.Value.class);
    Optional<byte[]> tooMuch = Optional.of(new byte[TlogProof.MAX_EXTRA_BYTES + 1]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TlogProof.build(5, cosigned, tree, tooMuch));
  }

  @Test
  void malformedFilesAreNotRead() {
    String hash = "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n";
    assertMalformed("empty", "");
    assertMalformed("no header", golden.substring(golden.indexOf('\n') + 1));
    assertMalformed("other version", golden.replace("@v1", "@v2"));
    assertMalformed("no index", golden.replace("index 5\n", ""));
    assertMalformed("index at the size", golden.replace("index 5", "index 8"));
    assertMalformed("leading zero", golden.replace("index 5", "index 05"));
    assertMalformed("sign", golden.replace("index 5", "index +5"));
    assertMalformed("two indexes", golden.replace("index 5", "index 5\nindex 5"));
    assertMalformed("bad extra", golden.replace("index 5", "extra !\nindex 5"));
    assertMalformed("two extras", golden.replace("index 5", "extra AA==\nextra AA==\nindex 5"));
    assertMalformed("extra below the index", golden.replace("index 5", "index 5\nextra AA=="));
    assertMalformed("carriage returns", golden.replace("\n", "\r\n"));
    assertMalformed("short hash", golden.replace(hash, "AAAA\n"));
    assertMalformed("64 hashes", golden.replace(hash, hash.repeat(62)));
    assertMalformed("no blank line", golden.replace("\n\n", "\n"));
    assertMalformed("no checkpoint", golden.substring(0, golden.indexOf("\n\n") + 2));
    assertMalformed("junk at the end", golden + "x");
    assertThat(TlogProof.parse(Trees.utf8(golden.replace(hash, hash.repeat(61)))))
        .as("63 hashes")
        .isInstanceOf(Parsed.Value.class);
  }

  @Test
  void aProofOutsideTheCheckpointIsAMistake() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TlogProof.build(8, cosigned, tree, Optional.empty()));
  }

  private static void assertMalformed(String why, String file) {
    assertThat(TlogProof.parse(Trees.utf8(file))).as(why).isInstanceOf(Parsed.Malformed.class);
  }
}
