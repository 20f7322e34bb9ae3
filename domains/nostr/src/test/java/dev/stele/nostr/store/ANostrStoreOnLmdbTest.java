package dev.stele.nostr.store;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ANostrStoreOnLmdbTest extends NostrStoreTck {
  @TempDir Path folder;

  @Override
  NostrStore open(NostrStoreOptions options) {
    return NostrStores.open(
        "lmdb:" + folder.resolve("store"), options.anchoredIn(folder.resolve("anchor")));
  }
}
