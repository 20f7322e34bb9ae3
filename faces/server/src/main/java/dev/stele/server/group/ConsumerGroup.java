package dev.stele.server.group;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.server.gate.GroupGate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * One consumer group while the server runs: what is leased to whom, and what is done.
 *
 * <pre>
 *   through ─────────────── done, leased, waiting to be given again ─────────────── given to ──► head
 *   everything up to here   at most {@link #MAX_WINDOW} positions                   not given yet
 * </pre>
 *
 * <p>An event is given to one consumer at a time. When its lease ends it is given again, and after
 * as many attempts as the group allows it is parked. What was done is noted in the log before it is
 * acknowledged; leases are not: after a restart everything that was leased is given again.
 *
 * <p>Not thread-safe: {@link ConsumerGroups} takes turns.
 */
final class ConsumerGroup {
  /** 10,000 positions may be given and not done: past that nothing new is given. */
  static final int MAX_WINDOW = 10_000;

  /** 100,000 may be done behind one that is not: then that one comes first. */
  private static final int MAX_DONE = 100_000;

  /** 1,000 events are looked at for one request. */
  private static final int CHUNK = 1_000;

  /** 20,000 events that are none of the group's are passed over in one request. */
  private static final int MAX_LOOKED_AT = 20_000;

  private record Lease(String consumer, long endsAtNanos, int attempts) {}

  /**
   * An event that is given to a consumer.
   *
   * @param event it
   * @param attempt the how many-th time it is given, from 1
   */
  record Given(StoredEvent event, int attempt) {}

  /**
   * What is to be noted before anything is acknowledged.
   *
   * @param through everything up to here is done
   * @param done what is done by this, up to there or behind it
   */
  record Progress(long through, List<Long> done) {}

  /** What is parked when its attempts are used up. */
  record Exhausted(long position, int attempts) {}

  private final GroupDefinition definition;
  private final LogReader log;
  private final LongSupplier nanoTime;

  private long through;
  private long givenTo;
  private final NavigableSet<Long> done = new TreeSet<>();
  private final NavigableMap<Long, Lease> leased = new TreeMap<>();

  /** Positions to be given again, with the attempts they have had. */
  private final NavigableMap<Long, Integer> again = new TreeMap<>();

  private final Set<Long> parked = new TreeSet<>();

  ConsumerGroup(
      GroupDefinition definition,
      LogReader log,
      long through,
      Set<Long> done,
      Set<Long> waiting,
      Set<Long> parked,
      LongSupplier nanoTime) {
    this.definition = definition;
    this.log = log;
    this.nanoTime = nanoTime;
    this.through = Math.max(through, definition.after());
    this.givenTo = this.through;
    this.done.addAll(done);
    waiting.forEach(position -> again.put(position, 0));
    this.parked.addAll(parked);
  }

  GroupDefinition definition() {
    return definition;
  }

  long through() {
    return through;
  }

  Map<String, Object> counts() {
    Map<String, Object> counts = new LinkedHashMap<>();
    counts.put("through", through);
    counts.put("lag", Math.max(0, log.head().size() - through));
    counts.put("leased", leased.size());
    counts.put("waitingToBeGivenAgain", again.size());
    counts.put("parked", parked.size());
    Map<String, Integer> consumers = new HashMap<>();
    leased.values().forEach(lease -> consumers.merge(lease.consumer(), 1, Integer::sum));
    counts.put("consumers", consumers);
    return counts;
  }

  /** Leases that have ended: what has attempts left waits to be given again, the rest is told. */
  List<Exhausted> expire() {
    long now = nanoTime.getAsLong();
    List<Exhausted> exhausted = new ArrayList<>();
    for (Map.Entry<Long, Lease> each : List.copyOf(leased.entrySet())) {
      if (each.getValue().endsAtNanos() - now <= 0) {
        giveBack(each.getKey(), each.getValue(), exhausted);
      }
    }
    return exhausted;
  }

  private void giveBack(long position, Lease lease, List<Exhausted> exhausted) {
    leased.remove(position);
    if (lease.attempts() >= definition.maxAttempts()) {
      exhausted.add(new Exhausted(position, lease.attempts()));
    } else {
      again.put(position, lease.attempts());
    }
  }

  /**
   * Gives the next events: those to be given again first. Erased ones are given without payload.
   */
  List<Given> take(String consumer, int limit) {
    List<Given> given = new ArrayList<>();
    while (given.size() < limit && !again.isEmpty()) {
      Map.Entry<Long, Integer> next = again.pollFirstEntry();
      log.get(next.getKey())
          .ifPresentOrElse(
              event -> given.add(give(consumer, event, next.getValue() + 1)),
              // It was trimmed: nobody can be given it any more.
              () -> done.add(next.getKey()));
    }
    int lookedAt = 0;
    while (given.size() < limit && !isFull() && lookedAt < MAX_LOOKED_AT) {
      List<StoredEvent> read = log.read(givenTo, CHUNK);
      if (read.isEmpty()) {
        break;
      }
      for (StoredEvent event : read) {
        if (given.size() == limit || isFull()) {
          break;
        }
        lookedAt++;
        passOver(givenTo + 1, event.position() - 1);
        givenTo = event.position();
        if (!isOurs(event)) {
          passOver(event.position(), event.position());
        } else if (!done.contains(event.position()) && !parked.contains(event.position())) {
          given.add(give(consumer, event, 1));
        } else {
          done.add(event.position());
        }
      }
    }
    advance();
    return given;
  }

  /**
   * Positions that were trimmed, or are none of this group's, are done as soon as they are seen.
   */
  private void passOver(long from, long to) {
    if (through == from - 1) {
      through = Math.max(through, to);
    } else {
      for (long position = from; position <= to; position++) {
        done.add(position);
      }
    }
  }

  private boolean isOurs(StoredEvent event) {
    return !event.admittedBy().equals(GroupGate.ADMITTED_BY)
        && definition.stream().filter(name -> !name.equals(event.stream())).isEmpty()
        && definition.type().filter(name -> !name.equals(event.type())).isEmpty();
  }

  private boolean isFull() {
    return leased.size() + again.size() >= MAX_WINDOW || done.size() >= MAX_DONE;
  }

  private Given give(String consumer, StoredEvent event, int attempt) {
    leased.put(
        event.position(),
        new Lease(consumer, nanoTime.getAsLong() + definition.lease().toNanos(), attempt));
    return new Given(event, attempt);
  }

  /** What would be noted if these were done now: those that are leased to nobody are left out. */
  List<Long> leasedOf(List<Long> positions) {
    return positions.stream().filter(leased::containsKey).distinct().toList();
  }

  /** How far the group would be with these done. */
  Progress progressWith(List<Long> positions) {
    NavigableSet<Long> all = new TreeSet<>(done);
    all.addAll(positions);
    long reached = through;
    while (!all.isEmpty() && all.first() <= reached + 1) {
      reached = Math.max(reached, all.pollFirst());
    }
    return new Progress(reached, positions);
  }

  /** These are done: it was noted. */
  void complete(List<Long> positions) {
    positions.forEach(leased::remove);
    positions.forEach(again::remove);
    done.addAll(positions);
    advance();
  }

  /** These are given back by who had them. */
  List<Exhausted> giveBack(List<Long> positions) {
    List<Exhausted> exhausted = new ArrayList<>();
    for (long position : positions) {
      Lease lease = leased.get(position);
      if (lease != null) {
        giveBack(position, lease, exhausted);
      }
    }
    return exhausted;
  }

  int attemptsOf(long position) {
    Lease lease = leased.get(position);
    return lease == null ? 0 : lease.attempts();
  }

  void park(long position) {
    leased.remove(position);
    again.remove(position);
    parked.add(position);
    done.add(position);
    advance();
  }

  boolean isParked(long position) {
    return parked.contains(position);
  }

  /** A parked event is given again, or never. */
  void unpark(long position, boolean giveAgain) {
    parked.remove(position);
    if (giveAgain) {
      again.put(position, 0);
    }
  }

  private void advance() {
    while (!done.isEmpty() && done.first() <= through + 1) {
      through = Math.max(through, done.pollFirst());
    }
  }
}
