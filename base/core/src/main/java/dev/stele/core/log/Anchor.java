package dev.stele.core.log;

import java.util.Optional;

/**
 * A place outside the log that remembers the last checkpoint the log has signed.
 *
 * <p>It is what makes a log notice that it was truncated, rolled back to an older copy, or swapped
 * for another: none of these leaves a trace inside. One log writes to an anchor at a time.
 */
public interface Anchor {
  /** The last recorded signed note, if there is one that is whole. */
  Optional<byte[]> last();

  /** Replaces what is remembered; durable on return. */
  void record(byte[] signedNote);

  /** Where it is, for people. */
  String describe();
}
