package dev.stele.client;

import dev.stele.core.engine.Durability;
import java.util.Optional;

/**
 * What came of an {@link AppendRequest}; the cases of the log's own {@code AppendResult}, and those
 * that only exist where a network is in between.
 */
public sealed interface AppendAnswer {
  /**
   * The events are in the log, and were not before.
   *
   * @param first the position of the first of them; the others follow without a gap
   * @param count how many
   * @param head the end of the log after their commit, as the server says
   * @param durability what this ack means, as the server says
   * @param proof the first event, re-computed and found in the trusted log, if that was asked for.
   *     It is the one that was sent
   */
  record Appended(
      long first, int count, long head, Durability durability, Optional<ProvenEvent> proof)
      implements AppendAnswer {}

  /**
   * The events are in the log already: by an earlier attempt of this very request, whose answer was
   * lost; by an earlier request under its idempotency key; or because an event has this id.
   *
   * @param at its position; of several, that of the first
   * @param proof the event there, if that was asked for. It may be another than what was sent: an
   *     id is taken once, whatever comes with it
   */
  record AlreadyPresent(long at, Optional<ProvenEvent> proof) implements AppendAnswer {}

  /**
   * The stream is not where the appender believed.
   *
   * @param stream its name
   * @param expected the revision the appender expected
   * @param actual the revision it has
   */
  record Conflict(String stream, long expected, long actual) implements AppendAnswer {}

  /**
   * A claim is taken.
   *
   * @param scope the namespace of its key
   * @param holder the position of the event that holds it, or 0 when it is another event of the
   *     same request
   */
  record ClaimTaken(String scope, long holder) implements AppendAnswer {}

  /**
   * The gate does not admit an event, now or ever.
   *
   * @param code a stable word for programs
   * @param reason a sentence for people
   */
  record NotAdmitted(String code, String reason) implements AppendAnswer {}

  /**
   * The idempotency key was used for other content.
   *
   * @param idempotencyKey the key
   */
  record KeyReused(String idempotencyKey) implements AppendAnswer {}

  /**
   * The log does not verify, or cannot be written there, so nothing is appended to it.
   *
   * @param reason what the server says
   */
  record ReadOnly(String reason) implements AppendAnswer {}

  /**
   * Nobody knows whether the events are in the log: no answer came that says so. The same request
   * under the same key tells, whenever the server is back.
   *
   * @param idempotencyKey the key it was sent under
   * @param reason what went wrong last
   */
  record Unknown(String idempotencyKey, String reason) implements AppendAnswer {}

  /**
   * A proof was asked for, and the server's ack does not hold: what it says is not to be believed.
   *
   * @param first the position that the server gave
   * @param count how many events it says to have appended
   * @param why what is wrong
   */
  record Unproven(long first, int count, Distrust why) implements AppendAnswer {}
}
