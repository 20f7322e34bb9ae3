package dev.stele.nostr.view;

import dev.stele.nostr.event.NostrEvent;

/** Which of two events that replace each other counts (NIP-01, "Kinds"). */
final class Newest {
  private Newest() {}

  /** Tells whether an event gives way to another one of this time and id. */
  static boolean isOlder(NostrEvent event, long createdAt, String id) {
    return event.createdAt() < createdAt
        || (event.createdAt() == createdAt && event.id().compareTo(id) > 0);
  }
}
