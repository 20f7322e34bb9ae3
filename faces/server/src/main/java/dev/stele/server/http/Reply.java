package dev.stele.server.http;

import dev.stele.cli.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is sent back. */
sealed interface Reply {
  /**
   * All of it at once.
   *
   * @param status the HTTP status
   * @param contentType of the body
   * @param headers besides content type and length
   * @param body the bytes, not copied
   */
  record Whole(int status, String contentType, Map<String, String> headers, byte[] body)
      implements Reply {
    /** The same with one more header. */
    Whole with(String header, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(header, value);
      return new Whole(status, contentType, more, body);
    }
  }

  /**
   * Piece by piece, for as long as there is something to send.
   *
   * @param contentType of the body
   * @param source writes it; each flush goes to the network
   */
  record Streamed(String contentType, Source source) implements Reply {}

  /** Writes a body that has no end yet. */
  interface Source {
    /** Blocks on a slow reader; ends when it returns, or when the reader is gone. */
    void writeTo(OutputStream out) throws IOException, InterruptedException;

    /** Called once when nothing more is written, also when nothing ever was. */
    void ended();
  }

  /**
   * A WebSocket in place of an answer (RFC 6455).
   *
   * @param talk what is said on it
   */
  record Socket(SocketTalk talk) implements Reply {}

  /** A problem. */
  record Failed(Problem problem) implements Reply {}

  String JSON = "application/json";
  String TEXT = "text/plain; charset=utf-8";
  String BYTES = "application/octet-stream";

  static Whole json(int status, Map<String, ?> answer) {
    return json(status, Json.write(answer).getBytes(StandardCharsets.UTF_8));
  }

  static Whole json(int status, byte[] body) {
    return new Whole(status, JSON, Map.of(), body);
  }

  static Whole text(String text) {
    return new Whole(200, TEXT, Map.of(), text.getBytes(StandardCharsets.UTF_8));
  }

  static Whole bytes(byte[] body) {
    return new Whole(200, BYTES, Map.of(), body);
  }

  static Failed failed(Problem problem) {
    return new Failed(problem);
  }
}
