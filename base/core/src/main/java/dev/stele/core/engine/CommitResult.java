package dev.stele.core.engine;

/** What an engine answers to a commit. */
public sealed interface CommitResult {
  /**
   * Everything in the batch is stored.
   *
   * @param durability what it survives: at least what was asked for, unless the engine cannot
   */
  record Committed(Durability durability) implements CommitResult {}

  /**
   * Nothing was stored, because the log does not end where the writer believed.
   *
   * @param actual where it ends
   */
  record HeadMoved(Head actual) implements CommitResult {}

  /**
   * Nothing was stored, because a later writer has taken the log over.
   *
   * @param reason what was found, for people
   */
  record Fenced(String reason) implements CommitResult {}
}
