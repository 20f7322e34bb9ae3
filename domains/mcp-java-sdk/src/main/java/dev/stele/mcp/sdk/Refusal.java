package dev.stele.mcp.sdk;

import java.util.Map;

/** A request that is answered with a status and a JSON-RPC error, and nothing else. */
final class Refusal extends RuntimeException {
  private final int status;
  private final int code;
  private final Map<String, String> headers;

  Refusal(int status, int code, String reason) {
    this(status, code, reason, Map.of());
  }

  Refusal(int status, int code, String reason, Map<String, String> headers) {
    super(reason, null, false, false);
    this.status = status;
    this.code = code;
    this.headers = Map.copyOf(headers);
  }

  static Refusal badRequest(String reason) {
    return new Refusal(400, ErrorCode.INVALID_REQUEST, reason);
  }

  /** Of a session that was never there, has ended, or is somebody else's: nobody learns which. */
  static Refusal noSuchSession() {
    return new Refusal(404, ErrorCode.SESSION_NOT_FOUND, "there is no such session; initialize");
  }

  static Refusal unavailable(String reason) {
    return new Refusal(503, ErrorCode.INTERNAL, reason, Map.of("Retry-After", "1"));
  }

  int status() {
    return status;
  }

  int code() {
    return code;
  }

  Map<String, String> headers() {
    return headers;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
