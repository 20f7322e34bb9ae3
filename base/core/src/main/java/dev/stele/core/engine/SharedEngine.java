package dev.stele.core.engine;

import java.time.Duration;

/**
 * An engine to whose logs several processes append: an optional power of a {@link LogEngine}.
 *
 * <p>Each of them commits after the head it knows; the one that is late is answered {@link
 * CommitResult.HeadMoved}, takes up what the others have appended, and tries again. Whatever {@link
 * LogEngine#find}, {@link LogEngine#head} and the reads answer is true of all commits that have
 * returned, in whichever process.
 */
public interface SharedEngine {
  /**
   * How long what another process has appended may stay unnoticed by one who waits for it: what a
   * subscription adds to the way of an event. Longer than zero.
   */
  Duration lookEvery();
}
