package dev.stele.ledger.gate;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.VerifierKey;
import dev.stele.ledger.event.KeyAct;
import java.util.List;
import java.util.Optional;

/**
 * The fold from key acts to the key ring, which live use and audit share.
 *
 * <p>Each act is judged again: who holds the rows cannot add a key without the log's signature. One
 * thread at a time.
 */
public final class KeyRegistry {
  private static final int PAGE = 1_000;

  private final VerifierKey log;
  private KeyRing ring = KeyRing.EMPTY;

  /** A registry before the first act of the log with this public key. */
  public KeyRegistry(VerifierKey log) {
    this.log = log;
  }

  /** The registry as of {@code position}, rebuilt from the log. */
  public static KeyRegistry replay(LogReader log, long position) {
    KeyRegistry registry = new KeyRegistry(log.verifierKey());
    long revision = 0;
    List<StoredEvent> acts;
    while (position > 0 && !(acts = log.readStream(KeyGate.STREAM, revision, PAGE)).isEmpty()) {
      for (StoredEvent act : acts) {
        if (act.position() > position) {
          return registry;
        }
        act.payload().ifPresent(note -> registry.apply(act.position(), act.type(), note));
      }
      revision = acts.getLast().revision();
    }
    return registry;
  }

  /**
   * Takes up an act.
   *
   * @return why it counts for nothing, if it does
   */
  public Optional<String> apply(long position, String type, byte[] note) {
    switch (KeyGate.KeyActVerdict.of(log, ring, note)) {
      case KeyGate.KeyActVerdict.Wrong(String code, String reason) -> {
        return Optional.of(code + ": " + reason);
      }
      case KeyGate.KeyActVerdict.Right(KeyAct act) -> {
        if (!act.act().eventType().equals(type)) {
          return Optional.of("bad-shape: an act of another type than its record says");
        }
        ring =
            switch (act.act()) {
              case REGISTER -> ring.with(added(act, position));
              case ROTATE -> ring.revoked(act.oldKeyId(), position).with(added(act, position));
              case REVOKE -> ring.revoked(act.keyId(), position);
            };
        return Optional.empty();
      }
    }
  }

  private static KeyRing.Key added(KeyAct act, long position) {
    return new KeyRing.Key(act.keyId(), act.publicKey(), act.label(), position, 0);
  }

  /** The keys as of the last act. */
  public KeyRing ring() {
    return ring;
  }
}
