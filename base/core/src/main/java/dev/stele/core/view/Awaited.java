package dev.stele.core.view;

/** What waiting for a view came to. */
public sealed interface Awaited {
  /**
   * Every answer from now on reflects the position that was waited for.
   *
   * @param position what the answers reflect, or later
   */
  record Reached(long position) implements Awaited {}

  /**
   * The time was up, or the view has failed or was stopped.
   *
   * @param status how far it is, and why
   */
  record NotReached(ViewStatus status) implements Awaited {}
}
