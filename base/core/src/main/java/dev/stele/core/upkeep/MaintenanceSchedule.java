package dev.stele.core.upkeep;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs maintenance again and again: at once, and then a set time after each run has ended, so that
 * no two ever overlap.
 *
 * <p>Thread-safe. {@link #close} interrupts a run under way and waits for it to end: tasks give up
 * at their next sign of progress, and leave nothing that counts.
 */
public final class MaintenanceSchedule implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.upkeep");

  /** One second: more often, a store would do nothing else. */
  public static final Duration SHORTEST = Duration.ofSeconds(1);

  private final Maintenance maintenance;
  private final Duration every;
  private final Consumer<List<Maintenance.Result>> results;
  private final Thread thread;

  private MaintenanceSchedule(
      Maintenance maintenance, Duration every, Consumer<List<Maintenance.Result>> results) {
    this.maintenance = maintenance;
    this.every = every;
    this.results = results;
    this.thread = Thread.ofPlatform().name("stele-maintenance").daemon().unstarted(this::run);
  }

  /**
   * Begins.
   *
   * @param every from the end of a run to the next, {@link #SHORTEST} or longer
   * @param results is told what came of each run, on the schedule's thread
   */
  public static MaintenanceSchedule start(
      Maintenance maintenance, Duration every, Consumer<List<Maintenance.Result>> results) {
    if (every.compareTo(SHORTEST) < 0) {
      throw new IllegalArgumentException(
          "maintenance runs once a second at most, not every " + every);
    }
    MaintenanceSchedule schedule = new MaintenanceSchedule(maintenance, every, results);
    schedule.thread.start();
    return schedule;
  }

  private void run() {
    try {
      while (!Thread.interrupted()) {
        results.accept(maintenance.run());
        Thread.sleep(every);
      }
    } catch (InterruptedException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "event=maintenance-ended");
    }
  }

  /** Waits until somebody closes it. */
  public void join() throws InterruptedException {
    thread.join();
  }

  /** Ends the run under way and returns when it has ended. Idempotent. */
  @Override
  public void close() {
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
