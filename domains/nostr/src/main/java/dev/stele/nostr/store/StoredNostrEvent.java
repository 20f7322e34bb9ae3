package dev.stele.nostr.store;

import dev.stele.nostr.event.NostrEvent;

/**
 * A visible event with its place.
 *
 * @param position in the log
 * @param event as it was read
 * @param json its text as it was admitted, in the one way that {@link
 *     dev.stele.nostr.event.EventJson#write} writes
 */
public record StoredNostrEvent(long position, NostrEvent event, String json) {}
