package dev.stele.cli;

import dev.stele.core.backup.Progress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a task end cleanly when the process is told to stop: the next sign of progress ends it, and
 * the process waits for that. Thread-safe.
 */
final class Stopping implements AutoCloseable {
  /**
   * Between two signs of progress there is one page of rows; more than this is a disk that hangs.
   */
  private static final long PATIENCE_SECONDS = 10;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = Thread.ofPlatform().name("stele-stop").unstarted(this::stop);
  private volatile boolean stopping;

  Stopping() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void stop() {
    stopping = true;
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("stele: stopped in the middle; what is unfinished counts for nothing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean asked() {
    return stopping;
  }

  /** Progress that also stops. */
  Progress with(Progress shown) {
    return with(shown, "nothing was changed");
  }

  /**
   * Progress that also stops.
   *
   * @param left what a task leaves that is stopped, as a phrase
   */
  Progress with(Progress shown, String left) {
    return (done, total) -> {
      if (stopping) {
        throw new CannotRun("stopped", "the process was told to stop; " + left, "run it again");
      }
      shown.at(done, total);
    };
  }

  @Override
  public void close() {
    ended.countDown();
    if (!stopping) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process began to stop this very moment, and the hook finds the task ended.
        stopping = true;
      }
    }
  }
}
