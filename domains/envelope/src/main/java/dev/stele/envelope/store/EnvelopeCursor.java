package dev.stele.envelope.store;

/**
 * Behind which envelope a query goes on.
 *
 * @param issuedAtMicros when that one was issued, 0 for queries in the log's order
 * @param position where it is in the log
 */
public record EnvelopeCursor(long issuedAtMicros, long position) {
  /** The text form: two numbers with a dot between. */
  @Override
  public String toString() {
    return issuedAtMicros + "." + position;
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static EnvelopeCursor parse(String text) {
    int dot = text.indexOf('.');
    if (dot < 1) {
      throw new IllegalArgumentException("a cursor is two numbers with a dot between: " + text);
    }
    return new EnvelopeCursor(
        Long.parseLong(text.substring(0, dot)), Long.parseLong(text.substring(dot + 1)));
  }
}
