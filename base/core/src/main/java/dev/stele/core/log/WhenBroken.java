package dev.stele.core.log;

/** What a log that does not verify still does. Appends are refused in any case. */
public enum WhenBroken {
  /** Every read throws {@link LogCorrupt}. */
  FAIL_CLOSED,
  /** Events up to the last good one are read; reads beyond throw {@link LogCorrupt}. */
  SERVE_PROVEN
}
