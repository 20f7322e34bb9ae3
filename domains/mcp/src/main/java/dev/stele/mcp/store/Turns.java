package dev.stele.mcp.store;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.mcp.event.McpScope;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What an append must know of its session and its stream: whether they are closed.
 *
 * <pre>
 *   turn.lock     settle(session), settle(stream)   read from the log once, then known
 *                 closed? ── no ──► log.submit      its place in the log is decided here
 *   turn.unlock
 *                 await                             commits are shared with everybody
 *   turn.lock     settled, or in doubt              in doubt: read again before the next append
 *   turn.unlock
 * </pre>
 *
 * <p>Sessions take turns in 64 groups, and the lock of a turn is held for the decision and its
 * submission, never for a commit. What is known is a bounded number of streams, those in flight
 * besides; the rest is read again: what closes a stream is the type of its last event, which
 * outlives an erase.
 */
final class Turns {
  /** 64 turns: two callers of different sessions seldom wait for each other. */
  private static final int TURNS = 64;

  /** 512 streams and sessions a turn, 32,768 in all: about 10 MB, mostly of names. */
  static final int MAX_KNOWN = 512;

  /** What is known of one stream of the log. Guarded by the lock of its turn. */
  static final class Known {
    private boolean read;

    /** Whether nothing may follow. */
    boolean closed;

    /** The last revision that is known to be there; 0 for none. */
    long last;

    /** Up to where events were erased, as far as appends in flight might not know. */
    long erasedUpTo;

    private int inFlight;
    private int pins;
    private boolean doubtful;
  }

  /** A group of sessions, of which one at a time submits. */
  final class Turn {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();

    /** In order of their last use. */
    private final LinkedHashMap<String, Known> known = new LinkedHashMap<>(16, 0.75f, true);

    /** Counts submissions. */
    private long number;

    void lock() {
      lock.lock();
    }

    void unlock() {
      lock.unlock();
    }

    /**
     * What is known of streams, of all as of one moment.
     *
     * @param closing the type of event that closes each of them
     */
    Known[] settle(String[] streams, String[] closing) {
      Known[] found = new Known[streams.length];
      boolean waited;
      do {
        waited = false;
        for (int i = 0; i < streams.length; i++) {
          found[i] = known.computeIfAbsent(streams[i], _ -> new Known());
          while (found[i].doubtful && found[i].inFlight > 0) {
            // Until nothing is on its way, the log does not say what came of what has failed.
            found[i].pins++;
            settled.awaitUninterruptibly();
            found[i].pins--;
            waited = true;
          }
        }
      } while (waited);
      for (int i = 0; i < streams.length; i++) {
        read(found[i], streams[i], closing[i]);
      }
      shrink(found);
      return found;
    }

    private void read(Known stream, String name, String closing) {
      if (stream.read && !stream.doubtful && !shared) {
        return;
      }
      long last = log.lastRevision(name);
      boolean closed = false;
      if (last > 0) {
        List<StoredEvent> end = log.readStream(name, last - 1, 1);
        closed = !end.isEmpty() && end.getFirst().type().equals(closing);
      }
      // What is on its way from here is not in the log yet.
      stream.closed = closed || (stream.inFlight > 0 && stream.closed);
      stream.last = Math.max(last, stream.last);
      stream.read = true;
      stream.doubtful = false;
    }

    private void shrink(Known[] spared) {
      Iterator<Map.Entry<String, Known>> eldest = known.entrySet().iterator();
      while (known.size() > MAX_KNOWN && eldest.hasNext()) {
        Known stream = eldest.next().getValue();
        boolean inUse = stream.inFlight > 0 || stream.pins > 0;
        for (Known each : spared) {
          inUse |= each == stream;
        }
        if (!inUse) {
          eldest.remove();
        }
      }
    }

    /** What is known of a stream, without a look at the log; null when nothing is. */
    @Nullable Known peek(String stream) {
      return known.get(stream);
    }

    /**
     * Says that something was submitted.
     *
     * @param to the stream it is for
     * @param pinned what it was decided by
     * @return its number, higher than that of every submission before
     */
    long submitted(Known to, Known[] pinned) {
      to.inFlight++;
      for (Known each : pinned) {
        each.pins++;
      }
      return ++number;
    }

    /** Says that a submission has come to an end, in doubt or not. */
    void done(Known to, Known[] pinned, boolean inDoubt) {
      to.inFlight--;
      to.doubtful |= inDoubt;
      for (Known each : pinned) {
        each.pins--;
      }
      if (to.doubtful && to.inFlight == 0) {
        settled.signalAll();
      }
    }
  }

  private final LogReader log;

  /** Whether other processes append to the log: then every decision looks at it. */
  private final boolean shared;

  private final Turn[] turns = new Turn[TURNS];

  Turns(LogReader log, boolean shared) {
    this.log = log;
    this.shared = shared;
    for (int i = 0; i < TURNS; i++) {
      turns[i] = new Turn();
    }
  }

  /** The turn of a session. */
  Turn of(McpScope scope) {
    return turns[Math.floorMod(scope.hashCode(), TURNS)];
  }
}
