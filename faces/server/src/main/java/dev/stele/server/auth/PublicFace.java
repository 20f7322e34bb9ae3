package dev.stele.server.auth;

import java.util.Locale;
import java.util.Optional;

/** What can be opened to everybody: each only reads, or proves by itself whom it is from. */
public enum PublicFace {
  /** Checkpoints, tiles and public keys of the logs. */
  TILES,
  /** Cosigning, whose requests are signed by the logs. */
  WITNESS,
  /** The metrics. */
  METRICS,
  /** The relay, whose events are signed by their authors. */
  RELAY,
  /** The console's pages, not what they show. */
  CONSOLE;

  /** The name in the configuration. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The face of a name, if it is one. */
  public static Optional<PublicFace> of(String text) {
    for (PublicFace face : values()) {
      if (face.text().equals(text)) {
        return Optional.of(face);
      }
    }
    return Optional.empty();
  }
}
