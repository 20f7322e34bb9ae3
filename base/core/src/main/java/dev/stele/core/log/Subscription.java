package dev.stele.core.log;

import dev.stele.core.event.StoredEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Follows a log: first what is there after the cursor, then what comes, each event once and in
 * order.
 *
 * <p>Pull-based: events wait in the log, not in a buffer, so a slow reader costs nothing and cannot
 * hold up the writer. One thread at a time.
 */
public final class Subscription {
  /** How many events one pull gives at most. */
  public static final int MAX_EVENTS = 1_000;

  private final LogReader reader;
  private final Optional<String> stream;
  private long position;

  Subscription(LogReader reader, Cursor from, Optional<String> stream) {
    this.reader = reader;
    this.position = from.position();
    this.stream = stream;
  }

  /**
   * The next events, waiting for one at most so long.
   *
   * @return in order of position; empty when the time was up
   * @throws InterruptedException when interrupted while waiting; nothing is lost
   */
  public List<StoredEvent> next(Duration timeout) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (true) {
      List<StoredEvent> read = reader.read(position, MAX_EVENTS);
      if (!read.isEmpty()) {
        position = read.getLast().position();
        List<StoredEvent> wanted = wanted(read);
        if (!wanted.isEmpty()) {
          return wanted;
        }
      } else {
        long left = end - System.nanoTime();
        if (left <= 0 || !reader.awaitGrowth(position, Duration.ofNanos(left))) {
          return List.of();
        }
      }
    }
  }

  /** How far this subscription has read; a new one from here goes on without gap or repetition. */
  public Cursor cursor() {
    return new Cursor(position);
  }

  private List<StoredEvent> wanted(List<StoredEvent> read) {
    if (stream.isEmpty()) {
      return read;
    }
    List<StoredEvent> wanted = new ArrayList<>();
    for (StoredEvent event : read) {
      if (event.stream().equals(stream.get())) {
        wanted.add(event);
      }
    }
    return wanted;
  }
}
