package dev.stele.envelope.store;

import dev.stele.core.engine.Durability;
import dev.stele.core.proof.Verdict;
import dev.stele.envelope.gate.Category;

/** What came of saving an envelope. Nothing of it is an exception: all of these are expected. */
public sealed interface SaveResult {
  /** Whether the envelope is in the log now, or one that the caller takes for it. */
  default boolean isStored() {
    return switch (this) {
      case Inserted _, AlreadyPresent _, EqualPayload _ -> true;
      case Replayed _, DuplicateId _, DuplicatePayload _, Invalid _, ReadOnly _ -> false;
    };
  }

  /**
   * The envelope is in the log.
   *
   * @param position where
   * @param durability what this ack means
   */
  record Inserted(long position, Durability durability) implements SaveResult {}

  /**
   * This very envelope is in the log already: an idempotent success.
   *
   * @param position where
   */
  record AlreadyPresent(long position) implements SaveResult {}

  /**
   * Another envelope with an equal payload is there, and the store was opened to answer with it.
   * The one that was given is not stored, and its nonce is not used up.
   *
   * @param position of the other one
   */
  record EqualPayload(long position) implements SaveResult {}

  /**
   * The key has used this nonce for another envelope.
   *
   * @param keyId of the key
   * @param nonce that was used
   * @param holder the position of the envelope that used it, 0 for one of the same request
   */
  record Replayed(String keyId, String nonce, long holder) implements SaveResult {}

  /**
   * Another envelope has this id.
   *
   * @param id that is taken
   * @param holder the position of the envelope that has it, 0 for one of the same request
   */
  record DuplicateId(String id, long holder) implements SaveResult {}

  /**
   * An envelope with an equal payload is there, and the store was opened to refuse a second one.
   *
   * @param contentHash the payload's, 64 hex digits
   * @param holder the position of the envelope that has it, 0 for one of the same request
   */
  record DuplicatePayload(String contentHash, long holder) implements SaveResult {}

  /**
   * The envelope is not valid; nothing is stored.
   *
   * @param category why, for programs
   * @param reason why, for people
   */
  record Invalid(Category category, String reason) implements SaveResult {}

  /**
   * The log does not verify, so nothing is added to it.
   *
   * @param verdict what was found
   */
  record ReadOnly(Verdict verdict) implements SaveResult {}
}
