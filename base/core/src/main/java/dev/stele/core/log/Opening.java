package dev.stele.core.log;

/** How much of a log is checked before it is opened. */
public enum Opening {
  /**
   * What came after the last trusted checkpoint: the anchor's, or without one the last that the
   * log's own key has signed. The tree below is taken from stored tiles, which that checkpoint
   * proves. Takes the same time for a log of any size; what lies before is a {@link Scrubber}'s to
   * check. Where a fault was found earlier, everything is checked all the same.
   */
  TAIL,
  /** Everything. */
  WHOLE
}
