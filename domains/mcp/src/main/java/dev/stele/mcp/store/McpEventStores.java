package dev.stele.mcp.store;

import dev.stele.core.log.EventLog;
import java.util.Optional;

/** Opens stores. */
public final class McpEventStores {
  private McpEventStores() {}

  /** A store that is gone with the process: see {@link McpStoreOptions#cacheEventsPerStream}. */
  public static McpEventStore inMemory(McpStoreOptions options) {
    return new ObservedMcpEventStore(new InMemoryMcpEventStore(options));
  }

  /**
   * A store whose streams are in a log: {@code sqlite:FOLDER}, {@code sqlite:FILE.db}, {@code
   * lmdb:FOLDER}, {@code postgres://…} or {@code memory:}. What is not there yet is made, with its
   * keys.
   *
   * @param uri of a storage whose engine is on the class path
   * @throws IllegalArgumentException when it is not
   * @throws dev.stele.core.engine.StorageFailed when it cannot be opened
   */
  public static McpEventStore open(String uri, McpStoreOptions options) {
    return new ObservedMcpEventStore(LogMcpEventStore.open(uri, options));
  }

  /** The log below a store: its checkpoints and proofs are for everybody. Empty where none is. */
  public static Optional<EventLog> log(McpEventStore store) {
    McpEventStore within = store instanceof ObservedMcpEventStore seen ? seen.store() : store;
    return within instanceof LogMcpEventStore ofLog ? Optional.of(ofLog.log()) : Optional.empty();
  }
}
