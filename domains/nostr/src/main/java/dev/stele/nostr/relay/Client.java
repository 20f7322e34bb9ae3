package dev.stele.nostr.relay;

import java.util.Set;

/**
 * Who is at the other end, as far as a policy may know. Immutable.
 *
 * @param origin what the host tells callers apart by, such as an address
 * @param keys the public keys that have authenticated on this connection (NIP-42), as 64 lower-case
 *     hex digits each; there may be several
 */
public record Client(String origin, Set<String> keys) {
  /** Makes a client, copying {@code keys}. */
  public Client {
    keys = Set.copyOf(keys);
  }

  /** Tells whether any key has authenticated. */
  public boolean isAuthenticated() {
    return !keys.isEmpty();
  }
}
