package dev.stele.ledger.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.event.EventDraft;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogOptions;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.LedgerAuditor;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.KeyAct;
import dev.stele.ledger.event.SignedEvent;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A log whose links, checkpoints and claims are all in order, written by somebody who holds the
 * log's own key and went around the gate: only the auditor can see it.
 */
class AnAuditTest {
  private static final long NOW = 1_770_000_000_000L;
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(NOW));

  private final MemoryLogEngine engine = new MemoryLogEngine();
  private final LogKeys keys = LogKeys.generate("example.com/ledger", new Random(1));
  private final EventLog log =
      EventLog.open(
          engine,
          LogId.MAIN,
          keys,
          LogOptions.withAnchor(new Forgetful()).with(CLOCK, new Random(2)));
  private final Ed25519Key key = Ed25519Key.generate(new Random(3));
  private final EventSigner signer = new EventSigner(key, CLOCK, new Random(4));
  private byte[] head = SignedEvent.genesisHash();

  private static final class Forgetful implements Anchor {
    @Override
    public Optional<byte[]> last() {
      return Optional.empty();
    }

    @Override
    public void record(byte[] signedNote) {}

    @Override
    public String describe() {
      return "nowhere";
    }
  }

  @AfterEach
  void close() {
    log.close();
  }

  private void act(KeyAct.Act act) {
    KeyAct text = new KeyAct(act, keys.origin(), key.publicKey(), "", NOW, "label", "reason");
    byte[] note = SignedNote.sign(text.text(), keys.signer()).bytes();
    append("ledger-key/1", EventDraft.of(KeyGate.STREAM, act.eventType(), "", note));
  }

  private SignedEvent sign(String id) {
    CanonicalEvent event =
        new CanonicalEvent(id, "t", NOW, "s", 1, new byte[] {1}, Optional.empty());
    return ((EventSigner.Signing.Signed) signer.sign(event, head)).event();
  }

  private void event(SignedEvent event) {
    head = event.eventHash();
    append("ledger/1", EventDraft.of(LedgerGate.STREAM, "t", event.eventId(), event.encode()));
  }

  private void append(String gate, EventDraft draft) {
    String[] parts = gate.split("/");
    log.append(
        Append.of(
            new Admitted(
                new dev.stele.core.gate.GateId(parts[0], Integer.parseInt(parts[1])), draft)));
  }

  private Verdict verify(LedgerAuditor.Depth depth) {
    return Verifier.of(engine, LogId.MAIN, log.verifierKey())
        .withIndexKey(keys.indexKey())
        .withAuditors(() -> List.of(LedgerAuditor.of(engine, LogId.MAIN, log.verifierKey(), depth)))
        .verify();
  }

  private void isBrokenAt(long position, String words) {
    assertThat(verify(LedgerAuditor.Depth.SIGNATURES))
        .isInstanceOfSatisfying(
            Verdict.Broken.class,
            broken -> {
              assertThat(broken.at()).isEqualTo(position);
              assertThat(broken.fault().code()).isEqualTo("signature");
              assertThat(broken.fault().detail()).contains(words);
            });
  }

  private static SignedEvent with(SignedEvent e, byte[] payload, byte[] prev, byte[] signature) {
    return new SignedEvent(
        e.eventId(),
        e.timestamp(),
        e.eventType(),
        e.sourceId(),
        e.sequence(),
        payload,
        e.payloadRef(),
        e.salt(),
        e.publicKeyId(),
        prev,
        e.eventHash(),
        signature);
  }

  @Test
  void findsNothingWhereNothingIsWrong() {
    act(KeyAct.Act.REGISTER);
    event(sign("a"));
    event(sign("b"));
    act(KeyAct.Act.REVOKE);
    assertThat(verify(LedgerAuditor.Depth.SIGNATURES))
        .isInstanceOfSatisfying(
            Verdict.Intact.class,
            intact -> assertThat(intact.scope().signaturesChecked()).isEqualTo(4));
  }

  @Test
  void findsAnEventHashThatIsNotTheEvents() {
    act(KeyAct.Act.REGISTER);
    SignedEvent good = sign("a");
    event(with(good, new byte[] {2}, good.prevEventHash(), good.signature()));
    isBrokenAt(2, "hash");
  }

  @Test
  void findsASignatureThatIsNotTheKeys() {
    act(KeyAct.Act.REGISTER);
    SignedEvent good = sign("a");
    event(with(good, good.payload(), good.prevEventHash(), new byte[64]));
    isBrokenAt(2, "signature");
    assertThat(verify(LedgerAuditor.Depth.HASHES)).isInstanceOf(Verdict.Intact.class);
  }

  @Test
  void findsAnEventThatDoesNotNameTheOneBefore() {
    act(KeyAct.Act.REGISTER);
    event(sign("a"));
    head = new byte[32];
    event(sign("b"));
    isBrokenAt(3, "previous hash");
  }

  @Test
  void findsAnEventOfAKeyThatWasRevokedByThen() {
    act(KeyAct.Act.REGISTER);
    event(sign("a"));
    act(KeyAct.Act.REVOKE);
    event(sign("b"));
    isBrokenAt(4, "not good then");
  }

  @Test
  void findsAnEventOfAKeyThatWasRegisteredOnlyLater() {
    event(sign("a"));
    act(KeyAct.Act.REGISTER);
    isBrokenAt(1, "not good then");
  }

  @Test
  void findsAKeyActThatNobodyMaySign() {
    KeyAct text = new KeyAct(KeyAct.Act.REGISTER, keys.origin(), key.publicKey(), "", NOW, "", "");
    byte[] note =
        SignedNote.sign(
                text.text(),
                dev.stele.core.proof.SignerKey.of(SignedEvent.keyId(key.publicKey()), key))
            .bytes();
    append("ledger-key/1", EventDraft.of(KeyGate.STREAM, "stele.key.registered", "", note));
    isBrokenAt(1, "counts for nothing");
  }

  @Test
  void findsARecordUnderAnotherIdThanItsEvent() {
    act(KeyAct.Act.REGISTER);
    SignedEvent event = sign("a");
    append("ledger/1", EventDraft.of(LedgerGate.STREAM, "t", "other", event.encode()));
    isBrokenAt(2, "another id");
  }
}
