package dev.stele.core.upkeep;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One run of tasks that look after a store, in order: backup, rotation, validation, figures. One
 * that fails says so and stops none of the others.
 *
 * <p>Immutable; as thread-safe as its tasks.
 *
 * @param tasks what is done, in this order
 */
public record Maintenance(List<Task> tasks) {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.upkeep");

  /** Copies the list. */
  public Maintenance {
    tasks = List.copyOf(tasks);
  }

  /** What a task does. */
  @FunctionalInterface
  public interface Work {
    /**
     * Does it.
     *
     * @return what came of it, by name; {@code success} is false where the task ran and says no
     * @throws InterruptedException when it was told to stop
     */
    Map<String, Object> run() throws InterruptedException;
  }

  /**
   * A task.
   *
   * @param name under which its result stands
   * @param work what it does
   */
  public record Task(String name, Work work) {}

  /**
   * What came of a task.
   *
   * @param name the task's
   * @param values what it told
   * @param error why it failed, when it did
   */
  public record Result(String name, Map<String, Object> values, Optional<String> error) {
    /** Whether it ran, and did not say no. */
    public boolean success() {
      return error.isEmpty() && !Boolean.FALSE.equals(values.get("success"));
    }
  }

  /**
   * Runs every task.
   *
   * @return a result for each, in their order
   * @throws InterruptedException when one of them was told to stop; those after it did not run
   */
  public List<Result> run() throws InterruptedException {
    List<Result> results = new ArrayList<>();
    for (Task task : tasks) {
      if (Thread.interrupted()) {
        throw new InterruptedException("told to stop before " + task.name());
      }
      try {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("success", true);
        values.putAll(task.work().run());
        results.add(new Result(task.name(), values, Optional.empty()));
      } catch (RuntimeException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedException("told to stop in " + task.name());
        }
        LOGGER.log(System.Logger.Level.ERROR, "event=task-failed task=" + task.name(), e);
        results.add(
            new Result(
                task.name(),
                Map.of("success", false),
                Optional.of(String.valueOf(e.getMessage()))));
      }
    }
    return results;
  }
}
