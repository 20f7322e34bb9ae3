package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.stele.crypto.Ed25519Key;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Notes and keys as published by C2SP signed-note and by Go's {@code golang.org/x/mod/sumdb/note},
 * and the ways to spoil them.
 */
class SignedNoteTest {
  private static final String TEXT =
      "If you think cryptography is the answer to your problem,\n"
          + "then you don't know what your problem is.\n";
  private static final String PETER_LINE =
      "\u2014 PeterNeumann"
          + " x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
  private static final String ENOCH_LINE =
      "\u2014 EnochRoot"
          + " rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
  private static final VerifierKey PETER =
      key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  private static final VerifierKey ENOCH =
      key("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop");
  private static final String PETER_SECRET =
      "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

  @Test
  void theExampleOfTheSpecificationVerifies() {
    SignedNote note =
        note(
            "This is an example message.\n\n"
                + "\u2014 example.com/foo"
                + " Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n");
    assertThat(note.text()).isEqualTo("This is an example message.\n");
    assertThat(
            note.verify(
                List.of(
                    key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"))))
        .isInstanceOf(SignedNote.Verdict.Verified.class);
  }

  @Test
  void eachKnownSignatureIsReported() {
    SignedNote note = note(TEXT + "\n" + PETER_LINE + ENOCH_LINE);
    assertThat(note.text()).isEqualTo(TEXT);
    assertThat(note.verify(List.of(PETER, ENOCH)))
        .isEqualTo(new SignedNote.Verdict.Verified(note.signatures()));
    assertThat(note.verify(List.of(ENOCH)))
        .isEqualTo(new SignedNote.Verdict.Verified(List.of(note.signatures().get(1))));
  }

  @Test
  void aNoteWithoutAKnownSignatureIsRefused() {
    SignedNote note = note(TEXT + "\n" + PETER_LINE);
    assertThat(note.verify(List.of(ENOCH))).isInstanceOf(SignedNote.Verdict.Refused.class);
    assertThat(note.verify(List.of())).isInstanceOf(SignedNote.Verdict.Refused.class);
  }

  @Test
  void oneBadSignatureOfAKnownKeyRefusesTheWholeNote() {
    SignedNote note =
        note(
            TEXT
                + "\n"
                + "\u2014 PeterNeumann"
                + " x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNABCDIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
                + ENOCH_LINE);
    assertThat(note.verify(List.of(PETER, ENOCH))).isInstanceOf(SignedNote.Verdict.Refused.class);
    assertThat(note.verify(List.of(ENOCH))).isInstanceOf(SignedNote.Verdict.Verified.class);
    SignedNote twice = note(TEXT + "\n" + PETER_LINE + PETER_LINE.replace("ZJku", "ZJkv"));
    assertThat(twice.verify(List.of(PETER))).isInstanceOf(SignedNote.Verdict.Refused.class);
  }

  @Test
  void theLastBlankLineDividesTextFromSignatures() {
    SignedNote note = SignedNote.sign("one\n\ntwo\n\n", signer());
    SignedNote read = note(note.toString());
    assertThat(read.text()).isEqualTo("one\n\ntwo\n\n");
    assertThat(read).isEqualTo(note);
    assertThat(read.verify(List.of(PETER))).isInstanceOf(SignedNote.Verdict.Verified.class);
  }

  @Test
  void signingGivesThePublishedBytes() {
    assertThat(SignedNote.sign(TEXT, signer())).hasToString(TEXT + "\n" + PETER_LINE);
  }

  @Test
  void malformedNotesAreNotRead() {
    assertMalformed("no signature block", TEXT);
    assertMalformed("blank line but no signature", TEXT + "\n");
    assertMalformed("no last line feed", TEXT + "\n" + PETER_LINE.strip());
    assertMalformed("control character", "\u0001" + TEXT + "\n" + PETER_LINE);
    assertMalformed("carriage return", TEXT + "\r\n\n" + PETER_LINE);
    assertMalformed("foreign line", TEXT + "\n" + PETER_LINE + "Unexpected line.\n");
    assertMalformed("space in the name", TEXT + "\n" + PETER_LINE.replace("Peter", "Bad "));
    assertMalformed("plus in the name", TEXT + "\n" + PETER_LINE.replace("Peter", "Bad+"));
    assertMalformed("hyphen for the dash", TEXT + "\n" + PETER_LINE.replace('\u2014', '-'));
    assertMalformed("no padding", TEXT + "\n" + PETER_LINE.replace("=", ""));
    assertMalformed("loose bits", TEXT + "\n" + PETER_LINE.replace("nAM=", "nAN="));
    assertMalformed("key id alone", TEXT + "\n\u2014 PeterNeumann x08gow==\n");
    assertMalformed("empty", "");
    byte[] bytes = Trees.utf8(TEXT + "\n" + PETER_LINE);
    bytes[3] = (byte) 0xff;
    assertThat(SignedNote.parse(bytes)).isInstanceOf(Parsed.Malformed.class);
  }

  @Test
  void aNoteHasAtMostOneHundredSignatures() {
    SignedNote full = note(TEXT + "\n" + PETER_LINE.repeat(SignedNote.MAX_SIGNATURES));
    assertThat(full.verify(List.of(PETER))).isInstanceOf(SignedNote.Verdict.Verified.class);
    assertMalformed("101", TEXT + "\n" + PETER_LINE.repeat(SignedNote.MAX_SIGNATURES + 1));
    SignerKey[] many = new SignerKey[SignedNote.MAX_SIGNATURES + 1];
    Arrays.fill(many, signer());
    assertThatIllegalArgumentException().isThrownBy(() -> SignedNote.sign(TEXT, many));
    assertThatIllegalArgumentException().isThrownBy(() -> SignedNote.sign(TEXT));
  }

  @Test
  void aNoteHasAtMostOneMillionBytes() {
    int room = SignedNote.MAX_BYTES - Trees.utf8("\n\n" + PETER_LINE).length;
    SignedNote full = SignedNote.sign("x".repeat(room) + "\n", signer());
    assertThat(full.bytes()).hasSize(SignedNote.MAX_BYTES);
    assertThat(note(full.toString())).isEqualTo(full);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SignedNote.sign("x".repeat(room + 1) + "\n", signer()));
    assertThat(SignedNote.parse(new byte[SignedNote.MAX_BYTES + 1]))
        .isInstanceOf(Parsed.Malformed.class);
  }

  @Test
  void aTextThatCannotStandInANoteIsNotSigned() {
    for (String text : List.of("", "no line feed", "tab\t\n", "half a pair \ud800\n")) {
      assertThatIllegalArgumentException().isThrownBy(() -> SignedNote.sign(text, signer()));
    }
  }

  @Test
  void keysReadBackFromTheirText() {
    assertThat(PETER.name()).isEqualTo("PeterNeumann");
    assertThat(PETER.keyId()).isEqualTo(0xc74f20a3);
    assertThat(PETER.text()).startsWith("PeterNeumann+c74f20a3+");
    assertThat(VerifierKey.of("PeterNeumann", PETER.algorithm(), PETER.publicKey()))
        .isEqualTo(PETER);
    assertThat(signer().vkey()).isEqualTo(PETER);
    assertThat(signer().secretText()).isEqualTo(PETER_SECRET);
    assertThat(LedgerExample.LOG.vkey()).isEqualTo(LedgerExample.LOG_KEY);
  }

  @Test
  void aSignerNeverShowsItsSeed() {
    assertThat(signer().toString()).doesNotContain("AYEKFALV").contains(PETER.text());
  }

  @Test
  void badKeysAreNotRead() {
    String good = PETER.text();
    for (String bad :
        List.of(
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            good.replace("c74f20a3", "c74f20a3".toUpperCase(Locale.ROOT)),
            good + "\n",
            good + "=",
            good.replace("Peter", "Peter "),
            good.replace("Peter", "Peter\u00a0"),
            good.replace("Peter", "Peter\u0085"),
            good.replace("PeterNeumann", ""),
            "PeterNeumann+c74f20a3+",
            "PeterNeumann+c74f20a3",
            "")) {
      assertThat(VerifierKey.parse(bad)).as(bad).isInstanceOf(Parsed.Malformed.class);
    }
    for (String bad :
        List.of(
            good,
            PETER_SECRET.replace("c74f20a3", "c74f20a4"),
            PETER_SECRET.replace("AYEK", "BYEK"),
            PETER_SECRET.substring(4),
            PETER_SECRET + "AAAA",
            "PRIVATE+KEY+",
            "")) {
      assertThat(SignerKey.parse(bad)).as(bad).isInstanceOf(Parsed.Malformed.class);
    }
  }

  @Test
  void aNameThatCannotStandOnALineIsAMistake() {
    Ed25519Key key = Ed25519Key.fromSeed(new byte[32]);
    for (String name : List.of("", "a b", "a+b", "a\nb", "a\u2003b", "a\u3000b")) {
      assertThatIllegalArgumentException().isThrownBy(() -> SignerKey.of(name, key));
    }
  }

  @Test
  void aCosignatureOfAWitnessVerifies() {
    SignedNote note = note(new String(LedgerExample.cosigned(), StandardCharsets.UTF_8));
    assertThat(note.verify(List.of(LedgerExample.LOG_KEY, LedgerExample.WITNESS_KEY)))
        .isEqualTo(new SignedNote.Verdict.Verified(note.signatures()));
    byte[] timed = note.signatures().get(1).signature();
    assertThat(LedgerExample.WITNESS_KEY.verify(note.text(), timed)).isTrue();
    timed[7] ^= 1;
    assertThat(LedgerExample.WITNESS_KEY.verify(note.text(), timed)).isFalse();
    assertThat(LedgerExample.WITNESS_KEY.verify(note.text(), new byte[8])).isFalse();
  }

  private static SignerKey signer() {
    return SignerKey.parse(PETER_SECRET).orThrow();
  }

  private static VerifierKey key(String vkey) {
    return VerifierKey.parse(vkey).orThrow();
  }

  private static SignedNote note(String note) {
    return SignedNote.parse(Trees.utf8(note)).orThrow();
  }

  private static void assertMalformed(String why, String note) {
    assertThat(SignedNote.parse(Trees.utf8(note))).as(why).isInstanceOf(Parsed.Malformed.class);
  }
}
