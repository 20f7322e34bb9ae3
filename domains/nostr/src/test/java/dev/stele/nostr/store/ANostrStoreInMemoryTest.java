package dev.stele.nostr.store;

class ANostrStoreInMemoryTest extends NostrStoreTck {
  @Override
  NostrStore open(NostrStoreOptions options) {
    return NostrStores.inMemory(options);
  }
}
