package dev.stele.core.witness;

import dev.stele.core.proof.SignedCheckpoint;
import java.util.Optional;

/**
 * What a witness must never forget: for each log the last checkpoint it has cosigned.
 *
 * <p>A witness that loses this may cosign a fork. An implementation that finds its state missing or
 * damaged therefore fails; it does not begin again.
 *
 * <p>Thread-safe. One memory may serve several processes that share a key.
 */
public interface WitnessMemory {
  /**
   * Returns the last checkpoint kept for a log, or empty if none was ever kept.
   *
   * @param origin the log's name
   */
  Optional<SignedCheckpoint> last(String origin);

  /**
   * Keeps {@code to} for its log, in one step, provided that what is kept is still {@code from}:
   * the same size and root, or nothing. Durable on return of {@code true}, because the cosignature
   * leaves then and says that everything later grows out of {@code to}.
   *
   * @param from what {@link #last} has answered for the same log
   * @param to a checkpoint that grew out of it; of the same size and root if nothing was appended
   * @return whether it is kept now; {@code false} changes nothing
   */
  boolean advance(Optional<SignedCheckpoint> from, SignedCheckpoint to);
}
