package dev.stele.ledger;

import static dev.stele.ledger.Scene.appended;
import static dev.stele.ledger.Scene.canonical;
import static dev.stele.ledger.Scene.key;
import static dev.stele.ledger.Scene.signed;
import static dev.stele.ledger.Scene.signer;
import static dev.stele.ledger.Scene.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.Verdict;
import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.KeyAct;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.gate.KeyRegistry;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AKeyOfALedgerTest {
  @TempDir Path folder;
  private Scene scene;
  private final EventSigner source = signer(1);

  @BeforeEach
  void begin() {
    scene = new Scene(folder);
  }

  private static void isRefused(LedgerAppend outcome, String code) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            LedgerAppend.InvalidEvent.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static void isRefused(KeyOutcome outcome, String code) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            KeyOutcome.Refused.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void signsNothingBeforeItIsRegistered() {
    try (EventLedger ledger = scene.open()) {
      SignedEvent event = signed(source, canonical("a", 1), ledger.chainHead());
      isRefused(ledger.append(event), "unknown-key");
      assertThat(ledger.registerKey(source.publicKey(), "source"))
          .isEqualTo(new KeyOutcome.Recorded(source.keyId(), 1));
      appended(ledger.append(event));
    }
  }

  @Test
  void signsNothingAfterItWasRevoked() {
    try (EventLedger ledger = scene.open()) {
      ledger.registerKey(source.publicKey(), "source");
      appended(ledger.append(signed(source, canonical("a", 1), ledger.chainHead())));
      ledger.revokeKey(source.keyId(), "lost");
      isRefused(
          ledger.append(signed(source, canonical("b", 2), ledger.chainHead())), "revoked-key");
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void cannotBackDateAnEventToBeforeItWasRevoked() {
    try (EventLedger ledger = scene.open()) {
      ledger.registerKey(source.publicKey(), "source");
      ledger.revokeKey(source.keyId(), "lost");
      CanonicalEvent before =
          new CanonicalEvent(
              "old", "t", Scene.NOW - 86_400_000, "s", 1, utf8("x"), Optional.empty());
      isRefused(ledger.append(signed(source, before, ledger.chainHead())), "revoked-key");
    }
  }

  @Test
  void neverComesBackOnceRevoked() {
    try (EventLedger ledger = scene.open()) {
      ledger.registerKey(source.publicKey(), "source");
      isRefused(ledger.registerKey(source.publicKey(), "again"), "known-key");
      ledger.revokeKey(source.keyId(), "lost");
      isRefused(ledger.registerKey(source.publicKey(), "again"), "known-key");
      isRefused(ledger.revokeKey(source.keyId(), "twice"), "revoked-key");
      isRefused(ledger.revokeKey("nobody", "x"), "unknown-key");
    }
  }

  @Test
  void isReplacedByAnother() {
    try (EventLedger ledger = scene.open()) {
      ledger.registerKey(source.publicKey(), "source");
      EventSigner next = new EventSigner(key(2), Scene.CLOCK, new java.util.Random(2));
      assertThat(ledger.rotateKey(source.keyId(), key(2), "next", "yearly"))
          .isEqualTo(new KeyOutcome.Recorded(next.keyId(), 2));
      isRefused(
          ledger.append(signed(source, canonical("a", 1), ledger.chainHead())), "revoked-key");
      appended(ledger.append(signed(next, canonical("a", 1), ledger.chainHead())));
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void mayReplaceAndRevokeItselfButVouchForNoOther() {
    try (EventLedger ledger = scene.open()) {
      Ed25519Key old = key(1);
      Ed25519Key next = key(2);
      ledger.registerKey(old.publicKey(), "source");
      isRefused(ledger.act(act(ledger, KeyAct.Act.REGISTER, next, "", old, next)), "bad-signature");
      isRefused(ledger.act(act(ledger, KeyAct.Act.ROTATE, next, id(old), old)), "bad-signature");
      isRefused(ledger.act(act(ledger, KeyAct.Act.ROTATE, next, id(old), next)), "bad-signature");
      assertThat(ledger.act(act(ledger, KeyAct.Act.ROTATE, next, id(old), old, next)))
          .isInstanceOf(KeyOutcome.Recorded.class);
      isRefused(ledger.act(act(ledger, KeyAct.Act.REVOKE, next, "", old)), "bad-signature");
      assertThat(ledger.act(act(ledger, KeyAct.Act.REVOKE, next, "", next)))
          .isInstanceOf(KeyOutcome.Recorded.class);
    }
  }

  private static String id(Ed25519Key key) {
    return SignedEvent.keyId(key.publicKey());
  }

  private static SignedNote act(
      EventLedger ledger, KeyAct.Act act, Ed25519Key key, String old, Ed25519Key... signers) {
    KeyAct text =
        new KeyAct(act, ledger.log().origin(), key.publicKey(), old, Scene.NOW, "label", "why");
    SignerKey[] by = new SignerKey[signers.length];
    for (int i = 0; i < by.length; i++) {
      by[i] = SignerKey.of(id(signers[i]), signers[i]);
    }
    return SignedNote.sign(text.text(), by);
  }

  @Test
  void isTheSameInARegistryRebuiltFromTheLog() {
    try (EventLedger ledger = scene.open()) {
      ledger.registerKey(source.publicKey(), "source");
      appended(ledger.append("a", utf8("x")));
      ledger.rotateKey(source.keyId(), key(2), "next", "yearly");
      ledger.registerKey(key(3).publicKey(), "third");
      ledger.revokeKey(id(key(3)), "lost");
      long end = ledger.log().head().size();
      assertThat(KeyRegistry.replay(ledger.log(), end).ring()).isEqualTo(ledger.keyRing());
      assertThat(KeyRegistry.replay(ledger.log(), 2).ring().find(source.keyId()).orElseThrow())
          .satisfies(key -> assertThat(key.active()).isTrue());
      assertThat(ledger.keyRing().find(source.keyId()).orElseThrow().activeAt(3)).isTrue();
      assertThat(ledger.keyRing().find(source.keyId()).orElseThrow().activeAt(5)).isFalse();
    }
    Scene again = new Scene(folder);
    try (EventLedger ledger = again.open()) {
      assertThat(ledger.keyRing().keys()).hasSize(4);
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void ofTheNodeItselfSignsNothingOnceRevoked() {
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.keyRing().keys()).isEmpty();
      appended(ledger.append("a", utf8("x")));
      String node = ledger.keyRing().keys().iterator().next().id();
      ledger.revokeKey(node, "stolen");
      isRefused(ledger.append("b", utf8("x")), "revoked-key");
    }
  }

  @Test
  void revokedWhileOthersAppendLeavesNoEventOfItsOwnBehindTheRevocation() throws Exception {
    try (EventLedger ledger = scene.open()) {
      ledger.registerKey(source.publicKey(), "source");
      try (var tasks = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
        for (int t = 0; t < 8; t++) {
          int thread = t;
          var _ =
              tasks.submit(
                  () -> {
                    for (int i = 0; i < 20; i++) {
                      ledger.append(
                          signed(source, canonical(thread + "-" + i, 1), ledger.chainHead()));
                      ledger.append("own", utf8("x"));
                    }
                  });
        }
        var _ = tasks.submit(() -> ledger.revokeKey(source.keyId(), "lost"));
      }
      long revokedAt = ledger.keyRing().find(source.keyId()).orElseThrow().revokedAt();
      assertThat(revokedAt).isPositive();
      assertThat(
              ledger.stream(1)
                  .filter(entry -> entry.event().publicKeyId().equals(source.keyId()))
                  .filter(entry -> entry.position() > revokedAt))
          .isEmpty();
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
  }
}
