package dev.stele.nostr.store;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.view.UpToDateView;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets callers who store at the same time share a commit of the log and a transaction of the view.
 *
 * <pre>
 *   callers ──► queue ──► whose turn it is takes all that wait: log ──► view ──► next turn
 * </pre>
 *
 * <p>A transaction of the view costs by the pages that it touches, and the more events share one,
 * the fewer each of them pays for. So the next round begins when the view has come to the end of
 * the last, and takes whatever has come in meanwhile. A lone caller waits for nobody.
 *
 * <p>Thread-safe.
 */
final class Rounds {
  /** 1,024 events a round: a quarter of a second of the view on a slow machine. */
  private static final int MAX_EVENTS = 1_024;

  private final EventLog log;
  private final UpToDateView view;
  private final Queue<Ticket> waiting = new ConcurrentLinkedQueue<>();

  /** Held through a round; fair, so that whoever came first is in the next one. */
  private final ReentrantLock turn = new ReentrantLock(true);

  /** One caller's appends; what came of them is guarded by {@link #turn}. */
  private static final class Ticket {
    final List<Append> appends;
    boolean done;
    List<AppendResult> results = List.of();
    @Nullable Throwable failure;

    Ticket(List<Append> appends) {
      this.appends = appends;
    }
  }

  Rounds(EventLog log, UpToDateView view) {
    this.log = log;
    this.view = view;
  }

  /**
   * Appends requests that stand or fall each for itself, with those of other callers. The view
   * reflects them on return, or has failed: whoever asks it then will hear of that.
   *
   * @return the outcomes, in the order of the requests
   * @throws StorageFailed when the log's engine failed: they may or may not be in the log
   */
  List<AppendResult> append(List<Append> appends) {
    if (appends.isEmpty()) {
      return List.of();
    }
    Ticket mine = new Ticket(appends);
    waiting.add(mine);
    turn.lock();
    try {
      while (!mine.done) {
        round();
      }
      return switch (mine.failure) {
        case null -> mine.results;
        case RuntimeException failure -> throw failure;
        case Throwable failure -> throw new StorageFailed("a round was not finished", failure);
      };
    } finally {
      turn.unlock();
    }
  }

  private void round() {
    List<Ticket> tickets = take();
    try {
      List<Append> all = tickets.stream().flatMap(ticket -> ticket.appends.stream()).toList();
      List<AppendResult> results = log.appendAll(all);
      int at = 0;
      for (Ticket ticket : tickets) {
        int end = at + ticket.appends.size();
        ticket.results = results.subList(at, end);
        at = end;
      }
    } catch (RuntimeException | Error e) {
      tickets.forEach(ticket -> ticket.failure = e);
    } finally {
      tickets.forEach(ticket -> ticket.done = true);
    }
    follow();
  }

  private List<Ticket> take() {
    List<Ticket> tickets = new ArrayList<>();
    int events = 0;
    for (Ticket next = waiting.peek(); next != null; next = waiting.peek()) {
      events += next.appends.size();
      if (!tickets.isEmpty() && events > MAX_EVENTS) {
        break;
      }
      tickets.add(waiting.remove());
    }
    return tickets;
  }

  private void follow() {
    try {
      var _ = view.at(log.head().size(), _ -> 0);
    } catch (StorageFailed e) {
      // An interrupt is this caller's alone, and each asks the view for himself.
    }
  }
}
