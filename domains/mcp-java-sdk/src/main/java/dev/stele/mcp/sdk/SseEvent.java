package dev.stele.mcp.sdk;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Events as bytes (WHATWG HTML, server-sent events). */
final class SseEvent {
  /** A line that means nothing, and shows that the connection is there. */
  static final byte[] HEARTBEAT = ascii(":\n\n");

  private SseEvent() {}

  static byte[] message(String id, byte[] json) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + id.length() + 32);
    out.writeBytes(ascii("id: " + id + "\nevent: message\ndata: "));
    for (byte b : json) {
      // JSON has line breaks between its parts alone, and there a blank does as well.
      out.write(b == '\n' || b == '\r' ? ' ' : b);
    }
    out.writeBytes(ascii("\n\n"));
    return out.toByteArray();
  }

  /** A place to resume from before there is a message (MCP 2025-11-25, Streamable HTTP). */
  static byte[] priming(String id, Duration retry) {
    return ascii("id: " + id + "\nretry: " + retry.toMillis() + "\ndata: \n\n");
  }

  static byte[] retry(Duration retry) {
    return ascii("retry: " + retry.toMillis() + "\n\n");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
