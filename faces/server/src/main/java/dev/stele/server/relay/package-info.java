/**
 * The Nostr relay that a server speaks for, but for its sockets.
 *
 * <pre>
 *   ServerConfig ──► RelaySettings ──► policies, limits, NIP-11
 *                          │
 *   guest ──► RelayDesk.enter: is there room? ──► Relay on the log of kind nostr
 *                          └── letGo: guests are told, and waited for
 * </pre>
 *
 * <p>Start with {@link dev.stele.server.relay.RelayDesk}. Depends on {@code host} and {@code
 * config}; the sockets are those of {@code http}.
 */
@NullMarked
package dev.stele.server.relay;

import org.jspecify.annotations.NullMarked;
