/**
 * Where Nostr events are kept: what a relay, a sync and a renderer ask, and nothing of how.
 *
 * <pre>
 *   NostrStore ── store ─► StoreOutcome   Stored · Duplicate · Superseded · Deleted · ...
 *              ── query ─► StoredNostrEvent, newest first, and QueryEnd   Complete · More
 *              ── follow ─► Arrived, in the order of the log
 * </pre>
 *
 * <p>Start with {@link dev.stele.nostr.store.NostrStore}.
 */
@NullMarked
package dev.stele.nostr.store;

import org.jspecify.annotations.NullMarked;
