package dev.stele.core.log;

import dev.stele.core.proof.Verdict;
import java.time.Instant;

/** What came of a release of claims. */
public sealed interface ReleaseResult {
  /**
   * From a position on, claims until a release are free that events recorded before a time have
   * made; durable.
   *
   * @param position where the receipt is
   * @param recordedBefore the time
   */
  record Released(long position, Instant recordedBefore) implements ReleaseResult {}

  /**
   * Nothing was appended: the claims are free already.
   *
   * @param recordedBefore the time of the last release, not earlier than the one asked for
   */
  record AlreadyReleased(Instant recordedBefore) implements ReleaseResult {}

  /**
   * Nothing was appended: events may still be recorded before the time asked for, whose claims
   * would be worth nothing.
   *
   * @param now the time of the log, at or before the one asked for
   */
  record NotYet(Instant now) implements ReleaseResult {}

  /**
   * The log does not verify, so nothing is appended to it.
   *
   * @param verdict what was found
   */
  record ReadOnly(Verdict verdict) implements ReleaseResult {}
}
