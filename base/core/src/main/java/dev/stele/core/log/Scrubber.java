package dev.stele.core.log;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Re-computes a log in the background, from its first event to its last, again and again, so slowly
 * that nobody notices.
 *
 * <p>A pass that finds nothing wrong says so in {@link EventLog#health}; one that finds a fault
 * makes the log read-only at once. What is appended during a pass is left for the next.
 *
 * <p>Thread-safe. A disk that fails ends a pass, not the scrubber: it tries again after its pause.
 */
public final class Scrubber implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.log");

  /**
   * How it goes about it.
   *
   * @param eventsPerSecond the rate, 1 or more: 20,000 take about a fiftieth of a core
   * @param pause between two passes
   * @param auditors makes what re-checks signatures, anew for each pass; empty lists leave them out
   */
  public record Pace(long eventsPerSecond, Duration pause, Supplier<List<Auditor>> auditors) {
    /** Twenty thousand events a second, and an hour's rest after each pass; hashes alone. */
    public static final Pace DEFAULT = new Pace(20_000, Duration.ofHours(1), List::of);

    /** Checks the bounds. */
    public Pace {
      if (eventsPerSecond < 1 || pause.isNegative()) {
        throw new IllegalArgumentException(
            "a scrubber takes 1 event a second or more, and rests zero or longer");
      }
    }
  }

  /** Ends a pass that nobody waits for any more. */
  private static final class Stopped extends RuntimeException {
    Stopped() {
      super("the scrubber was stopped", null, false, false);
    }
  }

  private final EventLog log;
  private final Pace pace;
  private final Thread thread;
  private volatile boolean stopping;

  private Scrubber(EventLog log, Pace pace) {
    this.log = log;
    this.pace = pace;
    this.thread = Thread.ofPlatform().name("stele-scrub").daemon().unstarted(this::run);
  }

  /** Begins to scrub a log; to be closed before the log is. */
  public static Scrubber start(EventLog log, Pace pace) {
    Scrubber scrubber = new Scrubber(log, pace);
    scrubber.thread.start();
    return scrubber;
  }

  private void run() {
    try {
      while (!stopping) {
        try {
          if (log.scrub(pace.auditors(), throttle()) instanceof Verdict.Broken) {
            return;
          }
        } catch (StorageFailed e) {
          LOGGER.log(System.Logger.Level.WARNING, "event=scrub-failed", e);
        }
        Thread.sleep(pace.pause());
      }
    } catch (InterruptedException | LogClosed | Stopped e) {
      LOGGER.log(System.Logger.Level.DEBUG, "event=scrub-ended reason=\"{0}\"", e.getMessage());
    }
  }

  private LongConsumer throttle() {
    Throttle throttle = new Throttle(pace.eventsPerSecond());
    return position -> {
      throttle.accept(position);
      if (stopping) {
        throw new Stopped();
      }
    };
  }

  /** Ends the pass under way and returns when it has ended. Idempotent. */
  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
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
