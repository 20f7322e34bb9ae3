package dev.stele.mcp.store;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogOptions;
import dev.stele.mcp.config.EventStoreConfig;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How a store is opened.
 *
 * @param durability what an ack means
 * @param retention how much is kept
 * @param cacheEventsPerStream how many of a stream's last events memory holds; of a store that is
 *     in memory alone, how many there are at all
 * @param cacheBytes how many bytes all of them take at most
 * @param cleanupIntervalEvents after how many appends retention is applied
 * @param batchSize how many messages of a mass insert share a commit
 * @param origin the log's name in its checkpoints, for a store that is made
 * @param anchorFolder where the anchor is, when not in the user's state folder
 * @param clock tells the time
 * @param random makes salts and keys
 */
public record McpStoreOptions(
    Durability durability,
    McpRetention retention,
    int cacheEventsPerStream,
    long cacheBytes,
    int cleanupIntervalEvents,
    int batchSize,
    String origin,
    Optional<Path> anchorFolder,
    InstantSource clock,
    RandomGenerator random) {
  /** 100 MB: what a server can spare for its clients' last events. */
  public static final long DEFAULT_CACHE_BYTES = 100_000_000;

  /**
   * Durable, 1,000 events a stream for 30 days, the last 100 of each in memory within 100 MB,
   * retention every 100 appends.
   */
  public static final McpStoreOptions DEFAULT =
      new McpStoreOptions(
          Durability.DURABLE,
          McpRetention.NONE.maxAge(Duration.ofDays(30)).perStream(1_000, McpRetention.UNBOUNDED),
          100,
          DEFAULT_CACHE_BYTES,
          100,
          50,
          "stele.local/mcp",
          Optional.empty(),
          InstantSource.system(),
          new SecureRandom());

  /** Checks the bounds. */
  public McpStoreOptions {
    if (cacheEventsPerStream < 1 || cacheBytes < 1) {
      throw new IllegalArgumentException(
          "memory holds 1 event and 1 byte or more, not %d and %d"
              .formatted(cacheEventsPerStream, cacheBytes));
    }
    if (cleanupIntervalEvents < 1 || batchSize < 1) {
      throw new IllegalArgumentException(
          "a clean-up comes after 1 append or more, and a batch has 1 message or more, not %d and %d"
              .formatted(cleanupIntervalEvents, batchSize));
    }
  }

  /** The same with another meaning of an ack. */
  public McpStoreOptions at(Durability other) {
    return new McpStoreOptions(
        other,
        retention,
        cacheEventsPerStream,
        cacheBytes,
        cleanupIntervalEvents,
        batchSize,
        origin,
        anchorFolder,
        clock,
        random);
  }

  /** The same with more or less kept. */
  public McpStoreOptions keeping(McpRetention other) {
    return new McpStoreOptions(
        durability,
        other,
        cacheEventsPerStream,
        cacheBytes,
        cleanupIntervalEvents,
        batchSize,
        origin,
        anchorFolder,
        clock,
        random);
  }

  /** The same with more or less in memory. */
  public McpStoreOptions caching(int eventsPerStream, long bytes) {
    return new McpStoreOptions(
        durability,
        retention,
        eventsPerStream,
        bytes,
        cleanupIntervalEvents,
        batchSize,
        origin,
        anchorFolder,
        clock,
        random);
  }

  /** The same with other paces. */
  public McpStoreOptions paced(int otherCleanupIntervalEvents, int otherBatchSize) {
    return new McpStoreOptions(
        durability,
        retention,
        cacheEventsPerStream,
        cacheBytes,
        otherCleanupIntervalEvents,
        otherBatchSize,
        origin,
        anchorFolder,
        clock,
        random);
  }

  /** The same with another log's name. */
  public McpStoreOptions named(String otherOrigin) {
    return new McpStoreOptions(
        durability,
        retention,
        cacheEventsPerStream,
        cacheBytes,
        cleanupIntervalEvents,
        batchSize,
        otherOrigin,
        anchorFolder,
        clock,
        random);
  }

  /** The same with the anchor in a folder. */
  public McpStoreOptions anchoredIn(Path folder) {
    return new McpStoreOptions(
        durability,
        retention,
        cacheEventsPerStream,
        cacheBytes,
        cleanupIntervalEvents,
        batchSize,
        origin,
        Optional.of(folder),
        clock,
        random);
  }

  /** The same with another clock and other randomness. */
  public McpStoreOptions with(InstantSource otherClock, RandomGenerator otherRandom) {
    return new McpStoreOptions(
        durability,
        retention,
        cacheEventsPerStream,
        cacheBytes,
        cleanupIntervalEvents,
        batchSize,
        origin,
        anchorFolder,
        otherClock,
        otherRandom);
  }

  McpStoreOptions configured(EventStoreConfig config) {
    return keeping(
            retention
                .maxAge(Duration.ofDays(config.retentionDays()))
                .perStream(config.maxEventsPerStream(), retention.maxBytesPerStream()))
        .caching(config.memoryCacheSize(), cacheBytes)
        .paced(config.cleanupIntervalEvents(), config.batchSize());
  }

  LogOptions forLog(Anchor anchor) {
    return LogOptions.withAnchor(anchor).with(clock, random);
  }
}
