package dev.stele.mcp.store;

class AnMcpEventStoreInMemoryTest extends McpEventStoreTck {
  @Override
  McpEventStore open(McpStoreOptions options) {
    return McpEventStores.inMemory(options);
  }
}
