package dev.stele.nostr.event;

/** What came of reading an event's text. */
public sealed interface ParsedEvent {
  /**
   * The text is an event in shape; neither its id nor its signature has been looked at.
   *
   * @param event the event
   */
  record Wellformed(NostrEvent event) implements ParsedEvent {}

  /**
   * The text is no event.
   *
   * @param code one of {@code too-large}, {@code not-utf8}, {@code not-json}, {@code
   *     missing-member}, {@code wrong-type} and {@code out-of-bounds}
   * @param reason a sentence for a human, naming the member and the bound
   */
  record Malformed(String code, String reason) implements ParsedEvent {}
}
