package dev.stele.mcp.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a stream holds: messages, and the cursors that are sent ahead of them. */
public sealed interface McpMessage {
  /**
   * One JSON-RPC object or batch, kept and given back byte for byte.
   *
   * @param json its bytes, as sent; copied
   */
  record Json(byte[] json) implements McpMessage {
    /** Copies the bytes. */
    public Json {
      json = json.clone();
    }

    /** A message from its text. */
    public static Json of(String json) {
      return new Json(json.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a copy of the bytes. */
    @Override
    public byte[] json() {
      return json.clone();
    }

    /** The message as text. */
    public String text() {
      return new String(json, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Json that && Arrays.equals(json, that.json);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(json);
    }

    @Override
    public String toString() {
      return "Json[%d bytes]".formatted(json.length);
    }
  }

  /**
   * A place in a stream to resume from before anything was sent on it: an event with an id and no
   * data (MCP 2025-11-25, Streamable HTTP). It is a cursor, and never replayed.
   */
  record Priming() implements McpMessage {}
}
