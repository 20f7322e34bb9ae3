package dev.stele.core.view;

/**
 * How far a view is.
 *
 * @param name the view's
 * @param version of the tables that answer; 0 when there are none yet
 * @param position the last event they reflect
 * @param logSize where the log ends
 * @param state what the view is doing
 */
public record ViewStatus(String name, int version, long position, long logSize, ViewState state) {
  /** How many events the answers do not reflect yet. */
  public long lag() {
    return Math.max(0, logSize - position);
  }
}
