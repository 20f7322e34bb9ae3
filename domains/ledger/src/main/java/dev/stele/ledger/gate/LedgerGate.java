package dev.stele.ledger.gate;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.crypto.Ed25519;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Admits signed events whose hash and signature it has re-computed.
 *
 * <p>Codes: {@code bad-shape}, {@code bad-time}, {@code bad-hash}, {@code unknown-key}, {@code
 * revoked-key}, {@code bad-signature}. The time is judged wherever hash or signature is; what
 * {@code ledger-bare/1} takes over from elsewhere keeps the times it has. A revoked key signs
 * nothing that comes now, whatever time the event claims. Immutable.
 */
public final class LedgerGate implements Gate<SignedEvent> {
  /** The stream of a ledger's events; an event's revision in it is its sequence number. */
  public static final String STREAM = "ledger";

  /** The type in the record of an event that has none. */
  public static final String UNTYPED = "untyped";

  private final KeyRing ring;
  private final Checks checks;

  /** What came of signing an event of one's own. */
  public sealed interface Own {
    /**
     * The event is signed and admitted.
     *
     * @param event with its hash, for the next one to name
     * @param admitted to append
     */
    record Signed(SignedEvent event, Admitted admitted) implements Own {}

    /** The event is not one to sign, or the key may sign no more. */
    record Refused(Rejected why) implements Own {}
  }

  /** A gate that trusts the keys in {@code ring}. */
  public LedgerGate(KeyRing ring, Checks checks) {
    this.ring = ring;
    this.checks = checks;
  }

  @Override
  public GateId id() {
    return checks.gateId();
  }

  @Override
  public KeySource keySource() {
    return checks.signature() ? KeySource.REGISTRY : KeySource.NONE;
  }

  /** The keys this gate trusts. */
  public KeyRing ring() {
    return ring;
  }

  @Override
  public Admission judge(SignedEvent event, Instant now) {
    boolean bare = !checks.hash() && !checks.signature();
    Optional<String> shape = bare ? event.problem() : EventSigner.shapeProblem(event);
    if (shape.isPresent()) {
      return new Rejected("bad-shape", shape.get());
    }
    Optional<String> time =
        bare ? Optional.empty() : EventSigner.timeProblem(event.timestamp(), now);
    if (time.isPresent()) {
      return new Rejected("bad-time", time.get());
    }
    if (checks.hash() && !Arrays.equals(event.computeHash(), event.eventHash())) {
      return new Rejected("bad-hash", "the event hash is not that of the event");
    }
    Optional<Rejected> key = judgeKey(event);
    if (key.isPresent()) {
      return key.get();
    }
    if (checks.signature() && !verifies(event)) {
      return new Rejected(
          "bad-signature", "the signature is not that of key " + event.publicKeyId());
    }
    return new Admitted(id(), draft(event));
  }

  /** Judges the key of an event alone: what can have changed since another gate judged it whole. */
  public Optional<Rejected> judgeKey(SignedEvent event) {
    return checks.signature() ? judgeKey(event.publicKeyId()) : Optional.empty();
  }

  private Optional<Rejected> judgeKey(String keyId) {
    Optional<KeyRing.Key> key = ring.find(keyId);
    if (key.isEmpty()) {
      return Optional.of(new Rejected("unknown-key", "no key " + keyId + " is registered"));
    }
    if (!key.get().active()) {
      return Optional.of(
          new Rejected(
              "revoked-key",
              "the key %s was revoked at position %d".formatted(keyId, key.get().revokedAt())));
    }
    return Optional.empty();
  }

  /**
   * Signs an event and admits it as {@code ledger/1} in one step: what was computed here need not
   * be computed again.
   */
  public Own sign(EventSigner signer, CanonicalEvent event, byte[] prevEventHash) {
    Optional<Rejected> key = judgeKey(signer.keyId());
    if (key.isPresent()) {
      return new Own.Refused(key.get());
    }
    return switch (signer.sign(event, prevEventHash)) {
      case EventSigner.Signing.Refused(String code, String reason) ->
          new Own.Refused(new Rejected(code, reason));
      case EventSigner.Signing.Signed(SignedEvent signed) ->
          new Own.Signed(signed, new Admitted(Checks.ALL.gateId(), draft(signed)));
    };
  }

  private boolean verifies(SignedEvent event) {
    Optional<KeyRing.Key> key = ring.find(event.publicKeyId());
    return key.isPresent()
        && Ed25519.verify(key.get().publicKey(), event.eventHash(), event.signature());
  }

  private static EventDraft draft(SignedEvent event) {
    return new EventDraft(
        STREAM,
        event.eventType().orElse(UNTYPED),
        event.eventId(),
        event.encode(),
        List.of(Claim.ofEventId(event.eventId(), OnDuplicate.REFUSE)),
        event.sourceId());
  }
}
