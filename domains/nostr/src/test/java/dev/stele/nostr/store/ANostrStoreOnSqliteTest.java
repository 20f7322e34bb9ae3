package dev.stele.nostr.store;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ANostrStoreOnSqliteTest extends NostrStoreTck {
  @TempDir Path folder;

  @Override
  NostrStore open(NostrStoreOptions options) {
    return NostrStores.open(
        "sqlite:" + folder.resolve("store"), options.anchoredIn(folder.resolve("anchor")));
  }
}
