package dev.stele.server.host;

import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Auditor;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Re-computes a log in the background, once at a time. Thread-safe. */
final class ScrubJob {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  private final EventLog log;
  private final Supplier<List<Auditor>> auditors;
  private final AtomicBoolean running = new AtomicBoolean();
  private volatile boolean stopping;
  private volatile @Nullable Thread thread;

  ScrubJob(EventLog log, Supplier<List<Auditor>> auditors) {
    this.log = log;
    this.auditors = auditors;
  }

  /** Given up because the log is about to close; never seen by a caller. */
  private static final class GivenUp extends RuntimeException {
    GivenUp() {
      super("given up", null, false, false);
    }
  }

  /** Begins, unless one is under way or the log is about to close. */
  boolean start() {
    if (stopping || !running.compareAndSet(false, true)) {
      return false;
    }
    thread = Thread.ofPlatform().daemon().name("stele-scrub").start(this::run);
    return true;
  }

  private void run() {
    try {
      var _ =
          log.scrub(
              auditors,
              _ -> {
                if (stopping) {
                  throw new GivenUp();
                }
              });
    } catch (GivenUp e) {
      LOGGER.log(System.Logger.Level.INFO, "event=scrub-given-up log=" + log.origin());
    } catch (RuntimeException e) {
      LOGGER.log(System.Logger.Level.ERROR, "event=scrub-failed log=" + log.origin(), e);
    } finally {
      running.set(false);
    }
  }

  /** Gives up what is under way, and waits until it has. */
  void stop() {
    stopping = true;
    Thread scrubbing = thread;
    if (scrubbing != null) {
      try {
        scrubbing.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
