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
import dev.stele.core.proof.NoteSignature;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.VerifierKey;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.KeyAct;
import dev.stele.ledger.event.SignedEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Admits key acts: signed notes over the text of a {@link KeyAct}.
 *
 * <pre>
 *   register   signed by the log's key                      the key was never known here
 *   rotate     signed by the new key, and by the old one    the old key is active, the new one
 *              or the log's                                 was never known here
 *   revoke     signed by the key itself or the log's        the key is active
 * </pre>
 *
 * <p>A ledger's key signs notes under its id as name. A revoked key never comes back. Codes: {@code
 * bad-shape}, {@code bad-signature}, {@code bad-time}, {@code known-key}, {@code unknown-key},
 * {@code revoked-key}, {@code too-many-keys}. Immutable.
 */
public final class KeyGate implements Gate<byte[]> {
  /** The stream of the key acts. */
  public static final String STREAM = "ledger-keys";

  private static final GateId ID = new GateId("ledger-key", 1);

  private final VerifierKey log;
  private final KeyRing ring;

  /** A gate for acts that follow those in {@code ring}, in the log with this public key. */
  public KeyGate(VerifierKey log, KeyRing ring) {
    this.log = log;
    this.ring = ring;
  }

  /** Tells whether a record names this gate. */
  public static boolean admitted(String admittedBy) {
    return admittedBy.equals(ID.toString());
  }

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.REGISTRY;
  }

  @Override
  public Admission judge(byte[] note, Instant now) {
    switch (KeyActVerdict.of(log, ring, note)) {
      case KeyActVerdict.Wrong(String code, String reason) -> {
        return new Rejected(code, reason);
      }
      case KeyActVerdict.Right(KeyAct act) -> {
        Optional<String> time = EventSigner.timeProblem(act.timestamp(), now);
        if (time.isPresent()) {
          return new Rejected("bad-time", time.get());
        }
        String id = act.act().eventType() + "/" + act.keyId();
        return new Admitted(
            ID,
            new EventDraft(
                STREAM,
                act.act().eventType(),
                id,
                note,
                List.of(Claim.ofEventId(id, OnDuplicate.REFUSE)),
                ""));
      }
    }
  }

  /** What a key act is worth as of a ring: shared by the gate and the fold. */
  sealed interface KeyActVerdict {
    record Right(KeyAct act) implements KeyActVerdict {}

    record Wrong(String code, String reason) implements KeyActVerdict {}

    static KeyActVerdict of(VerifierKey log, KeyRing ring, byte[] note) {
      if (!(SignedNote.parse(note) instanceof Parsed.Value<SignedNote>(SignedNote signed))) {
        return new Wrong("bad-shape", "a key act is a signed note");
      }
      return switch (KeyAct.parse(signed.text())) {
        case Parsed.Malformed<KeyAct>(String reason) -> new Wrong("bad-shape", reason);
        case Parsed.Value<KeyAct>(KeyAct act) ->
            standing(log, ring, act).orElseGet(() -> signatures(log, ring, act, signed));
      };
    }

    private static Optional<KeyActVerdict> standing(VerifierKey log, KeyRing ring, KeyAct act) {
      if (!act.origin().equals(log.name())) {
        return wrong("bad-shape", "the act is for " + act.origin() + ", this is " + log.name());
      }
      String ending =
          switch (act.act()) {
            case REGISTER -> "";
            case ROTATE -> act.oldKeyId();
            case REVOKE -> act.keyId();
          };
      if (act.act() != KeyAct.Act.REVOKE) {
        if (ring.find(act.keyId()).isPresent()) {
          return wrong("known-key", "the key " + act.keyId() + " was registered before");
        }
        if (ring.keys().size() >= KeyRing.MAX_KEYS) {
          return wrong("too-many-keys", "a ledger has at most " + KeyRing.MAX_KEYS + " keys");
        }
      }
      if (!ending.isEmpty()) {
        Optional<KeyRing.Key> known = ring.find(ending);
        if (known.isEmpty()) {
          return wrong("unknown-key", "no key " + ending + " is registered");
        }
        if (!known.get().active()) {
          return wrong("revoked-key", "the key " + ending + " was revoked before");
        }
      }
      return Optional.empty();
    }

    private static Optional<KeyActVerdict> wrong(String code, String reason) {
      return Optional.of(new Wrong(code, reason));
    }

    private static KeyActVerdict signatures(
        VerifierKey log, KeyRing ring, KeyAct act, SignedNote signed) {
      VerifierKey own = noteKey(act.publicKey());
      List<VerifierKey> keys = new ArrayList<>(List.of(log, own));
      ring.find(act.oldKeyId()).ifPresent(old -> keys.add(noteKey(old.publicKey())));
      switch (signed.verify(keys)) {
        case SignedNote.Verdict.Refused(String reason) -> {
          return new Wrong("bad-signature", reason);
        }
        case SignedNote.Verdict.Verified(List<NoteSignature> by) -> {
          boolean enough =
              switch (act.act()) {
                case REGISTER -> signedBy(by, log.name());
                case REVOKE -> true;
                case ROTATE ->
                    signedBy(by, own.name())
                        && (signedBy(by, log.name()) || signedBy(by, act.oldKeyId()));
              };
          return enough
              ? new Right(act)
              : new Wrong("bad-signature", "those who signed may not do this act");
        }
      }
    }

    private static boolean signedBy(List<NoteSignature> signatures, String name) {
      return signatures.stream().anyMatch(signature -> signature.name().equals(name));
    }

    private static VerifierKey noteKey(byte[] publicKey) {
      return VerifierKey.of(SignedEvent.keyId(publicKey), VerifierKey.Algorithm.ED25519, publicKey);
    }
  }
}
