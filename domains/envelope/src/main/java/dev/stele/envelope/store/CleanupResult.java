package dev.stele.envelope.store;

import dev.stele.core.proof.Verdict;
import java.time.Instant;

/** What came of cleaning up the replay guard. */
public sealed interface CleanupResult {
  /**
   * Nonces are free again.
   *
   * @param nonces how many
   * @param position of the receipt that says so
   */
  record Released(long nonces, long position) implements CleanupResult {}

  /** No nonce is as old as that. */
  record NothingToRelease() implements CleanupResult {}

  /** The store was opened to keep nonces for ever. */
  record KeptForEver() implements CleanupResult {}

  /**
   * An envelope that was recorded since then would still be admitted again.
   *
   * @param latest the latest time that can be given now
   */
  record TooRecent(Instant latest) implements CleanupResult {}

  /**
   * The log does not verify, so nothing is added to it.
   *
   * @param verdict what was found
   */
  record ReadOnly(Verdict verdict) implements CleanupResult {}
}
