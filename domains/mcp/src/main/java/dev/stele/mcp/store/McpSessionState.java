package dev.stele.mcp.store;

import java.time.Instant;

/** What is known of a session. */
public sealed interface McpSessionState {
  /**
   * It was put, and not ended.
   *
   * @param session what was kept
   * @param since when it was first put
   */
  record Live(McpSession session, Instant since) implements McpSessionState {}

  /** It was ended: a client that still names it is told so and begins another. */
  record Ended() implements McpSessionState {}

  /** There never was such a one in this scope, or it was forgotten long after its end. */
  record Unknown() implements McpSessionState {}
}
