package dev.stele.core.backup;

/** Is told how far a task is. May throw, to give it up: then nothing of it counts. */
@FunctionalInterface
public interface Progress {
  /** Shows nothing. */
  Progress SILENT = (_, _) -> {};

  /**
   * How far it is.
   *
   * @param done how much is done
   * @param total of how much, 0 when nobody knows
   */
  void at(long done, long total);
}
