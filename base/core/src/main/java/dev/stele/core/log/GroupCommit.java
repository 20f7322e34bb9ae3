package dev.stele.core.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets many callers share one commit, and so one sync, without a thread of its own.
 *
 * <pre>
 *   callers ──submit──► queue ──await──► the first who awaits leads: takes all that is queued,
 *                                        commits, wakes its followers, and appoints the next
 * </pre>
 *
 * <p>A lone caller pays for no hand-off: it leads its own commit on its own thread. While a leader
 * commits, others queue up, so the batch grows with the load. When the last batch was larger than
 * what waits now, its callers are probably about to come back, and the leader lingers for them: at
 * most {@code lingerNanos}, so that the cost of a wrong guess has a bound.
 *
 * <p>The queue is bounded; a caller that finds it full waits for a place. An interrupt does not
 * undo what was queued: it is kept for the caller and restored on return.
 *
 * @param <T> one caller's work
 */
final class GroupCommit<T> {
  private enum State {
    WAITING,
    APPOINTED,
    DONE
  }

  /** A place in the queue. */
  static final class Ticket<T> {
    final T work;

    /** Who awaits it, from the moment somebody does; written under the lock. */
    private volatile @Nullable Thread waiter;

    /** Written under the lock, or by the leader alone. */
    private volatile State state = State.WAITING;

    private Ticket(T work) {
      this.work = work;
    }
  }

  private final int capacity;
  private final int maxBatch;
  private final long lingerNanos;
  private final Consumer<List<T>> committer;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notFull = lock.newCondition();

  /** Guarded by {@link #lock}; its size is also read without it, as a hint. */
  private final ArrayDeque<Ticket<T>> queue = new ArrayDeque<>();

  private volatile int waiting;

  /** Guarded by {@link #lock}. */
  private boolean led;

  /** Only touched by the leader; handed on through {@link #lock}. */
  private int lastBatch;

  /**
   * Commits through {@code committer}, which is never called by two threads at once, and which
   * gives each work its result itself.
   */
  GroupCommit(int capacity, int maxBatch, long lingerNanos, Consumer<List<T>> committer) {
    this.capacity = capacity;
    this.maxBatch = maxBatch;
    this.lingerNanos = lingerNanos;
    this.committer = committer;
  }

  /** Returns when a call of the committer that included {@code work} has returned or thrown. */
  void run(T work) {
    await(submit(work));
  }

  /**
   * Queues {@code work} behind all that was queued before, and returns at once while there is a
   * place. Nothing is committed for it before somebody awaits a ticket, this one or another.
   */
  Ticket<T> submit(T work) {
    Ticket<T> ticket = new Ticket<>(work);
    while (!enqueue(ticket)) {
      lead();
    }
    return ticket;
  }

  /**
   * Returns when a call of the committer that included the ticket's work has returned or thrown.
   */
  void await(Ticket<T> ticket) {
    boolean interrupted = false;
    try {
      boolean lead = begin(ticket);
      while (lead || ticket.state != State.DONE) {
        if (lead) {
          lead();
        } else {
          LockSupport.park(this);
          interrupted |= Thread.interrupted();
        }
        lead = ticket.state == State.APPOINTED;
        if (lead) {
          ticket.state = State.WAITING;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Begins to await; true when nobody leads, so that the caller must. */
  private boolean begin(Ticket<T> ticket) {
    lock.lock();
    try {
      if (ticket.waiter != null) {
        throw new IllegalStateException("a ticket is awaited once");
      }
      ticket.waiter = Thread.currentThread();
      boolean lead = ticket.state == State.WAITING && !led;
      led |= lead;
      return lead;
    } finally {
      lock.unlock();
    }
  }

  /** Queues the ticket; false when the queue is full and the caller must lead to make a place. */
  private boolean enqueue(Ticket<T> ticket) {
    lock.lock();
    try {
      while (queue.size() >= capacity) {
        if (!led) {
          led = true;
          return false;
        }
        notFull.awaitUninterruptibly();
      }
      queue.add(ticket);
      waiting = queue.size();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void lead() {
    linger();
    List<Ticket<T>> batch = take();
    List<T> works = new ArrayList<>(batch.size());
    for (Ticket<T> ticket : batch) {
      works.add(ticket.work);
    }
    try {
      committer.accept(works);
    } finally {
      handOver(batch);
    }
  }

  // Yielding is the point: the callers that are waited for may need this very core.
  @SuppressWarnings("ThreadPriorityCheck")
  private void linger() {
    int hoped = Math.min(lastBatch, maxBatch);
    if (waiting >= hoped || lingerNanos == 0) {
      return;
    }
    long end = System.nanoTime() + lingerNanos;
    while (waiting < hoped && System.nanoTime() < end) {
      Thread.yield();
    }
  }

  private List<Ticket<T>> take() {
    lock.lock();
    try {
      List<Ticket<T>> batch = new ArrayList<>(Math.min(queue.size(), maxBatch));
      while (batch.size() < maxBatch && !queue.isEmpty()) {
        batch.add(queue.remove());
      }
      waiting = queue.size();
      lastBatch = batch.size();
      notFull.signalAll();
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private void handOver(List<Ticket<T>> finished) {
    @Nullable Thread next = null;
    lock.lock();
    try {
      for (Ticket<T> ticket : finished) {
        ticket.state = State.DONE;
      }
      next = appoint();
      if (next == null) {
        // Whoever waits for a place in a full queue leads now, as nobody else will.
        led = false;
        notFull.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (next != null) {
      LockSupport.unpark(next);
    }
    for (Ticket<T> ticket : finished) {
      Thread waiter = ticket.waiter;
      if (waiter != null && !waiter.equals(Thread.currentThread())) {
        LockSupport.unpark(waiter);
      }
    }
  }

  /** Appoints the first who awaits; tickets that nobody awaits yet go along with the others. */
  private @Nullable Thread appoint() {
    for (Ticket<T> ticket : queue) {
      Thread waiter = ticket.waiter;
      if (waiter != null) {
        ticket.state = State.APPOINTED;
        return waiter;
      }
    }
    return null;
  }
}
