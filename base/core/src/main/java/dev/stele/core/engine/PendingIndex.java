package dev.stele.core.engine;

import dev.stele.core.event.EventRecord;
import java.util.ArrayList;
import java.util.Arrays;
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
 * <p>Every append passes through here, so claims are three numbers in arrays and a slot in a table,
 * not objects; the revisions of a stream follow one another, so a stream is a run of positions.
 *
 * <p>One thread writes; any thread may look up meanwhile, and finds all of an {@link #add} or none.
 */
public final class PendingIndex {
  /** How many events make a flush worth it: some 10 MB of memory, and seconds to replay at most. */
  public static final int FLUSH_AT = 32_768;

  private static final Comparator<IndexEntry> IN_ORDER = PendingIndex::compare;

  private static final int FIRST_CAPACITY = 1_024;

  /** The revisions of one stream that are here: without a gap, unless the log was tampered with. */
  private static final class Run {
    long[] revisions = new long[4];
    long[] positions = new long[4];
    int count;

    void add(long revision, long position) {
      if (count == positions.length) {
        revisions = Arrays.copyOf(revisions, 2 * count);
        positions = Arrays.copyOf(positions, 2 * count);
      }
      revisions[count] = revision;
      positions[count++] = position;
    }

    /** Where a revision is, or past the end. */
    int find(long revision) {
      long guess = revision - revisions[0];
      if (guess >= 0 && guess < count && revisions[(int) guess] == revision) {
        return (int) guess;
      }
      int at = 0;
      while (at < count && revisions[at] != revision) {
        at++;
      }
      return at;
    }
  }

  // All fields are guarded by this.

  /** The claims in the order in which they were made: key and position. */
  private long[] highs = new long[FIRST_CAPACITY];

  private long[] lows = new long[FIRST_CAPACITY];
  private long[] positions = new long[FIRST_CAPACITY];
  private int claims;

  /** Number of the last claim of a key, plus 1, at the key's slot or the next free one after it. */
  private int[] table = new int[4 * FIRST_CAPACITY];

  private final Map<IndexKey, Run> streams = new HashMap<>();
  private int events;

  /** The stream seen last: neighbours are often of one stream, and its key is a hash. */
  private byte[] lastStream = new byte[0];

  private IndexKey lastStreamKey = IndexKey.ofStream(lastStream);

  /** Adds the entries of rows that follow those added before. */
  public synchronized void add(List<Row> rows) {
    for (Row row : rows) {
      byte[] keys = row.keys();
      for (int at = 0; at < keys.length; at += Row.KEY_BYTES) {
        IndexKey key = IndexKey.of(keys, at);
        addClaim(key.high(), key.low(), row.position());
      }
      byte[] stream = EventRecord.streamBytes(row.record());
      if (!Arrays.equals(stream, lastStream)) {
        lastStream = stream;
        lastStreamKey = IndexKey.ofStream(stream);
      }
      long revision = EventRecord.revision(row.record());
      streams.computeIfAbsent(lastStreamKey, _ -> new Run()).add(revision, row.position());
      events++;
    }
  }

  private void addClaim(long high, long low, long position) {
    if (claims == highs.length) {
      grow();
    }
    highs[claims] = high;
    lows[claims] = low;
    positions[claims] = position;
    claims++;
    table[slot(high, low)] = claims;
  }

  private void grow() {
    int capacity = 2 * highs.length;
    highs = Arrays.copyOf(highs, capacity);
    lows = Arrays.copyOf(lows, capacity);
    positions = Arrays.copyOf(positions, capacity);
    table = new int[4 * capacity];
    for (int claim = 0; claim < claims; claim++) {
      table[slot(highs[claim], lows[claim])] = claim + 1;
    }
  }

  /** Where a key is in the table, or would be. */
  private int slot(long high, long low) {
    int mask = table.length - 1;
    // The bits come from a hash already, so any of them spread well.
    int slot = (int) low & mask;
    while (table[slot] != 0 && (highs[table[slot] - 1] != high || lows[table[slot] - 1] != low)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** The last position that claimed a key, 0 when none here did. */
  public synchronized long find(IndexKey claim) {
    int number = table[slot(claim.high(), claim.low())];
    return number == 0 ? 0 : positions[number - 1];
  }

  /** The last revision of a stream, 0 when the stream is not here. */
  public synchronized long lastRevision(IndexKey stream) {
    Run run = streams.get(stream);
    return run == null ? 0 : run.revisions[run.count - 1];
  }

  /** The positions of a stream's revisions from {@code revision} on, as far as they are here. */
  public synchronized List<Long> positions(IndexKey stream, long revision, int limit) {
    List<Long> found = new ArrayList<>();
    Run run = streams.get(stream);
    if (run != null) {
      long next = revision;
      for (int at = run.find(revision);
          at < run.count && found.size() < limit && run.revisions[at] == next;
          at++, next++) {
        found.add(run.positions[at]);
      }
    }
    return found;
  }

  /** How many events are here. */
  public synchronized int size() {
    return events;
  }

  /** A copy of the claims, in the order of key and then position. */
  public synchronized List<IndexEntry> sortedClaims() {
    IndexEntry[] entries = new IndexEntry[claims];
    for (int claim = 0; claim < claims; claim++) {
      entries[claim] = new IndexEntry(new IndexKey(highs[claim], lows[claim]), 0, positions[claim]);
    }
    return sorted(entries);
  }

  /** A copy of the stream entries, in the order of key and then revision. */
  public synchronized List<IndexEntry> sortedStreams() {
    IndexEntry[] entries = new IndexEntry[events];
    int at = 0;
    for (Map.Entry<IndexKey, Run> stream : streams.entrySet()) {
      Run run = stream.getValue();
      for (int i = 0; i < run.count; i++) {
        entries[at++] = new IndexEntry(stream.getKey(), run.revisions[i], run.positions[i]);
      }
    }
    return sorted(entries);
  }

  private static int compare(IndexEntry one, IndexEntry other) {
    int byKey = one.key().compareTo(other.key());
    if (byKey != 0) {
      return byKey;
    }
    int byRevision = Long.compare(one.revision(), other.revision());
    return byRevision != 0 ? byRevision : Long.compare(one.position(), other.position());
  }

  private static List<IndexEntry> sorted(IndexEntry[] entries) {
    Arrays.sort(entries, IN_ORDER);
    return List.of(entries);
  }

  /** Forgets everything: it was flushed. */
  public synchronized void clear() {
    Arrays.fill(table, 0);
    claims = 0;
    events = 0;
    streams.clear();
  }
}
