package dev.stele.client;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an answer without end, pulled: the next are asked for when the last were taken, so
 * that what is not read waits on the server's side of the connection and in no buffer here.
 *
 * <p>One thread takes; any may {@link #stop}.
 */
final class ArrivingBytes implements Flow.Subscriber<List<ByteBuffer>> {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Guarded by the lock, as is all below. */
  private final Deque<ByteBuffer> arrived = new ArrayDeque<>();

  private Flow.@Nullable Subscription upstream;
  private boolean asked;
  private long askedNanos;
  private boolean ended;
  private String end = "the server ended the answer";

  /** What came of waiting. */
  sealed interface Taken {
    record Bytes(ByteBuffer bytes) implements Taken {}

    record NothingYet() implements Taken {}

    record Ended(String reason) implements Taken {}
  }

  /** Waits for bytes, for so long at most. */
  Taken take(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    while (true) {
      Flow.@Nullable Subscription silent;
      lock.lockInterruptibly();
      try {
        Optional<ByteBuffer> next = Optional.ofNullable(arrived.poll());
        if (next.isPresent()) {
          return new Taken.Bytes(next.get());
        }
        if (ended) {
          return new Taken.Ended(end);
        }
        silent = asked ? null : upstream;
        if (silent == null) {
          if (left <= 0) {
            return new Taken.NothingYet();
          }
          left = changed.awaitNanos(left);
        } else {
          asked = true;
          askedNanos = System.nanoTime();
        }
      } finally {
        lock.unlock();
      }
      if (silent != null) {
        // Without the lock: it may call back at once, on this thread or on another.
        silent.request(1);
      }
    }
  }

  /** How long nothing has come since bytes were asked for. */
  Duration silence() {
    lock.lock();
    try {
      return asked ? Duration.ofNanos(System.nanoTime() - askedNanos) : Duration.ZERO;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the connection back, and wakes who waits. */
  void stop() {
    Flow.@Nullable Subscription connection;
    lock.lock();
    try {
      connection = upstream;
      end("stopped");
    } finally {
      lock.unlock();
    }
    if (connection != null) {
      connection.cancel();
    }
  }

  private void end(String reason) {
    if (!ended) {
      ended = true;
      end = reason;
    }
    changed.signalAll();
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    boolean stopped;
    lock.lock();
    try {
      upstream = subscription;
      stopped = ended;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (stopped) {
      subscription.cancel();
    }
  }

  @Override
  public void onNext(List<ByteBuffer> bytes) {
    lock.lock();
    try {
      asked = false;
      arrived.addAll(bytes);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onError(Throwable failure) {
    lock.lock();
    try {
      end(Requests.describe(failure));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onComplete() {
    lock.lock();
    try {
      end("the server ended the answer");
    } finally {
      lock.unlock();
    }
  }
}
