package dev.stele.mcp.store;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class AnMcpEventStoreOnLmdbTest extends McpEventStoreTck {
  @TempDir Path folder;

  @Override
  McpEventStore open(McpStoreOptions options) {
    return McpEventStores.open(
        "lmdb:" + folder.resolve("store"), options.anchoredIn(folder.resolve("anchor")));
  }
}
