package dev.stele.mcp.store;

import dev.stele.core.storage.StorageRequest;
import java.util.List;

/** The SQL of a store on engines that have some: the view {@code events} of what is in its log. */
final class McpSchema {
  /** Versions that run once each and in order. */
  static final List<StorageRequest.Script> SCRIPTS =
      List.of(new StorageRequest.Script("sqlite", "mcp", "dev/stele/mcp/sqlite"));

  private McpSchema() {}
}
