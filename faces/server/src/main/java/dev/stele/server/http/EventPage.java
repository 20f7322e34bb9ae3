package dev.stele.server.http;

import dev.stele.core.event.EventDraft;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A page of events, and how to go on.
 *
 * @param events in the order that was asked for
 * @param after how far was looked: the next page is behind it, or before it when read backwards
 * @param headPosition where the log ends
 * @param more whether there may be more
 */
record EventPage(List<StoredEvent> events, long after, long headPosition, boolean more) {
  /** 50,000 events are looked at for one page: some tens of milliseconds. */
  static final int MAX_LOOKED_AT = 50_000;

  /** 1,000 events are read at a time. */
  private static final int CHUNK = 1_000;

  static EventPage ofId(LogReader log, String id, EventFilter filter) {
    // No event has an id that none may have; the index of ids would take it for a mistake.
    Optional<StoredEvent> found =
        EventDraft.fits(id, 1, EventDraft.MAX_ID_BYTES)
            ? log.findById(id).filter(filter::wants)
            : Optional.empty();
    long head = log.head().size();
    return new EventPage(
        found.stream().toList(), found.map(StoredEvent::position).orElse(head), head, false);
  }

  /** A stream's own order tells where to begin: halving its revisions finds the position. */
  static EventPage ofStream(
      LogReader log, String stream, EventFilter filter, long after, int limit) {
    long head = log.head().size();
    long low = 0;
    long high = log.lastRevision(stream);
    long last = high;
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      List<StoredEvent> there = log.readStream(stream, middle - 1, 1);
      boolean earlier = there.isEmpty() || there.getFirst().position() <= after;
      low = earlier ? middle : low;
      high = earlier ? high : middle - 1;
    }
    List<StoredEvent> wanted = new ArrayList<>();
    long at = after;
    int lookedAt = 0;
    while (low < last && lookedAt < MAX_LOOKED_AT) {
      List<StoredEvent> read = log.readStream(stream, low, CHUNK);
      for (StoredEvent event : read) {
        at = event.position();
        low = event.revision();
        lookedAt++;
        if (filter.wants(event)) {
          wanted.add(event);
          if (wanted.size() == limit) {
            return new EventPage(wanted, at, head, low < last);
          }
        }
      }
      if (read.isEmpty()) {
        break;
      }
    }
    return new EventPage(wanted, low < last ? at : Math.max(at, head), head, low < last);
  }

  static EventPage forwards(LogReader log, EventFilter filter, long after, int limit) {
    if (filter.stream().isPresent()) {
      return ofStream(log, filter.stream().get(), filter, after, limit);
    }
    long head = log.head().size();
    long at =
        filter
            .from()
            .map(from -> Math.max(after, lastBefore(log, from, head)))
            .orElse(Math.max(after, log.firstPosition() - 1));
    List<StoredEvent> wanted = new ArrayList<>();
    int lookedAt = 0;
    while (at < head && lookedAt < MAX_LOOKED_AT) {
      int chunk = filter.looksAtEach() ? CHUNK : Math.min(CHUNK, limit);
      List<StoredEvent> read = log.read(at, chunk);
      if (read.isEmpty()) {
        return new EventPage(wanted, at, head, false);
      }
      for (StoredEvent event : read) {
        if (filter.to().filter(to -> !event.recordedAt().isBefore(to)).isPresent()) {
          return new EventPage(wanted, at, head, false);
        }
        at = event.position();
        lookedAt++;
        if (filter.wants(event)) {
          wanted.add(event);
          if (wanted.size() == limit) {
            return new EventPage(wanted, at, head, at < head);
          }
        }
      }
    }
    return new EventPage(wanted, at, head, at < head);
  }

  static EventPage backwards(LogReader log, EventFilter filter, long before, int limit) {
    long head = log.head().size();
    long first = log.firstPosition();
    long at = Math.min(before, head + 1);
    at = filter.to().isPresent() ? Math.min(at, lastBefore(log, filter.to().get(), head) + 1) : at;
    List<StoredEvent> wanted = new ArrayList<>();
    int lookedAt = 0;
    while (at > first && lookedAt < MAX_LOOKED_AT) {
      int chunk = (int) Math.min(filter.looksAtEach() ? CHUNK : Math.min(CHUNK, limit), at - first);
      for (StoredEvent event : log.read(at - 1 - chunk, chunk).reversed()) {
        if (filter.from().filter(event.recordedAt()::isBefore).isPresent()) {
          return new EventPage(wanted, at, head, false);
        }
        at = event.position();
        lookedAt++;
        if (filter.wants(event)) {
          wanted.add(event);
          if (wanted.size() == limit) {
            return new EventPage(wanted, at, head, at > first);
          }
        }
      }
    }
    return new EventPage(wanted, at, head, at > first);
  }

  /**
   * The last position that was recorded before a time. An event is never recorded before the one in
   * front of it, so that halving finds it.
   */
  private static long lastBefore(LogReader log, Instant time, long head) {
    long low = log.firstPosition() - 1;
    long high = head;
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      boolean earlier = log.read(middle - 1, 1).getFirst().recordedAt().isBefore(time);
      low = earlier ? middle : low;
      high = earlier ? high : middle - 1;
    }
    return low;
  }
}
