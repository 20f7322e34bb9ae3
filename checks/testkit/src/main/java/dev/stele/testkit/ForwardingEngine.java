package dev.stele.testkit;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Erasable;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Restorable;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.Trimmable;
import dev.stele.core.engine.TrimmedPrefix;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An engine that passes every call on to another one, which must have the powers that are asked
 * for. As thread-safe as that one.
 */
abstract class ForwardingEngine implements LogEngine, Erasable, Trimmable, Restorable {
  final LogEngine engine;

  ForwardingEngine(LogEngine engine) {
    this.engine = engine;
  }

  @Override
  public Durability strongest() {
    return engine.strongest();
  }

  @Override
  public Head head(LogId log) {
    return engine.head(log);
  }

  @Override
  public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
    return engine.commit(log, expected, batch, durability);
  }

  @Override
  public CommitResult commitErasing(
      LogId log, Head expected, Batch batch, List<PositionRange> erased, Durability durability) {
    return ((Erasable) engine).commitErasing(log, expected, batch, erased, durability);
  }

  @Override
  public CommitResult commitTrimming(
      LogId log, Head expected, Batch batch, long upTo, Durability durability) {
    return ((Trimmable) engine).commitTrimming(log, expected, batch, upTo, durability);
  }

  @Override
  public CommitResult commitBehind(
      LogId log, TrimmedPrefix prefix, Batch batch, Durability durability) {
    return ((Restorable) engine).commitBehind(log, prefix, batch, durability);
  }

  @Override
  public List<Row> read(LogId log, long after, int limit) {
    return engine.read(log, after, limit);
  }

  @Override
  public List<Row> readStream(LogId log, IndexKey stream, long afterRevision, int limit) {
    return engine.readStream(log, stream, afterRevision, limit);
  }

  @Override
  public long lastRevision(LogId log, IndexKey stream) {
    return engine.lastRevision(log, stream);
  }

  @Override
  public long find(LogId log, IndexKey claim) {
    return engine.find(log, claim);
  }

  @Override
  public Optional<Tile> tile(LogId log, int level, long index) {
    return engine.tile(log, level, index);
  }

  @Override
  public List<StoredCheckpoint> checkpoints(LogId log, long fromSize, int limit) {
    return engine.checkpoints(log, fromSize, limit);
  }

  @Override
  public Optional<StoredCheckpoint> latestCheckpoint(LogId log) {
    return engine.latestCheckpoint(log);
  }

  @Override
  public long scanClaims(LogId log, Consumer<IndexEntry> sink) {
    return engine.scanClaims(log, sink);
  }

  @Override
  public long scanStreams(LogId log, Consumer<IndexEntry> sink) {
    return engine.scanStreams(log, sink);
  }

  @Override
  public void close() {
    engine.close();
  }
}
