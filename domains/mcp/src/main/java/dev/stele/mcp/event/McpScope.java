package dev.stele.mcp.event;

import dev.stele.core.event.EventDraft;
import java.nio.charset.StandardCharsets;

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

  /**
   * 760 bytes, percent-encoded: what the name of a log's stream, at most 1,024, leaves for a scope
   * beside a stream. Only parts that are mostly slashes or percent signs come near.
   */
  static final int MAX_ENCODED_BYTES = 760;

  /** The tenant and the user of a store that has no notion of either. */
  public static final String ANYBODY = "-";

  /** Checks the bounds. */
  public McpScope {
    requirePart("tenant", tenant);
    requirePart("user", user);
    requirePart("session", session);
    int encoded = encodedLength(tenant) + encodedLength(user) + encodedLength(session);
    if (encoded > MAX_ENCODED_BYTES) {
      throw new IllegalArgumentException(
          "a scope has at most %d bytes with each slash and percent sign counted thrice, not %d"
              .formatted(MAX_ENCODED_BYTES, encoded));
    }
  }

  /** The scope of a session where there is one tenant and nobody is told apart. */
  public static McpScope ofSession(String session) {
    return new McpScope(ANYBODY, ANYBODY, session);
  }

  private static int encodedLength(String part) {
    return McpStreamName.encode(part).getBytes(StandardCharsets.UTF_8).length;
  }

  private static void requirePart(String what, String part) {
    if (!EventDraft.fits(part, 1, MAX_PART_BYTES)) {
      throw new IllegalArgumentException(
          "a %s has 1 to %d bytes of UTF-8, not %d characters"
              .formatted(what, MAX_PART_BYTES, part.length()));
    }
  }
}
