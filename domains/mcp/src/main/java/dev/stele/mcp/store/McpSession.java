package dev.stele.mcp.store;

import java.util.Arrays;

/**
 * What is kept of a session, so that a later process can take it up.
 *
 * @param initialize the {@code initialize} request, byte for byte; 1 byte to {@value
 *     #MAX_INITIALIZE_BYTES}; copied
 * @param protocolVersion the revision that was agreed on, such as {@code 2025-11-25}
 * @param principal who made it, as the face named them
 */
public record McpSession(byte[] initialize, String protocolVersion, String principal) {
  /** 1 MiB: capabilities and a client's name need a few hundred bytes. */
  public static final int MAX_INITIALIZE_BYTES = 1024 * 1024;

  /** Checks the bounds, and copies what could change. */
  public McpSession {
    if (initialize.length < 1 || initialize.length > MAX_INITIALIZE_BYTES) {
      throw new IllegalArgumentException(
          "an initialize request has 1 to %d bytes, not %d"
              .formatted(MAX_INITIALIZE_BYTES, initialize.length));
    }
    initialize = initialize.clone();
  }

  /** Returns a copy of the request. */
  @Override
  public byte[] initialize() {
    return initialize.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof McpSession that
        && Arrays.equals(initialize, that.initialize)
        && protocolVersion.equals(that.protocolVersion)
        && principal.equals(that.principal);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(initialize);
  }

  @Override
  public String toString() {
    return "McpSession[protocolVersion=%s, principal=%s]".formatted(protocolVersion, principal);
  }
}
