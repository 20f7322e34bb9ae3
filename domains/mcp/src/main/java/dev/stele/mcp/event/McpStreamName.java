package dev.stele.mcp.event;

import dev.stele.core.event.EventDraft;
import java.util.Optional;

/**
 * A stream of a session by the name it has in the log.
 *
 * <pre>
 *   mcp/TENANT/USER/SESSION/STREAM          messages, cursors, and the word that it is complete
 *   mcp-session/TENANT/USER/SESSION         what is kept of the session, and its end
 * </pre>
 *
 * <p>In tenant, user and session each slash and percent sign is percent-encoded; the stream is the
 * rest, as it is. So no two scopes share a name, and what belongs to a tenant or a person begins
 * with the same characters.
 *
 * @param scope whose
 * @param stream its name within the session, 1 to {@value #MAX_STREAM_BYTES} bytes of UTF-8
 */
public record McpStreamName(McpScope scope, String stream) {
  /** The most bytes of UTF-8 the name of a stream has. */
  public static final int MAX_STREAM_BYTES = 256;

  /** How the name of every stream of events begins. */
  public static final String PREFIX = "mcp/";

  /** How the name of every stream about a session begins. */
  public static final String SESSION_PREFIX = "mcp-session/";

  private static final int SCOPE_PARTS = 3;

  /** Checks the bound. */
  public McpStreamName {
    if (!isName(stream)) {
      throw new IllegalArgumentException(
          "a stream's name has 1 to %d bytes of UTF-8, not %d characters"
              .formatted(MAX_STREAM_BYTES, stream.length()));
    }
  }

  /** Whether a text can be the name of a stream. */
  public static boolean isName(String stream) {
    return EventDraft.fits(stream, 1, MAX_STREAM_BYTES);
  }

  /** The name in the log. */
  public String inLog() {
    return PREFIX + encode(scope) + "/" + stream;
  }

  /** How the names of all streams of a session begin. */
  public static String prefixOf(McpScope scope) {
    return PREFIX + encode(scope) + "/";
  }

  /** The name in the log of the stream about a session. */
  public static String ofSession(McpScope scope) {
    return SESSION_PREFIX + encode(scope);
  }

  /** Reads the name of a stream of events; empty when it is none. */
  public static Optional<McpStreamName> parse(String inLog) {
    if (!inLog.startsWith(PREFIX)) {
      return Optional.empty();
    }
    String[] parts = inLog.substring(PREFIX.length()).split("/", SCOPE_PARTS + 1);
    return parts.length == SCOPE_PARTS + 1 && isName(parts[SCOPE_PARTS])
        ? scope(parts).map(scope -> new McpStreamName(scope, parts[SCOPE_PARTS]))
        : Optional.empty();
  }

  /** Reads the name of a stream about a session; empty when it is none. */
  public static Optional<McpScope> parseSession(String inLog) {
    if (!inLog.startsWith(SESSION_PREFIX)) {
      return Optional.empty();
    }
    String[] parts = inLog.substring(SESSION_PREFIX.length()).split("/", -1);
    return parts.length == SCOPE_PARTS ? scope(parts) : Optional.empty();
  }

  private static Optional<McpScope> scope(String[] encoded) {
    for (int i = 0; i < SCOPE_PARTS; i++) {
      if (!EventDraft.fits(decode(encoded[i]), 1, McpScope.MAX_PART_BYTES)) {
        return Optional.empty();
      }
    }
    return Optional.of(new McpScope(decode(encoded[0]), decode(encoded[1]), decode(encoded[2])));
  }

  private static String encode(McpScope scope) {
    return encode(scope.tenant()) + "/" + encode(scope.user()) + "/" + encode(scope.session());
  }

  static String encode(String part) {
    return part.indexOf('%') < 0 && part.indexOf('/') < 0
        ? part
        : part.replace("%", "%25").replace("/", "%2F");
  }

  private static String decode(String part) {
    return part.replace("%2F", "/").replace("%25", "%");
  }
}
