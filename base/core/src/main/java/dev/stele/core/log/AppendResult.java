package dev.stele.core.log;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.event.Claim;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.Verdict;
import java.time.Instant;
import java.util.Optional;

/** What came of an {@link Append}. Nothing of it is an exception: all of these are expected. */
public sealed interface AppendResult {
  /**
   * The events are in the log.
   *
   * @param first the position of the first of them; the others follow without a gap
   * @param firstRevision the place of the first in its stream; the others follow without a gap
   * @param count how many
   * @param recordedAt when the last of them was recorded; without stamps, all of them
   * @param head the end of the log after the commit that holds them, which others may share
   * @param durability what this ack means
   * @param proof the checkpoint and path of the first event, if asked for
   */
  record Appended(
      long first,
      long firstRevision,
      int count,
      Instant recordedAt,
      Head head,
      Durability durability,
      Optional<AckProof> proof)
      implements AppendResult {}

  /**
   * Every event of the request is in the log already: an idempotent success.
   *
   * @param at the position of the first
   */
  record AlreadyPresent(long at) implements AppendResult {}

  /**
   * The stream is not where the appender believed.
   *
   * @param stream its name
   * @param expected the revision the appender expected
   * @param actual the revision it has
   */
  record Conflict(String stream, long expected, long actual) implements AppendResult {}

  /**
   * A claim is taken.
   *
   * @param claim the claim that was refused
   * @param holder the position of the event that holds it, or 0 when it is another event of the
   *     same request
   */
  record Refused(Claim claim, long holder) implements AppendResult {}

  /**
   * The log does not verify, or cannot be written here, so nothing is appended to it.
   *
   * @param verdict what was found when it was checked
   */
  record ReadOnly(Verdict verdict) implements AppendResult {}

  /**
   * A proof that came with an ack: enough, with the record, to convince anyone who knows the log's
   * public key.
   *
   * @param checkpoint the signed tree head over the commit
   * @param path the inclusion path of the first event
   */
  record AckProof(SignedCheckpoint checkpoint, InclusionProof path) {}
}
