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
 *   callers ──► queue ──► the first of them leads: takes all that wait, commits, wakes its followers,
 *                         and appoints whoever waits next
 * </pre>
 *
 * <p>A lone caller pays for no hand-off: it leads its own commit on its own thread. While a leader
 * commits, others queue up, so the batch grows with the load. When the last batch was larger than
 * what waits now, its callers are probably about to come back, and the leader lingers for them: at
 * most {@code lingerNanos}, so that the cost of a wrong guess has a bound.
 *
 * <p>The queue is bounded; a caller that finds it full waits for a place. An interrupt does not undo
 * what was queued: it is kept for the caller and restored on return.
 *
 * @param <T> one caller's work
 */
final class GroupCommit<T> {
  private enum State {
    WAITING,
    LEADING,
    DONE
  }

  private static final class Ticket<T> {
    final T work;
    final Thread owner = Thread.currentThread();

    /** Written under the lock, read without it by its owner. */
    volatile State state = State.WAITING;

    Ticket(T work) {
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
   * Commits through {@code committer}, which is never called by two threads at once, and which gives
   * each work its result itself.
   */
  GroupCommit(int capacity, int maxBatch, long lingerNanos, Consumer<List<T>> committer) {
    this.capacity = capacity;
    this.maxBatch = maxBatch;
    this.lingerNanos = lingerNanos;
    this.committer = committer;
  }

  /** Returns when a call of the committer that included {@code work} has returned or thrown. */
  void run(T work) {
    Ticket<T> ticket = new Ticket<>(work);
    if (enqueue(ticket)) {
      lead();
      return;
    }
    boolean interrupted = false;
    State state;
    while ((state = ticket.state) == State.WAITING) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    try {
      if (state == State.LEADING) {
        lead();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Puts the ticket into the queue; true when its owner must lead. */
  private boolean enqueue(Ticket<T> ticket) {
    lock.lock();
    try {
      while (queue.size() >= capacity) {
        notFull.awaitUninterruptibly();
      }
      queue.add(ticket);
      waiting = queue.size();
      if (led) {
        return false;
      }
      led = true;
      ticket.state = State.LEADING;
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
    @Nullable Ticket<T> next;
    lock.lock();
    try {
      next = queue.peek();
      if (next == null) {
        led = false;
      } else {
        next.state = State.LEADING;
      }
    } finally {
      lock.unlock();
    }
    if (next != null) {
      LockSupport.unpark(next.owner);
    }
    for (Ticket<T> ticket : finished) {
      ticket.state = State.DONE;
      if (!ticket.owner.equals(Thread.currentThread())) {
        LockSupport.unpark(ticket.owner);
      }
    }
  }
}
