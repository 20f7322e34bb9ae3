package dev.stele.core.engine;

import dev.stele.core.event.EventRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The newest part of an engine's two indexes, kept in memory until it is worth writing down.
 *
 * <p>Claim keys are random, so that an index kept up in every commit dirties a page for every
 * event. Engines keep the newest entries here instead, flush them in order once there are {@link
 * #FLUSH_AT}, remember up to which position they have flushed, and replay the rest from the log
 * when they open. The log itself is never behind.
 *
 * <p>One thread writes; any thread may look up meanwhile, and finds all of an {@link #add} or none.
 */
public final class PendingIndex {
  /** How many events make a flush worth it: some 10 MB of memory, and seconds to replay at most. */
  public static final int FLUSH_AT = 32_768;

  private static final Comparator<IndexEntry> IN_ORDER =
      Comparator.comparing(IndexEntry::key)
          .thenComparingLong(IndexEntry::revision)
          .thenComparingLong(IndexEntry::position);

  private record StreamPlace(IndexKey key, long revision) {}

  /** Guarded by this. */
  private final Map<IndexKey, Long> lastClaimed = new HashMap<>();

  /** Guarded by this. */
  private final Map<IndexKey, Long> lastRevisions = new HashMap<>();

  /** Guarded by this. */
  private final Map<StreamPlace, Long> streamPlaces = new HashMap<>();

  /** Guarded by this. */
  private final List<IndexEntry> claims = new ArrayList<>();

  /** Guarded by this. */
  private final List<IndexEntry> streams = new ArrayList<>();

  /** Adds the entries of rows that follow those added before. */
  public synchronized void add(List<Row> rows) {
    for (Row row : rows) {
      for (int at = 0; at < row.keys().length; at += Row.KEY_BYTES) {
        IndexKey key = IndexKey.of(row.keys(), at);
        lastClaimed.put(key, row.position());
        claims.add(new IndexEntry(key, 0, row.position()));
      }
      IndexKey stream = IndexKey.ofStream(EventRecord.streamBytes(row.record()));
      long revision = EventRecord.revision(row.record());
      lastRevisions.put(stream, revision);
      streamPlaces.put(new StreamPlace(stream, revision), row.position());
      streams.add(new IndexEntry(stream, revision, row.position()));
    }
  }

  /** The last position that claimed a key, 0 when none here did. */
  public synchronized long find(IndexKey claim) {
    return lastClaimed.getOrDefault(claim, 0L);
  }

  /** The last revision of a stream, 0 when the stream is not here. */
  public synchronized long lastRevision(IndexKey stream) {
    return lastRevisions.getOrDefault(stream, 0L);
  }

  /** The positions of a stream's revisions from {@code revision} on, as far as they are here. */
  public synchronized List<Long> positions(IndexKey stream, long revision, int limit) {
    List<Long> positions = new ArrayList<>();
    Long position = streamPlaces.get(new StreamPlace(stream, revision));
    while (position != null && positions.size() < limit) {
      positions.add(position);
      position = streamPlaces.get(new StreamPlace(stream, revision + positions.size()));
    }
    return positions;
  }

  /** How many events are here. */
  public synchronized int size() {
    return streams.size();
  }

  /** A copy of the claims, in the order of key and then position. */
  public synchronized List<IndexEntry> sortedClaims() {
    return claims.stream().sorted(IN_ORDER).toList();
  }

  /** A copy of the stream entries, in the order of key and then revision. */
  public synchronized List<IndexEntry> sortedStreams() {
    return streams.stream().sorted(IN_ORDER).toList();
  }

  /** Forgets everything: it was flushed. */
  public synchronized void clear() {
    claims.clear();
    streams.clear();
    lastClaimed.clear();
    lastRevisions.clear();
    streamPlaces.clear();
  }
}
