package dev.stele.bench.gate;

import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.Fault;
import dev.stele.crypto.Ed25519;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Admits payloads that begin with the Ed25519 signature of what follows it: the least a gate for
 * signed events can do. It audits its own events too. Immutable and thread-safe.
 */
public final class SignedGate implements Gate<SignedGate.Input>, Auditor {
  private static final GateId ID = new GateId("bench-signed", 1);

  private final byte[] publicKey;

  /**
   * An event to be judged.
   *
   * @param id its id, which is claimed
   * @param payload 64 bytes of signature, and the text that was signed
   */
  public record Input(String id, byte[] payload) {}

  /** A gate that trusts one key. */
  public SignedGate(byte[] publicKey) {
    this.publicKey = publicKey.clone();
  }

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.EVENT;
  }

  @Override
  public Admission judge(Input input, Instant now) {
    if (!verifies(input.payload())) {
      return new Rejected("bad-signature", "the payload is not signed by the key of the benchmark");
    }
    return new Admitted(
        ID,
        new EventDraft(
            "bench",
            "signed",
            input.id(),
            input.payload(),
            List.of(Claim.ofEventId(input.id(), OnDuplicate.REFUSE)),
            ""));
  }

  @Override
  public boolean knows(String admittedBy) {
    return admittedBy.equals(ID.toString());
  }

  @Override
  public Optional<Fault> check(CheckedEvent event) {
    return verifies(event.payload().orElse(new byte[0]))
        ? Optional.empty()
        : Optional.of(new Fault.Signature("the payload is not signed by the key of the benchmark"));
  }

  private boolean verifies(byte[] payload) {
    return payload.length > Ed25519.SIGNATURE_BYTES
        && Ed25519.verify(
            publicKey,
            Arrays.copyOfRange(payload, Ed25519.SIGNATURE_BYTES, payload.length),
            Arrays.copyOf(payload, Ed25519.SIGNATURE_BYTES));
  }
}
