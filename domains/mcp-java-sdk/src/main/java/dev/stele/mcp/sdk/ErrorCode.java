package dev.stele.mcp.sdk;

/** The codes of JSON-RPC errors that come from the transport, not from a tool. */
final class ErrorCode {
  static final int PARSE = -32700;
  static final int INVALID_REQUEST = -32600;
  static final int INVALID_PARAMS = -32602;
  static final int INTERNAL = -32603;

  // From -32099 to -32000 a server chooses; -32001 is what other servers say of a session.
  static final int SESSION_NOT_FOUND = -32001;
  static final int FORBIDDEN = -32003;
  static final int EVENTS_EXPIRED = -32010;
  static final int INTERRUPTED = -32011;

  private ErrorCode() {}
}
