package dev.stele.mcp.event;

import dev.stele.core.event.EventDraft;

/**
 * Whose streams: part of every look-up, so that what one session was told is never told to another.
 *
 * <p>A session's id alone is not enough: whoever guesses or steals one would read its streams, so
 * that the principal that made the session belongs to the key (MCP security best practices, session
 * hijacking).
 *
 * @param tenant the tenant, 1 to {@value #MAX_PART_BYTES} bytes of UTF-8
 * @param user the principal that made the session; the same bounds
 * @param session the session's id; the same bounds
 */
public record McpScope(String tenant, String user, String session) {
  /** The most bytes of UTF-8 that a part has: three of them and a stream fit a stream's name. */
  public static final int MAX_PART_BYTES = 128;

  /** The tenant and the user of a store that has no notion of either. */
  public static final String ANYBODY = "-";

  /** Checks the bounds. */
  public McpScope {
    requirePart("tenant", tenant);
    requirePart("user", user);
    requirePart("session", session);
  }

  /** The scope of a session where there is one tenant and nobody is told apart. */
  public static McpScope ofSession(String session) {
    return new McpScope(ANYBODY, ANYBODY, session);
  }

  private static void requirePart(String what, String part) {
    if (!EventDraft.fits(part, 1, MAX_PART_BYTES)) {
      throw new IllegalArgumentException(
          "a %s has 1 to %d bytes of UTF-8, not %d characters"
              .formatted(what, MAX_PART_BYTES, part.length()));
    }
  }
}
