package dev.stele.nostr.event;

/** What came of reading an identifier of NIP-19. */
public sealed interface ParsedNpub {
  /**
   * The text is an identifier.
   *
   * @param value what it says
   */
  record Wellformed(Npub value) implements ParsedNpub {}

  /**
   * The text is none.
   *
   * @param reason a sentence for a human; never tells the text, which may be a secret
   */
  record Malformed(String reason) implements ParsedNpub {}
}
