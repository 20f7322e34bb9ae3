package dev.stele.mcp.sdk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a face sends back. */
sealed interface HttpAnswer {
  int OK = 200;

  /** An answer that is there; an empty body is none. */
  record Whole(int status, Map<String, String> headers, byte[] body) implements HttpAnswer {
    static Whole json(int status, Map<String, String> headers, String body) {
      Map<String, String> all = new java.util.HashMap<>(headers);
      all.put("Content-Type", "application/json");
      return new Whole(status, all, body.getBytes(StandardCharsets.UTF_8));
    }

    static Whole empty(int status) {
      return new Whole(status, Map.of(), new byte[0]);
    }
  }

  /**
   * Events, for as long as there are some: status 200. A face calls the body once, whatever
   * happens, so that what it holds is let go.
   */
  record Events(Map<String, String> headers, Body body) implements HttpAnswer {}

  /** Writes events until there are no more; blocks its thread for as long. */
  @FunctionalInterface
  interface Body {
    void writeTo(Output out) throws IOException;
  }

  /** Where bytes go to a client at once. */
  @FunctionalInterface
  interface Output {
    /** Writes and flushes. An interrupt ends it with an exception. */
    void write(byte[] bytes) throws IOException;
  }
}
