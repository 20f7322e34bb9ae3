package dev.stele.server.rpc;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import java.util.List;

/**
 * Goes through a log in one direction, a few events at a time. One thread.
 *
 * <p>What {@link #next} gives need not be used up: it comes again unless {@link #pass} was told of
 * it. So nothing has to be held while a caller is slow.
 */
abstract class EventWalk {
  final LogReader log;

  /** The position behind which, or in front of which, this goes on. */
  private long at;

  private EventWalk(LogReader log, long at) {
    this.log = log;
    this.at = at;
  }

  /** Behind a position, the oldest first. */
  static EventWalk after(LogReader log, long position) {
    return new EventWalk(log, position) {
      @Override
      List<StoredEvent> next(int most) {
        return log.read(at(), most);
      }
    };
  }

  /** In front of a position, the newest first. */
  static EventWalk before(LogReader log, long position) {
    return new EventWalk(log, Math.min(position, log.head().size() + 1)) {
      @Override
      List<StoredEvent> next(int most) {
        long last = at() - 1;
        if (last < log.firstPosition()) {
          return List.of();
        }
        return backwards(last, most, log::read, StoredEvent::position);
      }
    };
  }

  /** As {@link #after}, through the events of one stream. */
  static EventWalk after(LogReader log, String stream, long position) {
    return new EventWalk(log, position) {
      private long revision = revisionAt(log, stream, position);

      @Override
      List<StoredEvent> next(int most) {
        return log.readStream(stream, revision, most);
      }

      @Override
      void pass(StoredEvent event) {
        super.pass(event);
        revision = event.revision();
      }
    };
  }

  /** As {@link #before}, through the events of one stream. */
  static EventWalk before(LogReader log, String stream, long position) {
    return new EventWalk(log, Math.min(position, log.head().size() + 1)) {
      private long last = revisionAt(log, stream, at() - 1);

      @Override
      List<StoredEvent> next(int most) {
        if (last < 1) {
          return List.of();
        }
        return backwards(
            last,
            most,
            (after, limit) -> log.readStream(stream, after, limit),
            StoredEvent::revision);
      }

      @Override
      void pass(StoredEvent event) {
        super.pass(event);
        last = event.revision() - 1;
      }
    };
  }

  /** The next events, at most so many, at least one while there is one. */
  abstract List<StoredEvent> next(int most);

  /** The caller is done with an event that {@link #next} gave, and with those before it. */
  void pass(StoredEvent event) {
    at = event.position();
  }

  /** How far this has come. */
  final long at() {
    return at;
  }

  /**
   * The last revision of a stream that stands at a position or in front of it, 0 for none; found by
   * halving. Revisions that were trimmed stood in front of everything there is.
   */
  private static long revisionAt(LogReader log, String stream, long position) {
    long low = 0;
    long high = position < 1 ? 0 : log.lastRevision(stream);
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      List<StoredEvent> there = log.readStream(stream, middle - 1, 1);
      if (!there.isEmpty()
          && (there.getFirst().revision() > middle || there.getFirst().position() <= position)) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private interface Reading {
    List<StoredEvent> read(long after, int limit);
  }

  private interface Counting {
    long of(StoredEvent event);
  }

  /**
   * The last {@code most} events up to {@code last}, the newest first. A read of large events ends
   * early, and then it is the end that is missing: so it is tried again with fewer.
   */
  private static List<StoredEvent> backwards(
      long last, int most, Reading reading, Counting counting) {
    for (long count = Math.min(most, last); ; count = Math.max(1, count / 2)) {
      List<StoredEvent> read = reading.read(last - count, (int) count);
      if (read.isEmpty() || counting.of(read.getLast()) >= last || count == 1) {
        return read.stream().filter(event -> counting.of(event) <= last).toList().reversed();
      }
    }
  }
}
