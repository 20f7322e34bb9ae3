package dev.stele.mcp.store;

import dev.stele.mcp.view.McpView.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The last events of streams, in memory.
 *
 * <p>Each stream has its last few, all streams together a bound in bytes; beyond it the stream that
 * was longest without an append or a replay goes whole. What is here was acked, so it may come in
 * any order, and has a gap until what is before it has come. Thread-safe, by one lock that is held
 * for moments.
 */
final class EventCache {
  /** 200 bytes for an event besides its payload: the objects that hold it. */
  static final long EVENT_BYTES = 200;

  private static final long NO_DOUBT = -1;

  /**
   * One event.
   *
   * @param payload not to be changed
   */
  record Cached(long sequence, Kind kind, byte[] payload, Instant recordedAt) {
    long bytes() {
      return payload.length + EVENT_BYTES;
    }
  }

  private static final class Ring {
    final TreeMap<Long, Cached> events = new TreeMap<>();

    /** The turn of the last append that may or may not be in the log. */
    long doubtedTurn = NO_DOUBT;
  }

  private final int eventsPerStream;
  private final long maxBytes;

  /** Every field below is guarded by this. Rings in order of their last use. */
  private final LinkedHashMap<String, Ring> rings = new LinkedHashMap<>(16, 0.75f, true);

  private long bytes;
  private long events;

  EventCache(int eventsPerStream, long maxBytes) {
    this.eventsPerStream = eventsPerStream;
    this.maxBytes = maxBytes;
  }

  /**
   * Takes an event that is in the log.
   *
   * @param turn of its append, in the order in which appends to its stream were submitted
   */
  synchronized void put(String stream, Cached event, long turn) {
    Ring ring = rings.computeIfAbsent(stream, _ -> new Ring());
    if (turn > ring.doubtedTurn) {
      // What came behind the doubted one is there: that one is there as well, and then it is a gap
      // here, or it is not, and there is none.
      ring.doubtedTurn = NO_DOUBT;
    }
    add(ring, event);
    while (ring.events.size() > eventsPerStream) {
      remove(ring);
    }
    while (bytes > maxBytes && rings.size() > 1) {
      Map.Entry<String, Ring> eldest = rings.firstEntry();
      while (!eldest.getValue().events.isEmpty()) {
        remove(eldest.getValue());
      }
      rings.remove(eldest.getKey());
    }
    while (bytes > maxBytes) {
      remove(ring);
    }
  }

  private void add(Ring ring, Cached event) {
    if (ring.events.put(event.sequence, event) == null) {
      bytes += event.bytes();
      events++;
    }
  }

  private void remove(Ring ring) {
    bytes -= ring.events.pollFirstEntry().getValue().bytes();
    events--;
  }

  /** Says that an append may or may not be in the log. */
  synchronized void doubt(String stream, long turn) {
    Ring ring = rings.computeIfAbsent(stream, _ -> new Ring());
    ring.doubtedTurn = Math.max(ring.doubtedTurn, turn);
  }

  /** Drops a beginning of a stream. */
  synchronized void drop(String stream, long upTo) {
    Ring ring = rings.get(stream);
    if (ring == null) {
      return;
    }
    while (!ring.events.isEmpty() && ring.events.firstKey() <= upTo) {
      remove(ring);
    }
    if (ring.events.isEmpty()) {
      rings.remove(stream);
    }
  }

  /**
   * What came after a place of a stream, to its end, without a gap; empty when that is not known
   * here.
   */
  synchronized Optional<Tail> after(String stream, long sequence) {
    Ring ring = rings.get(stream);
    return ring == null || ring.doubtedTurn != NO_DOUBT ? Optional.empty() : tail(ring, sequence);
  }

  /** The same where nobody can be asked: an append in doubt is left out. */
  synchronized Optional<Tail> remembered(String stream, long sequence) {
    Ring ring = rings.get(stream);
    return ring == null ? Optional.empty() : tail(ring, sequence);
  }

  /**
   * The end of a stream.
   *
   * @param events in order; none when the place asked for is the last
   * @param last the last event there is
   */
  record Tail(List<Cached> events, Cached last) {}

  private static Optional<Tail> tail(Ring ring, long sequence) {
    if (ring.events.isEmpty() || ring.events.lastKey() < sequence) {
      return Optional.empty();
    }
    List<Cached> tail = new ArrayList<>(ring.events.tailMap(sequence, false).values());
    long expected = sequence;
    for (Cached event : tail) {
      if (event.sequence != ++expected) {
        return Optional.empty();
      }
    }
    return Optional.of(new Tail(tail, ring.events.lastEntry().getValue()));
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized long events() {
    return events;
  }
}
