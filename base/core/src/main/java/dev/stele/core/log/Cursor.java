package dev.stele.core.log;

/**
 * How far a consumer has come: the last position it has dealt with.
 *
 * @param position 0 before the first event
 */
public record Cursor(long position) {
  /** The cursor of a consumer that has seen nothing. */
  public static final Cursor BEGINNING = new Cursor(0);

  /** Checks the bound. */
  public Cursor {
    if (position < 0) {
      throw new IllegalArgumentException("a cursor is at 0 or more, not " + position);
    }
  }
}
