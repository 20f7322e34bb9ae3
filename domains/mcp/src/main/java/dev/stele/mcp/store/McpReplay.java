package dev.stele.mcp.store;

/** What came of a replay. */
public sealed interface McpReplay {
  /**
   * Everything that is there was given, and more may come.
   *
   * @param stream which stream it is
   * @param delivered how many messages were given
   * @param lastSequence the last place of the stream that was looked at: what is appended later has
   *     a higher one
   * @param fromCache whether the disk failed, so that this is what memory still had, without a gap
   */
  record Open(String stream, long delivered, long lastSequence, boolean fromCache)
      implements McpReplay {}

  /**
   * Everything was given, and nothing more comes on this stream.
   *
   * @param stream which stream it is
   * @param delivered how many messages were given
   * @param lastSequence the last place of the stream
   * @param fromCache as of {@link Open}
   */
  record Complete(String stream, long delivered, long lastSequence, boolean fromCache)
      implements McpReplay {}

  /** No event of this scope has the id. */
  record Unknown() implements McpReplay {}

  /**
   * Some of what came after the id is gone.
   *
   * @param stream which stream it is
   * @param firstRetained the place of the first event that is left; one past the last if none is
   */
  record Expired(String stream, long firstRetained) implements McpReplay {}
}
