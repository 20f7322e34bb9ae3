package dev.stele.nostr.store;

/** How an answer ended. */
public sealed interface QueryEnd {
  /** Everything that matches was given. */
  record Complete() implements QueryEnd {}

  /**
   * There is more, or may be: a limit cut the answer, or the sink wanted no more. Where only few of
   * many events match, the search for one behind a limit ends without knowing, and this is said.
   */
  record More() implements QueryEnd {}
}
