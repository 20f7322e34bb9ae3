package dev.stele.core.engine;

import dev.stele.core.event.EventRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An engine that keeps everything in the heap, for tests, for examples and as the model that every
 * other engine is compared with.
 *
 * <p>It can honour no durability, and says so in every ack. Thread-safe.
 */
public final class MemoryLogEngine implements LogEngine, Erasable, Trimmable, Restorable {
  private record TileAt(int level, long index) {}

  private static final class Log {
    final List<Row> rows = new ArrayList<>();
    final TreeMap<IndexKey, List<Long>> claims = new TreeMap<>();
    final TreeMap<IndexKey, List<Long>> streams = new TreeMap<>();
    final Map<TileAt, Tile> tiles = new HashMap<>();
    final TreeMap<Long, StoredCheckpoint> checkpoints = new TreeMap<>();

    /** How many rows were trimmed: {@link #rows} begins after them. */
    long trimmed;

    Head head() {
      return rows.isEmpty()
          ? new Head(0, new byte[0])
          : new Head(trimmed + rows.size(), rows.getLast().link());
    }

    Row row(long position) {
      return rows.get((int) (position - trimmed - 1));
    }
  }

  /** Guards every field of every log, and {@link #closed}. */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  private final Map<LogId, Log> logs = new HashMap<>();
  private boolean closed;

  @Override
  public Durability strongest() {
    return Durability.MEMORY;
  }

  @Override
  public Head head(LogId id) {
    return reading(() -> log(id).head());
  }

  @Override
  public CommitResult commit(LogId id, Head expected, Batch batch, Durability durability) {
    return commit(id, expected, batch, _ -> {});
  }

  @Override
  public CommitResult commitErasing(
      LogId id, Head expected, Batch batch, List<PositionRange> erased, Durability durability) {
    return commit(id, expected, batch, log -> erase(log, erased));
  }

  @Override
  public CommitResult commitTrimming(
      LogId id, Head expected, Batch batch, long upTo, Durability durability) {
    if (upTo >= expected.size()) {
      throw new IllegalArgumentException(
          "trimming up to %d leaves nothing of %d events".formatted(upTo, expected.size()));
    }
    return commit(id, expected, batch, log -> trim(log, upTo));
  }

  @Override
  public CommitResult commitBehind(
      LogId id, TrimmedPrefix prefix, Batch batch, Durability durability) {
    return commit(
        id,
        new Head(0, new byte[0]),
        prefix.head(),
        batch,
        log -> {
          log.trimmed = prefix.head().size();
          for (Tile tile : prefix.tiles()) {
            log.tiles.put(new TileAt(tile.level(), tile.index()), tile);
          }
          for (IndexEntry entry : prefix.claims()) {
            log.claims.computeIfAbsent(entry.key(), _ -> new ArrayList<>()).add(entry.position());
          }
          for (IndexEntry entry : prefix.streams()) {
            log.streams.computeIfAbsent(entry.key(), _ -> new ArrayList<>()).add(entry.position());
          }
        });
  }

  private static void erase(Log log, List<PositionRange> erased) {
    for (PositionRange range : erased) {
      for (long at = Math.max(range.first(), log.trimmed + 1); at <= range.last(); at++) {
        Row row = log.row(at);
        log.rows.set(
            (int) (at - log.trimmed - 1), new Row(at, row.link(), row.record(), null, row.keys()));
      }
    }
  }

  private static void trim(Log log, long upTo) {
    List<Row> dropped = log.rows.subList(0, (int) Math.max(0, upTo - log.trimmed));
    for (Row row : dropped) {
      for (IndexKey key : row.expiringKeys()) {
        List<Long> positions = log.claims.getOrDefault(key, new ArrayList<>());
        positions.remove(row.position());
        if (positions.isEmpty()) {
          log.claims.remove(key);
        }
      }
    }
    log.trimmed += dropped.size();
    dropped.clear();
  }

  private CommitResult commit(LogId id, Head expected, Batch batch, Consumer<Log> forget) {
    return commit(id, expected, expected, batch, forget);
  }

  /** Commits a batch that continues another head than the one the log must have. */
  private CommitResult commit(
      LogId id, Head expected, Head continued, Batch batch, Consumer<Log> forget) {
    lock.writeLock().lock();
    try {
      requireOpen();
      Log log = logs.computeIfAbsent(id, _ -> new Log());
      Head actual = log.head();
      if (actual.size() != expected.size() || (actual.size() > 0 && !actual.equals(expected))) {
        return new CommitResult.HeadMoved(actual);
      }
      batch.requireContinues(continued);
      forget.accept(log);
      for (Row row : batch.rows()) {
        log.rows.add(row);
        for (int at = 0; at < row.keys().length; at += Row.KEY_BYTES) {
          log.claims
              .computeIfAbsent(IndexKey.of(row.keys(), at), _ -> new ArrayList<>())
              .add(row.position());
        }
        log.streams
            .computeIfAbsent(
                IndexKey.ofStream(EventRecord.streamBytes(row.record())), _ -> new ArrayList<>())
            .add(row.position());
      }
      for (Tile tile : batch.tiles()) {
        log.tiles.put(new TileAt(tile.level(), tile.index()), tile);
      }
      if (batch.checkpoint() != null) {
        log.checkpoints.put(batch.checkpoint().size(), batch.checkpoint());
      }
      return new CommitResult.Committed(Durability.MEMORY);
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public List<Row> read(LogId id, long after, int limit) {
    return reading(
        () -> {
          Log log = log(id);
          List<Row> rows = log.rows;
          List<Row> read = new ArrayList<>();
          long bytes = 0;
          for (long at = Math.max(0, after - log.trimmed);
              at < rows.size() && read.size() < limit && bytes <= MAX_READ_BYTES;
              at++) {
            Row row = rows.get((int) at);
            read.add(row);
            bytes += row.sizeBytes();
          }
          return read;
        });
  }

  @Override
  public List<Row> readStream(LogId id, IndexKey stream, long afterRevision, int limit) {
    return reading(
        () -> {
          Log log = log(id);
          List<Long> positions = log.streams.getOrDefault(stream, List.of());
          List<Row> read = new ArrayList<>();
          long bytes = 0;
          for (long at = afterRevision;
              at < positions.size() && read.size() < limit && bytes <= MAX_READ_BYTES;
              at++) {
            if (positions.get((int) at) <= log.trimmed) {
              continue;
            }
            Row row = log.row(positions.get((int) at));
            read.add(row);
            bytes += row.sizeBytes();
          }
          return read;
        });
  }

  @Override
  public long lastRevision(LogId id, IndexKey stream) {
    return reading(() -> (long) log(id).streams.getOrDefault(stream, List.of()).size());
  }

  @Override
  public long find(LogId id, IndexKey claim) {
    return reading(
        () -> {
          List<Long> positions = log(id).claims.get(claim);
          return positions == null ? 0L : positions.getLast();
        });
  }

  @Override
  public Optional<Tile> tile(LogId id, int level, long index) {
    return reading(() -> Optional.ofNullable(log(id).tiles.get(new TileAt(level, index))));
  }

  @Override
  public List<StoredCheckpoint> checkpoints(LogId id, long fromSize, int limit) {
    return reading(
        () -> log(id).checkpoints.tailMap(fromSize).values().stream().limit(limit).toList());
  }

  @Override
  public Optional<StoredCheckpoint> latestCheckpoint(LogId id) {
    return reading(
        () -> Optional.ofNullable(log(id).checkpoints.lastEntry()).map(Map.Entry::getValue));
  }

  @Override
  public long scanClaims(LogId id, Consumer<IndexEntry> sink) {
    return reading(
        () -> {
          Log log = log(id);
          log.claims.forEach(
              (key, positions) ->
                  positions.forEach(position -> sink.accept(new IndexEntry(key, 0, position))));
          return log.head().size();
        });
  }

  @Override
  public long scanStreams(LogId id, Consumer<IndexEntry> sink) {
    return reading(
        () -> {
          Log log = log(id);
          log.streams.forEach(
              (key, positions) -> {
                for (int i = 0; i < positions.size(); i++) {
                  sink.accept(new IndexEntry(key, i + 1L, positions.get(i)));
                }
              });
          return log.head().size();
        });
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private Log log(LogId id) {
    return logs.getOrDefault(id, new Log());
  }

  private <T> T reading(Supplier<T> work) {
    lock.readLock().lock();
    try {
      requireOpen();
      return work.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new LogClosed("this in-memory engine was closed");
    }
  }
}
