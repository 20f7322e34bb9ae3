package dev.stele.core.engine;

/**
 * Which log of an engine is meant: thousands of small logs may share one engine and its sync.
 *
 * @param name 1 to 63 characters of {@code [a-z0-9-]}
 */
public record LogId(String name) {
  /** The log that a store has when nobody names one. */
  public static final LogId MAIN = new LogId("main");

  /** Checks the name. */
  public LogId {
    if (!name.matches("[a-z0-9-]{1,63}")) {
      throw new IllegalArgumentException("a log's name is [a-z0-9-]{1,63}, not '" + name + "'");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
