package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.crypto.Ed25519Key;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Checkpoints of a log whose keys are known, of one that Tessera wrote, and spoilt ones. */
class SignedCheckpointTest {
  private static final String ROOT = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";

  private final Trees.Grown tree = LedgerExample.tree();

  @Test
  void signingIsDeterministic() {
    assertThat(signature(0))
        .isEqualTo(
            "w6AR78t0GL2+gJEq6ClxR/BrjjwFfdTwDCg2MzD3Bmw5AfM9JFuQtBPI+ZTTortxiD/7MVYZFcjCfyTpiVmolP4rbAc=");
    assertThat(signature(1))
        .isEqualTo(
            "w6AR79/GvMjfwkvoZ+SIvMz5l0qxV8GeOtASc+aadVAILzjaBVsC4c8u4YkBgP9XGfeYyJrD/SH02aXH9ZmrJLPesAE=");
    assertThat(signature(3))
        .isEqualTo(
            "w6AR7whEKvnkrXB+9okE+oOLUJBewoPp5+MlJ9MEp6uBJvlmRnz8xeo5onFA+DrJAbB7ZcZky5Omp4Cz35SzXydmUgI=");
    assertThat(LedgerExample.checkpoint(tree, 8).note())
        .hasToString(Resources.text("checkpoint.golden"));
  }

  @Test
  void whatWasSignedOpens() {
    SignedCheckpoint signed = LedgerExample.checkpoint(tree, 8);
    assertThat(SignedCheckpoint.open(signed.bytes(), LedgerExample.LOG_KEY))
        .isEqualTo(new SignedCheckpoint.Opening.Opened(signed));
  }

  @Test
  void cosignaturesDoNotHinderOpening() {
    assertThat(SignedCheckpoint.open(LedgerExample.cosigned(), LedgerExample.LOG_KEY))
        .isInstanceOf(SignedCheckpoint.Opening.Opened.class);
  }

  @Test
  void aWitnessAloneCannotSpeakForTheLog() {
    assertRefused(LedgerExample.cosigned(), LedgerExample.WITNESS_KEY);
  }

  @Test
  void everyFlippedBitIsRefused() {
    byte[] good = LedgerExample.checkpoint(tree, 8).bytes();
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bent = good.clone();
      bent[bit / 8] ^= (byte) (1 << bit % 8);
      assertRefused(bent, LedgerExample.LOG_KEY);
    }
  }

  @Test
  void theKeyOfAnotherNameIsRefused() {
    SignerKey other = SignerKey.of("other.example/log", Ed25519Key.fromSeed(new byte[32]));
    String text = new Checkpoint(LedgerExample.ORIGIN, 8, tree.root(8)).text();
    assertRefused(SignedNote.sign(text, other).bytes(), other.vkey());
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                SignedCheckpoint.sign(
                    new Checkpoint(LedgerExample.ORIGIN, 8, tree.root(8)), other));
  }

  @Test
  void aSignedTextThatIsNoCheckpointIsRefused() {
    assertRefused(SignedNote.sign("hello\n", LedgerExample.LOG).bytes(), LedgerExample.LOG_KEY);
  }

  @Test
  void extensionsAreKept() {
    Checkpoint checkpoint =
        new Checkpoint(LedgerExample.ORIGIN, 8, tree.root(8), List.of("one", "two words"));
    assertThat(checkpoint.text()).isEqualTo("ledger.example/log\n8\n" + ROOT + "one\ntwo words\n");
    assertThat(Checkpoint.parse(checkpoint.text())).isEqualTo(new Parsed.Value<>(checkpoint));
  }

  @Test
  void malformedCheckpointsAreNotRead() {
    for (String bad :
        List.of(
            "ledger.example/log\n"
                + "08\n"
                + "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328\n",
            "ledger.example/log\n8\n",
            "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n",
            "ledger.example/log\n-1\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n",
            "ledger.example/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQw==\n",
            "ledger.example/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\nx\n",
            "ledger.example/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
            "ledger.example/log\n+8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n",
            "ledger.example/log\n0\n" + ROOT,
            "ledger.example/log\n9223372036854775808\n" + ROOT,
            "ledger.example/log\n\n" + ROOT,
            "ledger.example/log\n\u0668\n" + ROOT,
            "ledger.example/log\n8\n" + ROOT + "\n",
            "ledger.example/log\n8\n" + ROOT.replace("yg=", "yh="),
            "\n",
            "")) {
      assertThat(Checkpoint.parse(bad)).as(bad).isInstanceOf(Parsed.Malformed.class);
    }
    assertThat(Checkpoint.parse("ledger.example/log\n9223372036854775807\n" + ROOT))
        .isInstanceOf(Parsed.Value.class);
  }

  @Test
  void aCheckpointOutOfBoundsIsAMistake() {
    byte[] root = tree.root(8);
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint("", 8, root));
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint("a\nb", 8, root));
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint("a", -1, root));
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint("a", 0, root));
    assertThatIllegalArgumentException().isThrownBy(() -> new Checkpoint("a", 8, new byte[31]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Checkpoint("a", 8, root, List.of("")));
  }

  @Test
  void theLogThatTesseraWroteIsTheOneWeCompute() {
    Trees.Grown outside = new Trees.Grown();
    List<Checkpoint> seen = new ArrayList<>();
    VerifierKey key = null;
    for (String line : Resources.lines("tessera-log.txt")) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "vkey" -> key = VerifierKey.parse(words[1]).orThrow();
        case "entry" -> outside.append(Trees.utf8(words[1]));
        default -> {
          assertThat(key).isNotNull();
          String note =
              key.name()
                  + "\n"
                  + words[1]
                  + "\n"
                  + words[2]
                  + "\n\n\u2014 "
                  + key.name()
                  + " "
                  + words[3]
                  + "\n";
          SignedCheckpoint.Opening opening = SignedCheckpoint.open(Trees.utf8(note), key);
          assertThat(opening).isInstanceOf(SignedCheckpoint.Opening.Opened.class);
          Checkpoint checkpoint =
              ((SignedCheckpoint.Opening.Opened) opening).checkpoint().checkpoint();
          assertThat(checkpoint.root()).isEqualTo(outside.root(checkpoint.size()));
          seen.add(checkpoint);
        }
      }
    }
    assertThat(seen).hasSize(16);
    for (Checkpoint older : seen) {
      for (Checkpoint newer : seen.subList(seen.indexOf(older), seen.size())) {
        assertThat(
                ConsistencyProof.build(older.size(), newer.size(), outside)
                    .verify(older.root(), newer.root()))
            .isTrue();
      }
    }
  }

  private String signature(long size) {
    String note = LedgerExample.checkpoint(tree, size).note().toString();
    return note.substring(note.lastIndexOf(' ') + 1).strip();
  }

  private static void assertRefused(byte[] note, VerifierKey key) {
    assertThat(SignedCheckpoint.open(note, key))
        .isInstanceOf(SignedCheckpoint.Opening.Refused.class);
  }
}
