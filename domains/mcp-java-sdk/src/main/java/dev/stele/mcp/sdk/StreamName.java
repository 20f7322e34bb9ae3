package dev.stele.mcp.sdk;

import dev.stele.mcp.store.McpEventStore;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * How the streams of a session are called.
 *
 * <pre>
 *   listen                     what no request asked for: the stream of GET
 *   request.NONCE.ID           what answers the request with this id, in JSON
 * </pre>
 *
 * <p>The id stands in the name so that whoever finds the stream unfinished can answer the request.
 * The nonce tells apart requests of one id, which a client that was started anew may send again.
 */
final class StreamName {
  static final String LISTEN = "listen";
  static final String SETTINGS = "settings";

  /** Leaves room for the rest of the name; ids are numbers or UUIDs. */
  static final int MAX_REQUEST_ID_BYTES = 200;

  private static final String REQUEST = "request.";

  private StreamName() {}

  static boolean fits(String requestIdJson) {
    return requestIdJson.getBytes(StandardCharsets.UTF_8).length <= MAX_REQUEST_ID_BYTES;
  }

  static String ofRequest(long nonce, String requestIdJson) {
    String name = REQUEST + "%016x.".formatted(nonce) + requestIdJson;
    assert name.length() <= McpEventStore.MAX_STREAM_BYTES;
    return name;
  }

  /** Tells whether a client may resume a stream: what it has set is its own, but was never sent. */
  static boolean isResumable(String stream) {
    return stream.equals(LISTEN) || stream.startsWith(REQUEST);
  }

  /** The id of the request that a stream answers, in JSON; empty for a stream of another kind. */
  static Optional<String> requestIdJson(String stream) {
    int dot = stream.indexOf('.', REQUEST.length());
    return stream.startsWith(REQUEST) && dot > 0
        ? Optional.of(stream.substring(dot + 1))
        : Optional.empty();
  }
}
