package dev.stele.mcp.store;

/** What came of an append to a stream. */
public sealed interface McpAppend {
  /**
   * It is in the store.
   *
   * @param eventId its id: visible ASCII, unique in the scope, the same for ever
   * @param sequence its place in the stream, from 1
   * @param durable whether it was synced to disk before this was said
   */
  record Appended(String eventId, long sequence, boolean durable) implements McpAppend {}

  /**
   * It is no message, or the name of no stream.
   *
   * @param code what is wrong, in a word
   * @param reason the same in a sentence
   */
  record Refused(String code, String reason) implements McpAppend {}

  /** The session has ended. */
  record SessionEnded() implements McpAppend {}

  /** The stream was completed. */
  record StreamCompleted() implements McpAppend {}

  /**
   * The log under the store does not verify, so nothing is appended to it.
   *
   * @param reason what was found
   */
  record ReadOnly(String reason) implements McpAppend {}
}
