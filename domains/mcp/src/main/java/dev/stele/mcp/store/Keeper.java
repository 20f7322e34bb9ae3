package dev.stele.mcp.store;

import dev.stele.core.engine.LogClosed;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Applies retention after every so many appends, on a thread of its own, which no append waits for.
 * Appends that come while it runs are counted for the next time. Thread-safe.
 */
final class Keeper implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.mcp");

  private final int interval;
  private final Consumer<BooleanSupplier> retention;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition due = lock.newCondition();
  private final Thread thread;

  /** Guarded by the lock, as is the next. */
  private long appended;

  private boolean closed;

  Keeper(int interval, Consumer<BooleanSupplier> retention) {
    this.interval = interval;
    this.retention = retention;
    this.thread = Thread.ofPlatform().daemon().name("stele-mcp-retention").start(this::run);
  }

  void appended(int events) {
    lock.lock();
    try {
      boolean wasDue = appended >= interval;
      appended += events;
      if (!wasDue && appended >= interval) {
        due.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  // The top of the thread: what fails here is said, and tried again after as many appends.
  private void run() {
    while (awaitDue()) {
      try {
        retention.accept(this::isOpen);
      } catch (LogClosed e) {
        return;
      } catch (RuntimeException e) {
        LOGGER.log(System.Logger.Level.WARNING, "event=retain outcome=failed", e);
      }
    }
  }

  private boolean isOpen() {
    lock.lock();
    try {
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitDue() {
    lock.lock();
    try {
      while (!closed && appended < interval) {
        due.awaitUninterruptibly();
      }
      appended = 0;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for what is under way. Idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      due.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
