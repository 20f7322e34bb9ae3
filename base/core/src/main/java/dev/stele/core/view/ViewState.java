package dev.stele.core.view;

/** What a view is doing. */
public sealed interface ViewState {
  /** It applies what the log has already. */
  record CatchingUp() implements ViewState {}

  /** It has caught up, and applies what comes. */
  record Live() implements ViewState {}

  /**
   * It is built again beside the tables that answer meanwhile.
   *
   * @param done the last position of the new build
   * @param of the position at which it takes the old one's place
   */
  record Rebuilding(long done, long of) implements ViewState {}

  /**
   * It stands still until somebody retries or rebuilds it.
   *
   * @param position of the event that could not be applied; 0 where it was none
   * @param message why
   */
  record Failed(long position, String message) implements ViewState {}

  /** Nobody applies anything: not started, or closed. */
  record Stopped() implements ViewState {}
}
