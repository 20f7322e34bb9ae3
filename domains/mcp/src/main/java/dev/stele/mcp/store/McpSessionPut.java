package dev.stele.mcp.store;

/** What came of keeping a session. */
public enum McpSessionPut {
  /** It is kept, durably where the store is. */
  PUT,
  /** It was ended before, and stays so. */
  ENDED,
  /** The log under the store does not verify, so nothing is appended to it. */
  READ_ONLY
}
