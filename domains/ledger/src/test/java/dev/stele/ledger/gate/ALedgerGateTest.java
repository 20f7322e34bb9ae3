package dev.stele.ledger.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ALedgerGateTest {
  private static final Instant NOW = Instant.ofEpochMilli(1_770_000_000_000L);
  private final Ed25519Key key = Ed25519Key.generate(new Random(1));
  private final EventSigner signer = new EventSigner(key, InstantSource.fixed(NOW), new Random(2));
  private final KeyRing ring =
      KeyRing.EMPTY.with(new KeyRing.Key(signer.keyId(), key.publicKey(), "k", 1, 0));
  private final SignedEvent good = sign("id", NOW.toEpochMilli());

  private SignedEvent sign(String id, long time) {
    CanonicalEvent event =
        new CanonicalEvent(id, "t", time, "source", 1, new byte[] {1}, Optional.empty());
    return switch (signer.sign(event, new byte[32])) {
      case EventSigner.Signing.Signed(SignedEvent signed) -> signed;
      case EventSigner.Signing.Refused refused -> throw new AssertionError(refused);
    };
  }

  private static SignedEvent with(SignedEvent e, byte[] payload, byte[] hash, byte[] signature) {
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
        e.prevEventHash(),
        hash,
        signature);
  }

  private SignedEvent at(long time) {
    return new SignedEvent(
        good.eventId(),
        time,
        good.eventType(),
        good.sourceId(),
        good.sequence(),
        good.payload(),
        good.payloadRef(),
        good.salt(),
        good.publicKeyId(),
        good.prevEventHash(),
        good.eventHash(),
        good.signature());
  }

  private Admission judge(Checks checks, SignedEvent event) {
    return new LedgerGate(ring, checks).judge(event, NOW);
  }

  private static void isRejected(Admission admission, String code) {
    assertThat(admission)
        .isInstanceOfSatisfying(Rejected.class, r -> assertThat(r.code()).isEqualTo(code));
  }

  private static void isAdmitted(Admission admission, String by) {
    assertThat(admission)
        .isInstanceOfSatisfying(Admitted.class, a -> assertThat(a.by().toString()).isEqualTo(by));
  }

  @Test
  void admitsWhatIsHashedAndSigned() {
    isAdmitted(judge(Checks.ALL, good), "ledger/1");
    Admitted admitted = (Admitted) judge(Checks.ALL, good);
    assertThat(admitted.draft().subject()).isEqualTo("source");
    assertThat(admitted.draft().id()).isEqualTo("id");
  }

  @Test
  void rejectsAHashThatIsNotTheEvents() {
    SignedEvent other = with(good, new byte[] {2}, good.eventHash(), good.signature());
    isRejected(judge(Checks.ALL, other), "bad-hash");
    isRejected(judge(Checks.ALL.withoutSignature(), other), "bad-hash");
    isAdmitted(judge(Checks.ALL.withoutHash(), other), "ledger-unhashed/1");
  }

  @Test
  void rejectsASignatureThatIsNotTheKeys() {
    SignedEvent other = with(good, good.payload(), good.eventHash(), new byte[64]);
    isRejected(judge(Checks.ALL, other), "bad-signature");
    isRejected(judge(Checks.ALL.withoutHash(), other), "bad-signature");
    isAdmitted(judge(Checks.ALL.withoutSignature(), other), "ledger-unsigned/1");
  }

  @Test
  void admitsAnythingOfTheRightShapeBareAndSaysSo() {
    SignedEvent other = with(good, new byte[] {2}, new byte[32], new byte[4]);
    isAdmitted(judge(Checks.ALL.withoutHash().withoutSignature(), other), "ledger-bare/1");
    isAdmitted(judge(Checks.ALL.withoutSignature().withoutHash(), other), "ledger-bare/1");
  }

  @Test
  void rejectsAKeyThatIsUnknownOrRevoked() {
    isRejected(new LedgerGate(KeyRing.EMPTY, Checks.ALL).judge(good, NOW), "unknown-key");
    isRejected(
        new LedgerGate(ring.revoked(signer.keyId(), 5), Checks.ALL).judge(good, NOW),
        "revoked-key");
  }

  @Test
  void rejectsATimeBefore2020OrMoreThanAnHourAhead() {
    long now = NOW.toEpochMilli();
    isAdmitted(judge(Checks.ALL, sign("a", EventSigner.EARLIEST_TIMESTAMP)), "ledger/1");
    isAdmitted(judge(Checks.ALL, sign("a", now + 3_600_000)), "ledger/1");
    isRejected(judge(Checks.ALL, at(EventSigner.EARLIEST_TIMESTAMP - 1)), "bad-time");
    isRejected(judge(Checks.ALL, at(now + 3_600_001)), "bad-time");
    isRejected(judge(Checks.ALL, at(Long.MAX_VALUE)), "bad-time");
  }

  @Test
  void rejectsWhatHasNotTheShapeOfAnEvent() {
    isRejected(
        judge(Checks.ALL, with(good, good.payload(), new byte[31], good.signature())), "bad-shape");
    isRejected(
        judge(Checks.ALL, with(good, good.payload(), good.eventHash(), new byte[4_097])),
        "bad-shape");
    isRejected(
        judge(
            Checks.ALL,
            with(
                good,
                new byte[SignedEvent.MAX_PAYLOAD_BYTES + 1],
                good.eventHash(),
                good.signature())),
        "bad-shape");
  }
}
