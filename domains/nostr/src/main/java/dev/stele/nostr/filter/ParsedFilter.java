package dev.stele.nostr.filter;

/** What came of reading a filter's text. */
public sealed interface ParsedFilter {
  /**
   * The text is a filter.
   *
   * @param filter the filter
   */
  record Wellformed(NostrFilter filter) implements ParsedFilter {}

  /**
   * The text is no filter, or one that cannot be honoured as it stands.
   *
   * @param reason a sentence for a human, naming the field and the bound
   */
  record Malformed(String reason) implements ParsedFilter {}
}
