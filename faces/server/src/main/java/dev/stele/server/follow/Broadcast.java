package dev.stele.server.follow;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.Subscription;
import dev.stele.server.json.EventJson;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Tells many followers of one log what was appended, reading and encoding each event once.
 *
 * <pre>
 *   log ── one thread reads ──► the newest events, bounded ──► followers at the end of the log
 *   log ◄───────────── a follower that is further behind reads for itself ─────────────┘
 * </pre>
 *
 * <p>Nothing waits for a follower. Waking a thousand of them takes longer than a commit, so between
 * two rounds there is a pause of {@link #REST} times what the last round took: however many follow,
 * appenders keep most of the processor.
 *
 * <p>Thread-safe. The thread runs only while somebody follows.
 */
public final class Broadcast implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  /** 4,096 events at most are kept for followers that are nearly at the end, */
  private static final int MAX_EVENTS = 4_096;

  /** and 16 MiB of their payloads. */
  private static final long MAX_BYTES = 16L << 20;

  /** 1,000 events are read at a time. */
  private static final int PAGE = 1_000;

  /** A round of waking followers may take a quarter of the time. */
  private static final int REST = 3;

  /** 50 ms: the longest pause, and so the longest that a follower waits for what is there. */
  private static final long MAX_PAUSE_NANOS = 50_000_000;

  /** 1 second: how long the reader waits for growth before it looks whether anybody follows. */
  private static final Duration LOOK_AROUND = Duration.ofSeconds(1);

  /** An event and, once somebody has asked for it, its JSON. */
  public static final class Told {
    private final StoredEvent event;
    private volatile byte @Nullable [] json;

    Told(StoredEvent event) {
      this.event = event;
    }

    /** The event. */
    public StoredEvent event() {
      return event;
    }

    /** The event as a line of JSON; not to be changed. */
    public byte[] json() {
      byte[] known = json;
      if (known == null) {
        known = EventJson.of(event, false);
        json = known;
      }
      return known;
    }
  }

  private final EventLog log;
  private final ReentrantLock turn = new ReentrantLock();
  private final Condition news = turn.newCondition();
  private final Deque<Told> newest = new ArrayDeque<>();
  private final AtomicInteger followers = new AtomicInteger();

  /** Guarded by the turn, as all below. */
  private long bytes;

  /** The last position that was told; what is behind it in the log is not known here yet. */
  private long toldTo;

  private @Nullable Thread reader;
  private boolean closed;

  /** Tells about a log; nothing is read until somebody follows. */
  public Broadcast(EventLog log) {
    this.log = log;
  }

  /** How many follow now. */
  public int followers() {
    return followers.get();
  }

  /** One who follows; to be closed by who opened it. One thread. */
  public final class Follower implements AutoCloseable {
    private long after;
    private volatile boolean left;

    private Follower(long after) {
      this.after = after;
    }

    /**
     * What comes next, waiting for it at most so long.
     *
     * @return in order of position, from right behind the last; empty when the time was up
     * @throws LogClosed when the log was closed
     */
    public List<Told> next(Duration timeout) throws InterruptedException {
      Optional<List<Told>> told = told(this, timeout);
      List<Told> events =
          told.isPresent() ? told.get() : log.read(after, PAGE).stream().map(Told::new).toList();
      if (!events.isEmpty()) {
        after = events.getLast().event().position();
      }
      return events;
    }

    /**
     * Ends a wait, and every wait to come; for another thread. A thread that follows is never
     * interrupted: it may be in the middle of a read of the engine's.
     */
    public void leave() {
      left = true;
      turn.lock();
      try {
        news.signalAll();
      } finally {
        turn.unlock();
      }
    }

    /** The last position that was given. */
    public long position() {
      return after;
    }

    @Override
    public void close() {
      followers.decrementAndGet();
    }
  }

  /** Begins to follow behind a position. */
  public Follower follow(long after) {
    followers.incrementAndGet();
    turn.lock();
    try {
      if (reader == null && !closed) {
        toldTo = log.head().size();
        newest.clear();
        bytes = 0;
        reader = Thread.ofVirtual().name("stele-broadcast").start(this::read);
      }
    } finally {
      turn.unlock();
    }
    return new Follower(after);
  }

  /** Empty when what comes next is no longer, or was never, among the newest. */
  private Optional<List<Told>> told(Follower follower, Duration timeout)
      throws InterruptedException {
    long after = follower.after;
    long left = timeout.toNanos();
    turn.lock();
    try {
      while (after >= toldTo) {
        if (closed || reader == null) {
          throw new LogClosed("the log is being closed");
        }
        if (left <= 0 || follower.left) {
          return Optional.of(List.of());
        }
        left = news.awaitNanos(left);
      }
      Told first = newest.peekFirst();
      if (first == null || first.event().position() > after + 1) {
        return Optional.empty();
      }
      List<Told> events = new ArrayList<>();
      // From the back: most followers want the last few of thousands.
      var backwards = newest.descendingIterator();
      while (backwards.hasNext()) {
        Told each = backwards.next();
        if (each.event().position() <= after) {
          break;
        }
        events.add(each);
      }
      return Optional.of(events.reversed());
    } finally {
      turn.unlock();
    }
  }

  private void read() {
    try {
      Subscription subscription = log.subscribe(new Cursor(toldTo()));
      while (isWanted()) {
        List<StoredEvent> events = subscription.next(LOOK_AROUND);
        if (events.isEmpty()) {
          continue;
        }
        long began = System.nanoTime();
        tell(events);
        LockSupport.parkNanos(
            Math.min(MAX_PAUSE_NANOS, REST * (System.nanoTime() - began) + pauseFor(followers())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended();
    } catch (LogClosed e) {
      ended();
    } catch (RuntimeException e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=broadcast-ended log=" + log.origin(), e);
      ended();
    }
  }

  /**
   * Waking is quick, but each that was woken writes for some microseconds: 40 of them, times {@link
   * #REST}, shared by two processors or more.
   */
  private static long pauseFor(int followers) {
    return followers * 40_000L * REST / 4;
  }

  private long toldTo() {
    turn.lock();
    try {
      return toldTo;
    } finally {
      turn.unlock();
    }
  }

  /** Ends the reader when nobody has followed for a while. */
  private boolean isWanted() {
    turn.lock();
    try {
      if (closed || followers.get() == 0) {
        reader = null;
        newest.clear();
        bytes = 0;
        news.signalAll();
        return false;
      }
      return true;
    } finally {
      turn.unlock();
    }
  }

  private void tell(List<StoredEvent> events) {
    turn.lock();
    try {
      for (StoredEvent event : events) {
        newest.addLast(new Told(event));
        bytes += weight(event);
        toldTo = event.position();
      }
      while (newest.size() > MAX_EVENTS || (bytes > MAX_BYTES && newest.size() > 1)) {
        bytes -= weight(newest.removeFirst().event());
      }
      news.signalAll();
    } finally {
      turn.unlock();
    }
  }

  /** Its JSON takes about twice its bytes. */
  private static long weight(StoredEvent event) {
    return event.record().length + 2L * event.body().map(body -> body.length).orElse(0);
  }

  /** Whoever follows is told; the next who comes begins anew. */
  private void ended() {
    turn.lock();
    try {
      reader = null;
      newest.clear();
      bytes = 0;
      news.signalAll();
    } finally {
      turn.unlock();
    }
  }

  /** Ends every follower's wait. */
  @Override
  public void close() {
    turn.lock();
    try {
      closed = true;
    } finally {
      turn.unlock();
    }
    ended();
  }
}
