package dev.stele.mcp.store;

import dev.stele.mcp.view.McpView.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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

  /**
   * The last events of one stream, each in the slot of its sequence: a window over sequences that
   * ends with the highest, and has empty slots where an event has not come yet or was dropped.
   */
  private static final class Ring {
    private static final int SMALLEST = 16;

    private @Nullable Cached[] slots = new @Nullable Cached[SMALLEST];

    /** The lowest sequence that may be in its slot. */
    private long first = 1;

    /** The highest sequence that came; below {@link #first} when nothing is here. */
    private long last;

    /** The turn of the last append that may or may not be in the log. */
    long doubtedTurn = NO_DOUBT;

    boolean isEmpty() {
      return last < first;
    }

    @Nullable Cached at(long sequence) {
      return sequence < first || sequence > last ? null : slots[slot(sequence)];
    }

    private int slot(long sequence) {
      return (int) (sequence & (slots.length - 1));
    }

    /** Makes place for a sequence in a window of a size; false when it is older than that. */
    boolean reach(long sequence, int window, Consumer<Cached> dropped) {
      if (isEmpty()) {
        first = sequence;
        last = sequence;
        return true;
      }
      if (sequence <= last - window) {
        return false;
      }
      dropUpTo(sequence - window, dropped);
      long from = isEmpty() ? sequence : Math.min(first, sequence);
      long to = isEmpty() ? sequence : Math.max(last, sequence);
      if (to - from >= slots.length) {
        grow(to - from + 1);
      }
      first = from;
      last = to;
      return true;
    }

    private void grow(long atLeast) {
      @Nullable Cached[] old = slots;
      slots = new @Nullable Cached[(int) Math.max(SMALLEST, Long.highestOneBit(atLeast - 1) << 1)];
      for (Cached event : old) {
        if (event != null) {
          slots[slot(event.sequence)] = event;
        }
      }
    }

    @Nullable Cached put(Cached event) {
      Cached before = slots[slot(event.sequence)];
      slots[slot(event.sequence)] = event;
      return before;
    }

    void dropUpTo(long sequence, Consumer<Cached> dropped) {
      while (first <= Math.min(sequence, last)) {
        dropFirst(dropped);
      }
    }

    void dropFirst(Consumer<Cached> dropped) {
      Cached event = slots[slot(first)];
      if (event != null) {
        slots[slot(first)] = null;
        dropped.accept(event);
      }
      first++;
    }
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
    if (eventsPerStream == 0 || !ring.reach(event.sequence, eventsPerStream, this::dropped)) {
      return;
    }
    if (ring.put(event) == null) {
      bytes += event.bytes();
      events++;
    }
    while (bytes > maxBytes && rings.size() > 1) {
      Map.Entry<String, Ring> eldest = rings.firstEntry();
      eldest.getValue().dropUpTo(Long.MAX_VALUE, this::dropped);
      rings.remove(eldest.getKey());
    }
    while (bytes > maxBytes) {
      ring.dropFirst(this::dropped);
    }
  }

  private void dropped(Cached event) {
    bytes -= event.bytes();
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
    ring.dropUpTo(upTo, this::dropped);
    if (ring.isEmpty()) {
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
    Cached last = ring.at(ring.last);
    if (last == null || ring.last < sequence) {
      return Optional.empty();
    }
    List<Cached> tail = new ArrayList<>((int) Math.min(ring.slots.length, ring.last - sequence));
    for (long next = sequence + 1; next <= ring.last; next++) {
      Cached event = ring.at(next);
      if (event == null) {
        return Optional.empty();
      }
      tail.add(event);
    }
    return Optional.of(new Tail(tail, last));
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized long events() {
    return events;
  }
}
