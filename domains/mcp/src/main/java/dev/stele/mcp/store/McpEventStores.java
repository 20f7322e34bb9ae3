package dev.stele.mcp.store;

import dev.stele.core.log.EventLog;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.View;
import java.util.List;
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
    return open(uri, options, List.of());
  }

  /**
   * As {@link #open(String, McpStoreOptions)}, with more views of the same log.
   *
   * @param alongside views that the store does not ask itself; read them by {@link #views}
   */
  public static McpEventStore open(String uri, McpStoreOptions options, List<View> alongside) {
    return new ObservedMcpEventStore(LogMcpEventStore.open(uri, options, alongside));
  }

  /** The log below a store: its checkpoints and proofs are for everybody. Empty where none is. */
  public static Optional<EventLog> log(McpEventStore store) {
    return ofLog(store).map(LogMcpEventStore::log);
  }

  /** The views of the log below a store. Empty where none is. */
  public static Optional<KeptViews> views(McpEventStore store) {
    return ofLog(store).map(LogMcpEventStore::views);
  }

  private static Optional<LogMcpEventStore> ofLog(McpEventStore store) {
    McpEventStore within = store instanceof ObservedMcpEventStore seen ? seen.store() : store;
    return within instanceof LogMcpEventStore ofLog ? Optional.of(ofLog) : Optional.empty();
  }
}
