package dev.stele.ledger.gate;

import dev.stele.core.gate.GateId;
import java.util.Optional;

/**
 * What a {@link LedgerGate} re-computes. Both, unless one is turned off by name; the gate's id, and
 * so every record, says which.
 *
 * <p>Immutable.
 */
public final class Checks {
  /** Hash and signature: {@code ledger/1}. */
  public static final Checks ALL = new Checks("ledger", true, true);

  private static final Checks UNSIGNED = new Checks("ledger-unsigned", true, false);
  private static final Checks UNHASHED = new Checks("ledger-unhashed", false, true);
  private static final Checks BARE = new Checks("ledger-bare", false, false);

  private final GateId id;
  private final boolean hash;
  private final boolean signature;

  private Checks(String name, boolean hash, boolean signature) {
    this.id = new GateId(name, 1);
    this.hash = hash;
    this.signature = signature;
  }

  /** The same without re-computing hashes: {@code ledger-unhashed/1} or {@code ledger-bare/1}. */
  public Checks withoutHash() {
    return signature ? UNHASHED : BARE;
  }

  /** The same without checking signatures: {@code ledger-unsigned/1} or {@code ledger-bare/1}. */
  public Checks withoutSignature() {
    return hash ? UNSIGNED : BARE;
  }

  /** The checks behind the gate of that name in a record, if it is a ledger's gate. */
  public static Optional<Checks> of(String admittedBy) {
    for (Checks checks : new Checks[] {ALL, UNSIGNED, UNHASHED, BARE}) {
      if (checks.id.toString().equals(admittedBy)) {
        return Optional.of(checks);
      }
    }
    return Optional.empty();
  }

  /** The id of the gate that makes these checks. */
  public GateId gateId() {
    return id;
  }

  /** Whether the event hash is re-computed. */
  public boolean hash() {
    return hash;
  }

  /** Whether the signature is checked, by a key that is registered and not revoked. */
  public boolean signature() {
    return signature;
  }

  @Override
  public String toString() {
    return id.toString();
  }
}
