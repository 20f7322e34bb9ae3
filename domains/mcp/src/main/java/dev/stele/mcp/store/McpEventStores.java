package dev.stele.mcp.store;

/** Opens stores. */
public final class McpEventStores {
  private McpEventStores() {}

  /** A store that is gone with the process: see {@link McpStoreOptions#cacheEventsPerStream}. */
  public static McpEventStore inMemory(McpStoreOptions options) {
    return new ObservedMcpEventStore(new InMemoryMcpEventStore(options));
  }
}
