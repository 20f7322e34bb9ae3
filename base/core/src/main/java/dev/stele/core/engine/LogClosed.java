package dev.stele.core.engine;

/** The log was closed, here or because another process took it over; open it again. */
public final class LogClosed extends RuntimeException {
  /** Says which log, and how it came to be closed. */
  public LogClosed(String message) {
    super(message);
  }
}
