package dev.stele.nostr.store;

/** Takes the events of an answer. */
@FunctionalInterface
public interface Sink {
  /**
   * Takes the next event; may take its time, for nothing is held meanwhile.
   *
   * @return whether it wants another
   */
  boolean accept(StoredNostrEvent event);
}
