package dev.stele.core.witness;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.CosignerKey;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.NoteSignature;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.VerifierKey;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * Cosigns the checkpoints of the logs it knows, each only if the last one it cosigned grew into it
 * (C2SP tlog-witness).
 *
 * <ul>
 *   <li>It never cosigns two checkpoints of one log that contradict each other.
 *   <li>What it cosigns is durable in its {@link WitnessMemory} before the cosignature leaves.
 *   <li>Of one log it looks at one request at a time; logs do not wait for each other.
 *   <li>Anyone may ask: the log's signature admits a request, nothing else.
 * </ul>
 *
 * <p>It has no socket: a server hands in bodies and sends {@link WitnessReply#of}.
 *
 * <p>Thread-safe.
 */
public final class Witness {
  /** What came of a request. */
  public sealed interface Answer {
    /**
     * The checkpoint is kept and cosigned.
     *
     * @param cosignature the line for the log to add to its checkpoint
     */
    record Cosigned(NoteSignature cosignature) implements Answer {}

    /**
     * The request makes no sense.
     *
     * @param reason what is wrong, as a phrase for a human
     */
    record Malformed(String reason) implements Answer {}

    /**
     * The log is one this witness knows, but none of its keys vouches for the checkpoint.
     *
     * @param reason what is wrong, as a phrase for a human
     */
    record NotSigned(String reason) implements Answer {}

    /**
     * The witness does not know the log.
     *
     * @param origin the name it goes by
     */
    record UnknownLog(String origin) implements Answer {}

    /**
     * The proof begins elsewhere than where the witness stands; the log may ask again from there.
     *
     * @param keptSize size of the last checkpoint cosigned, 0 if there is none
     */
    record StandsElsewhere(long keptSize) implements Answer {}

    /**
     * The log has signed another root for the size that was cosigned last: it has forked.
     *
     * @param keptSize that size
     * @param fraud both checkpoints, if one and the same key has signed them
     */
    record Forked(long keptSize, Optional<FraudProof> fraud) implements Answer {}

    /** The proof does not lead from the last checkpoint cosigned to this one. */
    record NotConsistent() implements Answer {}
  }

  /**
   * A log this witness knows. The lock is held from looking at the memory until the cosignature is
   * made, so that of two requests for one log the later sees what the earlier has kept.
   */
  private record KnownLog(List<VerifierKey> keys, ReentrantLock lock) {}

  private final Map<String, KnownLog> logs;
  private final CosignerKey key;
  private final WitnessMemory memory;
  private final InstantSource clock;

  /**
   * Sets up a witness.
   *
   * @param logs keys of the logs it knows, each named after its log; a log may have several
   * @param key what it cosigns with
   * @param memory what it has cosigned, with the log's own signatures and no others; nobody else
   *     may cosign with the key from another memory
   * @param clock gives the time of each cosignature; not before 1970
   * @throws IllegalArgumentException if a key is no log's
   */
  public Witness(
      List<VerifierKey> logs, CosignerKey key, WitnessMemory memory, InstantSource clock) {
    for (VerifierKey log : logs) {
      if (log.algorithm() != VerifierKey.Algorithm.ED25519) {
        throw new IllegalArgumentException(
            "the key " + log.name() + " is a witness's, not a log's");
      }
    }
    this.logs =
        logs.stream()
            .collect(
                Collectors.groupingBy(
                    VerifierKey::name,
                    Collectors.collectingAndThen(
                        Collectors.toUnmodifiableList(),
                        keys -> new KnownLog(keys, new ReentrantLock()))));
    this.key = key;
    this.memory = memory;
    this.clock = clock;
  }

  /** Returns the public key that its cosignatures verify with. */
  public VerifierKey vkey() {
    return key.vkey();
  }

  /**
   * Judges the body of an {@code add-checkpoint} request; no bytes make it throw. On {@link
   * Answer.Cosigned} the checkpoint is durable in the memory; on any other answer nothing has
   * changed.
   *
   * @throws RuntimeException what the memory throws when it cannot keep; nothing was cosigned then
   */
  public Answer addCheckpoint(byte[] body) {
    return switch (AddCheckpoint.parse(body)) {
      case Parsed.Malformed<AddCheckpoint>(String reason) -> new Answer.Malformed(reason);
      case Parsed.Value<AddCheckpoint>(AddCheckpoint request) -> judge(request);
    };
  }

  // The order of these questions is that of the specification.
  private Answer judge(AddCheckpoint request) {
    Checkpoint checkpoint = request.checkpoint().checkpoint();
    KnownLog log = logs.get(checkpoint.origin());
    if (log == null) {
      return new Answer.UnknownLog(checkpoint.origin());
    }
    return switch (request.checkpoint().note().verify(log.keys)) {
      case SignedNote.Verdict.Refused(String reason) -> new Answer.NotSigned(reason);
      case SignedNote.Verdict.Verified(List<NoteSignature> lines) -> {
        // Lines that anybody may have added are not worth keeping.
        SignedNote signed = request.checkpoint().note().only(lines);
        yield judgeSigned(request.proof(), new SignedCheckpoint(checkpoint, signed), log);
      }
    };
  }

  private Answer judgeSigned(ConsistencyProof proof, SignedCheckpoint offered, KnownLog log) {
    if (proof.oldSize() > proof.newSize()) {
      return new Answer.Malformed("the old size is larger than the checkpoint's");
    }
    log.lock.lock();
    try {
      return judgeAgainstKept(proof, offered, log);
    } finally {
      log.lock.unlock();
    }
  }

  private Answer judgeAgainstKept(ConsistencyProof proof, SignedCheckpoint offered, KnownLog log) {
    Checkpoint checkpoint = offered.checkpoint();
    Optional<SignedCheckpoint> kept = memory.last(checkpoint.origin());
    long keptSize = kept.map(last -> last.checkpoint().size()).orElse(0L);
    byte[] keptRoot = kept.map(last -> last.checkpoint().root()).orElseGet(Merkle::emptyRoot);
    if (proof.oldSize() != keptSize) {
      return new Answer.StandsElsewhere(keptSize);
    }
    if (checkpoint.size() == keptSize && !Arrays.equals(checkpoint.root(), keptRoot)) {
      return new Answer.Forked(keptSize, kept.flatMap(last -> fraud(last, offered, log)));
    }
    if (!proof.verify(keptRoot, checkpoint.root())) {
      return new Answer.NotConsistent();
    }
    if (!memory.advance(kept, offered)) {
      // Another process with this memory was faster; the log has to ask again from there.
      return new Answer.StandsElsewhere(
          memory.last(checkpoint.origin()).map(last -> last.checkpoint().size()).orElse(0L));
    }
    return new Answer.Cosigned(key.cosign(checkpoint, clock.instant().getEpochSecond()));
  }

  private static Optional<FraudProof> fraud(
      SignedCheckpoint kept, SignedCheckpoint offered, KnownLog log) {
    FraudProof fraud = new FraudProof(kept.note(), offered.note());
    return log.keys.stream()
            .anyMatch(key -> fraud.check(key) instanceof FraudProof.Finding.Convicted)
        ? Optional.of(fraud)
        : Optional.empty();
  }
}
