package dev.stele.server.host;

import java.util.Locale;
import java.util.Optional;

/** What a hosted log takes in. */
public enum LogKind {
  /** Events as callers write them. */
  EVENTS("logs"),
  /** Signed envelopes besides, each verified and kept once. */
  ENVELOPES("envelopes"),
  /** Messages of resumable MCP streams, and the sessions they belong to. */
  MCP("mcp"),
  /** Nostr events, each signed by its author. */
  NOSTR("nostr");

  /** The folder below the server's that logs of this kind are in. */
  final String folder;

  LogKind(String folder) {
    this.folder = folder;
  }

  /** The name in requests and answers. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The kind of a name, if it is one. */
  public static Optional<LogKind> of(String text) {
    for (LogKind kind : values()) {
      if (kind.text().equals(text)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
