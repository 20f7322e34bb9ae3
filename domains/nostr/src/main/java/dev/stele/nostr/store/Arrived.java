package dev.stele.nostr.store;

import dev.stele.nostr.event.NostrEvent;

/**
 * An event that came in.
 *
 * @param position in the log; of an ephemeral event, which is in none, where the log ended when it
 *     came
 * @param event the event
 * @param ephemeral whether it is passed on only
 */
public record Arrived(long position, NostrEvent event, boolean ephemeral) {}
