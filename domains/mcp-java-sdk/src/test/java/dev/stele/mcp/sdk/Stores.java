package dev.stele.mcp.sdk;

import dev.stele.mcp.store.McpEventStore;
import dev.stele.mcp.store.McpEventStores;
import dev.stele.mcp.store.McpRetention;
import dev.stele.mcp.store.McpStoreOptions;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;

/** The stores that tests stand on. */
final class Stores {
  /** 100,000 events a stream: none is lost for want of memory. */
  private static final int PLENTY = 100_000;

  private Stores() {}

  static McpEventStore inMemory() {
    return inMemory(InstantSource.system());
  }

  static McpEventStore inMemory(InstantSource clock) {
    return McpEventStores.inMemory(
        McpStoreOptions.DEFAULT
            .keeping(McpRetention.NONE)
            .caching(PLENTY, McpStoreOptions.DEFAULT_CACHE_BYTES)
            .with(clock, new SplittableRandom(1)));
  }

  static McpEventStore onDisk(Path folder) {
    return McpEventStores.open(
        "sqlite:" + folder.resolve("store"),
        McpStoreOptions.DEFAULT.keeping(McpRetention.NONE).anchoredIn(folder.resolve("anchor")));
  }

  /** The same store, whose first call is held up until it is let through. */
  static McpEventStore held(McpEventStore store, CountDownLatch asked, CountDownLatch through) {
    return (McpEventStore)
        Proxy.newProxyInstance(
            McpEventStore.class.getClassLoader(),
            new Class<?>[] {McpEventStore.class},
            (_, method, arguments) -> {
              asked.countDown();
              through.await();
              return method.invoke(store, arguments);
            });
  }
}
