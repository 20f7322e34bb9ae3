package dev.stele.core.engine;

/**
 * The disk, the database or the server under a log failed.
 *
 * <p>The message says what was tried, on which log, and what to do. Trying again may help, unless
 * {@link #damaged}: then the bytes are not what was written, and the log is to be verified.
 */
public final class StorageFailed extends RuntimeException {
  private final boolean damaged;

  private StorageFailed(String message, Throwable cause, boolean damaged) {
    super(message, cause);
    this.damaged = damaged;
  }

  /** Says what failed, and why. */
  public StorageFailed(String message, Throwable cause) {
    this(message, cause, false);
  }

  /** Says what failed. */
  public StorageFailed(String message) {
    this(message, false);
  }

  private StorageFailed(String message, boolean damaged) {
    super(message);
    this.damaged = damaged;
  }

  /** Says what is not there any more, though it was written. */
  public static StorageFailed damaged(String message) {
    return new StorageFailed(message, true);
  }

  /** Says what can be read no more because its bytes were changed from outside. */
  public static StorageFailed damaged(String message, Throwable cause) {
    return new StorageFailed(message, cause, true);
  }

  /** Tells whether stored bytes were found changed, rather than out of reach. */
  public boolean damaged() {
    return damaged;
  }
}
