/**
 * Others who remember what a log has said, so that it cannot say two things.
 *
 * <pre>
 *   log ──AddCheckpoint──►  Witness  ──Answer──► WitnessReply ──► log
 *     old size, proof,      trusted keys,        cosignature line,
 *     checkpoint            WitnessMemory        or why not
 *
 *   checkpoint with cosignatures ──► WitnessPolicy ──► are they enough?
 *   two checkpoints of one size  ──► FraudProof    ──► convicted, with nothing but the log's key
 * </pre>
 *
 * <p>The protocol is C2SP tlog-witness, without any socket: bytes in, sealed results out; a face
 * carries them. The policy file is C2SP tlog-policy. Cosignatures themselves are in {@code proof}.
 *
 * <p>Read {@link dev.stele.core.witness.Witness} first. It may depend on {@code proof} and nothing
 * else of core: a witness has no log of its own.
 */
@NullMarked
package dev.stele.core.witness;

import org.jspecify.annotations.NullMarked;
