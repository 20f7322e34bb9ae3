package dev.stele.core.log;

import dev.stele.core.proof.Verdict;
import java.util.OptionalLong;

/**
 * What is known of a log at a moment.
 *
 * @param size how many events it has
 * @param signedSize how many of them the last signed checkpoint covers
 * @param verdict what the check on opening found, or what a scrub has found since
 * @param trustedSize how many events were taken on the word of a checkpoint when the log was opened
 * @param proven what was re-computed since, or in an earlier run
 * @param scrubbing how far a scrub that is under way has come
 */
public record LogHealth(
    long size,
    long signedSize,
    Verdict verdict,
    long trustedSize,
    Proven proven,
    OptionalLong scrubbing) {
  /** Whether nothing wrong is known. */
  public boolean isOk() {
    return verdict instanceof Verdict.Intact;
  }
}
