package dev.stele.envelope.store;

import dev.stele.core.proof.Verdict;

/** What came of registering or revoking a key. */
public sealed interface KeyActResult {
  /**
   * It is in the log, and every envelope from now on is judged by it.
   *
   * @param position where
   */
  record Recorded(long position) implements KeyActResult {}

  /**
   * It cannot be recorded.
   *
   * @param code for programs
   * @param reason for people
   */
  record Refused(String code, String reason) implements KeyActResult {}

  /**
   * The log does not verify, so nothing is added to it.
   *
   * @param verdict what was found
   */
  record ReadOnly(Verdict verdict) implements KeyActResult {}
}
