package dev.stele.core.log;

/** What the appender believes about a stream, checked in the transaction of the append. */
public sealed interface ExpectedRevision {
  /** The appender does not care what the stream holds. */
  record Any() implements ExpectedRevision {}

  /**
   * The stream's last event must have this revision.
   *
   * @param revision 0 for a stream that does not exist
   */
  record Exactly(long revision) implements ExpectedRevision {
    /** Checks the bound. */
    public Exactly {
      if (revision < 0) {
        throw new IllegalArgumentException("a revision is 0 or more, not " + revision);
      }
    }
  }

  /** No expectation. */
  ExpectedRevision ANY = new Any();

  /** The stream's last event must have {@code revision}; 0 means the stream must not exist. */
  static ExpectedRevision exactly(long revision) {
    return new Exactly(revision);
  }
}
