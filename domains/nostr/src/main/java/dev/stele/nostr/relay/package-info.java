/**
 * A relay's side of the protocol (NIP-01 and those built on it), without any I/O.
 *
 * <pre>
 *   frame ──► RelaySession.receive ──► frames       EVENT · REQ · CLOSE · AUTH · COUNT · NEG-*
 *                  │        ▲
 *                  │ judge  │ next: the next piece of a scan, then what is live
 *                  ▼        │
 *   Policy ··· Relay ───────┤
 *                  │        │ those that match, and no others
 *             NostrStore ─► LiveSubscriptions      one feed for all sessions
 * </pre>
 *
 * <p>Start with {@link dev.stele.nostr.relay.Relay}, of which there is one for each store, and
 * {@link dev.stele.nostr.relay.RelaySession}, of which there is one for each connection. Depends on
 * {@code event}, {@code filter}, {@code store} and {@code negentropy}; sockets are the host's.
 */
@NullMarked
package dev.stele.nostr.relay;

import org.jspecify.annotations.NullMarked;
