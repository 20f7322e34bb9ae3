package dev.stele.mcp.sdk;

import io.modelcontextprotocol.common.McpTransportContext;
import java.time.Duration;
import java.util.Optional;

/**
 * What a tool can do with the stream that its request is answered on.
 *
 * <p>A call that takes minutes need not hold a connection for as long: the tool ends the
 * connection, the client comes back after a pause, again and again if need be, and is given what
 * was sent meanwhile (MCP 2025-11-25, Streamable HTTP, polling).
 *
 * <p>Thread-safe.
 */
public final class StreamControl {
  /** Under which name a tool's transport context has it. */
  public static final String KEY = "dev.stele.mcp.sdk.StreamControl";

  private final LiveStream stream;
  private final Duration retry;

  StreamControl(LiveStream stream, Duration retry) {
    this.stream = stream;
    this.retry = retry;
  }

  /**
   * The control of the request that a tool answers, from {@code exchange.transportContext()}; empty
   * under another transport.
   */
  public static Optional<StreamControl> of(McpTransportContext context) {
    return context.get(KEY) instanceof StreamControl control
        ? Optional.of(control)
        : Optional.empty();
  }

  /**
   * Ends the connection, after what was sent on it until now; the request goes on. The client is
   * asked to come back after the transport's own pause.
   *
   * @return false when there is no connection, or when its client speaks a protocol before
   *     2025-11-25 and would not come back: then nothing happens
   */
  public boolean endConnection() {
    return endConnection(retry);
  }

  /** The same with another pause until the client comes back. */
  public boolean endConnection(Duration pause) {
    if (pause.isNegative()) {
      throw new IllegalArgumentException("a pause is not negative, but " + pause);
    }
    return stream.endConnection(pause);
  }
}
