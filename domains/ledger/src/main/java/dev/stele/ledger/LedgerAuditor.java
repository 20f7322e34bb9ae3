package dev.stele.ledger;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Ed25519;
import dev.stele.ledger.event.KeyAct;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.gate.Checks;
import dev.stele.ledger.gate.KeyGate;
import dev.stele.ledger.gate.KeyRegistry;
import dev.stele.ledger.gate.KeyRing;
import dev.stele.ledger.gate.LedgerGate;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Re-checks what the gates of a ledger checked: event hashes, signatures by the keys as of each
 * position, the chain of previous hashes, key acts, and that a record has the id of its event.
 *
 * <pre>
 *   before   public keys, read along the stream of key acts: not trusted, but a key id is the
 *            hash of its key, so a wrong key cannot pass for another
 *   check    in parallel: shape, id, hash, signature by the public key of that id
 *   follow   in order: folds the key acts again, asks whether the key was good at this position,
 *            compares the previous hash; verifies what could not be verified in parallel
 * </pre>
 *
 * <p>Erased events are not given to it, so the event after an erased one is not compared with it.
 * Made for one verification.
 */
public final class LedgerAuditor implements Auditor {
  private static final int PAGE = 1_000;

  /** How much is re-computed. */
  public enum Depth {
    /** All but the signatures: hashes and chains alone show whether anything was changed. */
    HASHES,
    /** Everything. */
    SIGNATURES
  }

  private final Depth depth;
  private final Map<String, byte[]> publicKeys;
  private final Set<Long> deferred = ConcurrentHashMap.newKeySet();
  private final KeyRegistry registry;
  private long lastRevision;
  private byte[] lastHash = SignedEvent.genesisHash();

  private LedgerAuditor(Depth depth, Map<String, byte[]> publicKeys, KeyRegistry registry) {
    this.depth = depth;
    this.publicKeys = publicKeys;
    this.registry = registry;
  }

  /** An auditor of everything in the log with the public key {@code key}. */
  public static LedgerAuditor of(LogEngine engine, LogId log, VerifierKey key) {
    return of(engine, log, key, Depth.SIGNATURES);
  }

  /** An auditor that goes so deep. */
  public static LedgerAuditor of(LogEngine engine, LogId log, VerifierKey key, Depth depth) {
    return new LedgerAuditor(depth, publicKeys(engine, log), new KeyRegistry(key));
  }

  private static Map<String, byte[]> publicKeys(LogEngine engine, LogId log) {
    Map<String, byte[]> keys = new HashMap<>();
    IndexKey stream = IndexKey.ofStream(KeyGate.STREAM.getBytes(StandardCharsets.UTF_8));
    try {
      long after = 0;
      List<Row> rows;
      while (keys.size() < KeyRing.MAX_KEYS
          && !(rows = engine.readStream(log, stream, after, PAGE)).isEmpty()) {
        for (Row row : rows) {
          new StoredEvent(row.link(), row.record(), row.body())
              .payload()
              .ifPresent(note -> publicKey(note, keys));
        }
        after += rows.size();
      }
    } catch (StorageFailed | IndexOutOfBoundsException e) {
      // Damaged rows are the verifier's to report; what is not found here is verified in order.
      return keys;
    }
    return keys;
  }

  private static void publicKey(byte[] note, Map<String, byte[]> keys) {
    if (SignedNote.parse(note) instanceof Parsed.Value<SignedNote>(SignedNote signed)
        && KeyAct.parse(signed.text()) instanceof Parsed.Value<KeyAct>(KeyAct act)) {
      keys.put(act.keyId(), act.publicKey());
    }
  }

  @Override
  public boolean knows(String admittedBy) {
    return KeyGate.admitted(admittedBy) || Checks.of(admittedBy).isPresent();
  }

  @Override
  public boolean checksSignatures(String admittedBy) {
    // Key acts are few, and their signatures are always checked.
    return KeyGate.admitted(admittedBy)
        || (depth == Depth.SIGNATURES
            && Checks.of(admittedBy).filter(Checks::signature).isPresent());
  }

  @Override
  public boolean follows(String admittedBy) {
    return knows(admittedBy);
  }

  @Override
  public Optional<Fault> check(CheckedEvent event) {
    Optional<Checks> checks = Checks.of(event.admittedBy());
    return checks.isEmpty() ? Optional.empty() : check(event, checks.get());
  }

  private Optional<Fault> check(CheckedEvent event, Checks checks) {
    switch (SignedEvent.decode(event.payload().orElse(new byte[0]))) {
      case Parsed.Malformed<SignedEvent>(String reason) -> {
        return Optional.of(new Fault.Payload("no ledger event: " + reason));
      }
      case Parsed.Value<SignedEvent>(SignedEvent signed) -> {
        if (!event.id().equals(signed.eventId())
            || !event.type().equals(signed.eventType().orElse(LedgerGate.UNTYPED))
            || !event.stream().equals(LedgerGate.STREAM)) {
          return fault(event, "is recorded under another id, type or stream than its own");
        }
        if (checks.hash() && !Arrays.equals(signed.computeHash(), signed.eventHash())) {
          return fault(event, "has an event hash that is not its own");
        }
        if (checks.signature() && depth == Depth.SIGNATURES) {
          byte[] key = publicKeys.get(signed.publicKeyId());
          if (key == null) {
            deferred.add(event.position());
          } else if (!Ed25519.verify(key, signed.eventHash(), signed.signature())) {
            return fault(event, "has a signature that is not that of key " + signed.publicKeyId());
          }
        }
        return Optional.empty();
      }
    }
  }

  @Override
  public Optional<Fault> follow(CheckedEvent event) {
    byte[] payload = event.payload().orElse(new byte[0]);
    if (KeyGate.admitted(event.admittedBy())) {
      return event.stream().equals(KeyGate.STREAM)
          ? registry
              .apply(event.position(), event.type(), payload)
              .map(reason -> signature(event, "is a key act that counts for nothing: " + reason))
          : fault(event, "is a key act outside its stream");
    }
    Optional<Checks> checks = Checks.of(event.admittedBy());
    if (checks.isPresent()
        && SignedEvent.decode(payload) instanceof Parsed.Value<SignedEvent>(SignedEvent signed)) {
      return follow(event, signed, checks.get());
    }
    return Optional.empty();
  }

  private Optional<Fault> follow(CheckedEvent event, SignedEvent signed, Checks checks) {
    boolean next = event.revision() == lastRevision + 1;
    byte[] expected = lastHash;
    lastRevision = event.revision();
    lastHash = signed.eventHash();
    if (next && !Arrays.equals(expected, signed.prevEventHash())) {
      return fault(event, "names a previous hash that is not that of the event before");
    }
    if (!checks.signature()) {
      return Optional.empty();
    }
    Optional<KeyRing.Key> key = registry.ring().find(signed.publicKeyId());
    if (key.isEmpty() || !key.get().activeAt(event.position())) {
      return fault(
          event, "is signed by key %s, which was not good then".formatted(signed.publicKeyId()));
    }
    if (deferred.remove(event.position())
        && !Ed25519.verify(key.get().publicKey(), signed.eventHash(), signed.signature())) {
      return fault(event, "has a signature that is not that of key " + signed.publicKeyId());
    }
    return Optional.empty();
  }

  private static Optional<Fault> fault(CheckedEvent event, String what) {
    return Optional.of(signature(event, what));
  }

  private static Fault signature(CheckedEvent event, String what) {
    return new Fault.Signature("event %d %s".formatted(event.position(), what));
  }
}
