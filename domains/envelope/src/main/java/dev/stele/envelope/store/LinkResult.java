package dev.stele.envelope.store;

/** What came of linking two envelopes. */
public sealed interface LinkResult {
  /** They are linked now. */
  record Linked() implements LinkResult {}

  /** They were linked so already. */
  record AlreadyLinked() implements LinkResult {}

  /**
   * There is no such envelope.
   *
   * @param id that was given
   */
  record Unknown(String id) implements LinkResult {}
}
