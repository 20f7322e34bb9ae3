package dev.stele.mcp.store;

class AnMcpEventStoreInALogInMemoryTest extends McpEventStoreTck {
  @Override
  McpEventStore open(McpStoreOptions options) {
    return McpEventStores.open("memory:", options);
  }
}
