/**
 * A store of Nostr events: what a relay, a sync or a renderer writes to and asks.
 *
 * <pre>
 *   store ──► known id? ──► gate: hash, signature ──► view: superseded, deleted, vanished?
 *               │ yes: no hash, no signature              │ no
 *               ▼                                         ▼
 *            Duplicate             round: log, durable ──► view ──► what came of each
 *                                    (with others who store)  │
 *   follow ◄── one queue for each follower ◄── in the log's order, and what is ephemeral
 *   query, count ──► view, once it reflects what was appended before
 * </pre>
 *
 * <p>Start with {@link NostrStore}; {@link NostrStores} opens one. Depends on {@code event}, {@code
 * filter}, {@code gate}, {@code view} and {@code core}; engines come by URI.
 */
@NullMarked
package dev.stele.nostr.store;

import org.jspecify.annotations.NullMarked;
