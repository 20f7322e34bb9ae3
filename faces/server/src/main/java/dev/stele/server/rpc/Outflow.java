package dev.stele.server.rpc;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What streams to one caller, no faster than the caller takes it.
 *
 * <pre>
 *   work: await ready ──► read from the log ──► send while ready ──► let go of the rest ─┐
 *          ▲──────────────────────────────────────────────────────────────────────────────┘
 *   call: ready again, cancelled, deadline over, server closing ──► wakes it
 * </pre>
 *
 * <p>The work has a virtual thread of its own, which alone sends. It is interrupted only inside of
 * {@link #pausing}: an interrupt in the middle of a read could cost an engine its connection.
 *
 * @param <T> what is sent
 */
final class Outflow<T> implements OpenStreams.Stream {
  /** What produces the stream. */
  interface Work<T> {
    /** Sends everything; on return the stream is complete. */
    void run(Outflow<T> out) throws InterruptedException;
  }

  /** A wait that can be interrupted. */
  interface Pause<R> {
    R run() throws InterruptedException;
  }

  private final ServerCallStreamObserver<T> caller;
  private final ReentrantLock turn = new ReentrantLock();
  private final Condition changed = turn.newCondition();

  /** Guarded by the turn, as all below. */
  private boolean left;

  private boolean closing;
  private @Nullable Thread pausing;

  private Outflow(ServerCallStreamObserver<T> caller) {
    this.caller = caller;
  }

  /** Begins to stream and returns at once. To be called where the call begins. */
  static <T> void start(StreamObserver<T> observer, OpenStreams open, Work<T> work) {
    ServerCallStreamObserver<T> caller = (ServerCallStreamObserver<T>) observer;
    Outflow<T> out = new Outflow<>(caller);
    caller.setOnReadyHandler(out::wake);
    caller.setOnCancelHandler(out::left);
    try {
      open.run(out, () -> out.run(work));
    } catch (StatusRuntimeException e) {
      caller.onError(e);
    }
  }

  private void run(Work<T> work) {
    try {
      work.run(this);
      caller.onCompleted();
    } catch (InterruptedException e) {
      caller.onError(ended());
    } catch (RuntimeException e) {
      caller.onError(Problem.of(e));
    }
  }

  private StatusRuntimeException ended() {
    turn.lock();
    try {
      return left
          ? Problem.CANCELLED.because("the caller has left")
          : Problem.CLOSING.because("the server is closing; go on from here with another call");
    } finally {
      turn.unlock();
    }
  }

  /** Whether something may be sent now; only the caller's transport has it then. */
  boolean isReady() {
    return caller.isReady();
  }

  /** Sends to the caller; where it is not ready, its transport keeps this one message. */
  void send(T message) {
    caller.onNext(message);
  }

  /**
   * Returns when the caller can take more.
   *
   * @throws InterruptedException when nobody is to be told any more
   */
  void awaitReady() throws InterruptedException {
    turn.lock();
    try {
      requireOpen();
      while (!caller.isReady()) {
        changed.await();
        requireOpen();
      }
    } finally {
      turn.unlock();
    }
  }

  /** Waits for something else, as long as the stream is open. */
  <R> R pausing(Pause<R> pause) throws InterruptedException {
    turn.lock();
    try {
      requireOpen();
      pausing = Thread.currentThread();
    } finally {
      turn.unlock();
    }
    try {
      return pause.run();
    } finally {
      turn.lock();
      try {
        pausing = null;
      } finally {
        turn.unlock();
      }
    }
  }

  /** Guarded by the turn. */
  private void requireOpen() throws InterruptedException {
    if (left || closing) {
      throw new InterruptedException("the stream has ended");
    }
  }

  private void wake() {
    turn.lock();
    try {
      changed.signalAll();
    } finally {
      turn.unlock();
    }
  }

  private void left() {
    turn.lock();
    try {
      left = true;
      wakeEither();
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void closing() {
    turn.lock();
    try {
      closing = true;
      wakeEither();
    } finally {
      turn.unlock();
    }
  }

  /** Guarded by the turn. */
  private void wakeEither() {
    changed.signalAll();
    if (pausing != null) {
      pausing.interrupt();
    }
  }
}
