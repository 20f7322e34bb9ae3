package dev.stele.mcp.store;

import dev.stele.core.log.EventLog;
import dev.stele.mcp.config.EventStoreConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Opens stores.
 *
 * <pre>
 *   try (McpEventStore store = McpEventStores.open(EventStoreConfig.PRODUCTION)) {
 *     McpAppend appended = store.append(McpScope.ofSession(id), "1", McpMessage.Json.of(message));
 *     store.replayAfter(McpScope.ofSession(id), lastEventId, event -&gt; send(event));
 *   }
 * </pre>
 */
public final class McpEventStores {
  private McpEventStores() {}

  /**
   * The store that the environment of this process says, {@code EVENT_STORE_*}.
   *
   * @throws dev.stele.mcp.config.InvalidConfig when it says what cannot be
   */
  public static McpEventStore fromEnvironment() {
    return open(EventStoreConfig.fromEnvironment(System::getenv));
  }

  /** The store that a configuration says. */
  public static McpEventStore open(EventStoreConfig config) {
    return open(config, McpStoreOptions.DEFAULT);
  }

  /**
   * The store that a configuration says.
   *
   * @param rest what a configuration does not say: the meaning of an ack, the clock, the anchor
   */
  public static McpEventStore open(EventStoreConfig config, McpStoreOptions rest) {
    McpStoreOptions options = rest.configured(config);
    return config.persistent()
        ? open(config.storage(), options)
        : inMemory(options.caching(config.maxEventsPerStream(), options.cacheBytes()));
  }

  /**
   * A store of some settings; the others have their defaults.
   *
   * @param persistent whether it outlives the process
   * @param settings by their names, such as {@code max_events_per_stream}: also all that {@link
   *     EventStoreConfig#toMap} gives
   * @throws dev.stele.mcp.config.InvalidConfig when a name is none, or a value cannot be
   */
  public static McpEventStore create(boolean persistent, Map<String, ?> settings) {
    Map<String, Object> all = new LinkedHashMap<>(settings);
    all.put("persistent", persistent);
    return create(all);
  }

  /** As {@link #create(boolean, Map)}, persistent unless the settings say otherwise. */
  public static McpEventStore create(Map<String, ?> settings) {
    return open(EventStoreConfig.DEFAULT.with(settings));
  }

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
    return within(store) instanceof LogMcpEventStore ofLog
        ? Optional.of(ofLog.log())
        : Optional.empty();
  }

  /**
   * How many messages and cursors each stream holds, by the stream's name in the log ({@code
   * mcp/TENANT/USER/SESSION/STREAM}).
   */
  public static Map<String, Long> streamStats(McpEventStore store) {
    return switch (within(store)) {
      case LogMcpEventStore ofLog -> ofLog.streamStats();
      case InMemoryMcpEventStore inMemory -> inMemory.streamStats();
      default -> throw new IllegalArgumentException("these are the figures of own stores");
    };
  }

  /**
   * Figures of a store under the names that its users know, its size in megabytes; of an empty
   * store the oldest and the newest event are null.
   */
  public static Map<String, @Nullable Object> databaseInfo(
      McpEventStore store, EventStoreConfig config) {
    McpStoreStats stats = store.stats();
    Map<String, @Nullable Object> info = new LinkedHashMap<>();
    info.put("database_path", config.absoluteDbPath());
    info.put("database_size_mb", Math.round(stats.sizeBytes() * 100 / (1024.0 * 1024.0)) / 100.0);
    info.put("total_events", stats.totalEvents());
    info.put("total_streams", stats.totalStreams());
    info.put("oldest_event", stats.oldestEvent().map(String::valueOf).orElse(null));
    info.put("newest_event", stats.newestEvent().map(String::valueOf).orElse(null));
    info.put("cache_size", stats.cacheSize());
    info.put("retention_days", config.retentionDays());
    return info;
  }

  private static McpEventStore within(McpEventStore store) {
    return store instanceof ObservedMcpEventStore seen ? seen.store() : store;
  }
}
