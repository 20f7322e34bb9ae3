package dev.stele.core.upkeep;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Figures about a log, found by reading it once: times are those at which events were recorded, and
 * days are UTC's. Immutable.
 *
 * @param events how many there are, without those that were trimmed
 * @param erased how many of them have no body
 * @param streams how many streams they are of
 * @param first when the first was recorded
 * @param last when the last was
 * @param top the streams with the most events, at most {@value #TOP}; of equal ones by name
 * @param daily the events of each of the last {@value #DAYS} days that had any, the newest first
 */
public record LogStatistics(
    long events,
    long erased,
    long streams,
    Optional<Instant> first,
    Optional<Instant> last,
    List<StreamCount> top,
    List<DayCount> daily) {
  /** How many streams are listed. */
  public static final int TOP = 10;

  /** How many days are listed, today among them. */
  public static final int DAYS = 30;

  private static final int PAGE = 1_024;

  /** Copies the lists. */
  public LogStatistics {
    top = List.copyOf(top);
    daily = List.copyOf(daily);
  }

  /** A stream, and how many events it has. */
  public record StreamCount(String stream, long events, Instant first, Instant last) {}

  /** A day of UTC, and how many events were recorded then. */
  public record DayCount(LocalDate day, long events) {}

  /** What is counted of one stream. */
  private static final class Count {
    final Instant first;
    Instant last;
    long events;

    Count(Instant first) {
      this.first = first;
      this.last = first;
    }
  }

  /**
   * Reads a log once, in memory for its streams' names.
   *
   * @param now tells which days are the last
   * @param progress is told the last position that was read
   */
  public static LogStatistics of(LogReader log, Instant now, LongConsumer progress) {
    Map<String, Count> streams = new HashMap<>();
    Map<LocalDate, Long> days = new HashMap<>();
    LocalDate since = now.atOffset(ZoneOffset.UTC).toLocalDate().minusDays(DAYS - 1L);
    long size = log.head().size();
    long events = 0;
    long erased = 0;
    @Nullable Instant first = null;
    @Nullable Instant last = null;
    for (long after = 0; after < size; ) {
      List<StoredEvent> page = log.read(after, PAGE);
      if (page.isEmpty()) {
        break;
      }
      for (StoredEvent event : page) {
        after = event.position();
        if (after > size) {
          break;
        }
        Instant at = event.recordedAt();
        first = first == null ? at : first;
        last = at;
        events++;
        erased += event.erased() ? 1 : 0;
        Count count = streams.computeIfAbsent(event.stream(), _ -> new Count(at));
        count.events++;
        count.last = at;
        LocalDate day = at.atOffset(ZoneOffset.UTC).toLocalDate();
        if (!day.isBefore(since)) {
          days.merge(day, 1L, Long::sum);
        }
      }
      progress.accept(after);
    }
    return new LogStatistics(
        events,
        erased,
        streams.size(),
        Optional.ofNullable(first),
        Optional.ofNullable(last),
        top(streams),
        daily(days));
  }

  private static List<StreamCount> top(Map<String, Count> streams) {
    List<StreamCount> counts = new ArrayList<>();
    streams.forEach(
        (name, count) -> counts.add(new StreamCount(name, count.events, count.first, count.last)));
    counts.sort(
        Comparator.comparingLong(StreamCount::events)
            .reversed()
            .thenComparing(StreamCount::stream));
    return counts.subList(0, Math.min(TOP, counts.size()));
  }

  private static List<DayCount> daily(Map<LocalDate, Long> days) {
    List<DayCount> counts = new ArrayList<>();
    days.forEach((day, events) -> counts.add(new DayCount(day, events)));
    counts.sort(Comparator.comparing(DayCount::day).reversed());
    return counts;
  }
}
