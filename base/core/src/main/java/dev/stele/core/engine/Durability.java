package dev.stele.core.engine;

/** What an acknowledged append survives, weakest first. */
public enum Durability {
  /** Nothing: a crash of the process may lose it. */
  MEMORY,
  /** A crash of the process; a loss of power may lose it. */
  OS,
  /** A loss of power, as far as the disk keeps what it says it has synced. The default. */
  DURABLE;

  /** The weaker of the two: what can be said of an ack that needed both. */
  public Durability weaker(Durability other) {
    return compareTo(other) <= 0 ? this : other;
  }

  /** The stronger of the two: what a batch needs that serves both. */
  public Durability stronger(Durability other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
