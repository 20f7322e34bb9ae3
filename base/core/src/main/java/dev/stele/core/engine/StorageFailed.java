package dev.stele.core.engine;

/**
 * The disk, the database or the server under a log failed; trying again may help.
 *
 * <p>The message says what was tried, on which log, and what to do.
 */
public final class StorageFailed extends RuntimeException {
  /** Says what failed, and why. */
  public StorageFailed(String message, Throwable cause) {
    super(message, cause);
  }

  /** Says what failed. */
  public StorageFailed(String message) {
    super(message);
  }
}
