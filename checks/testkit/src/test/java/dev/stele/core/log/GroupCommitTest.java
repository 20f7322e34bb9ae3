package dev.stele.core.log;

import java.util.List;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Callers that share commits, in every interleaving of a few of them: each work is committed once,
 * in the order in which it was handed in, by one leader at a time, and nobody is left waiting.
 *
 * <p>A work gets the number of works committed before it. Linearizable against a plain counter,
 * that says all of it: a work lost or done twice skips or repeats a number, one out of order gets a
 * number that no order of the calls explains, and a caller that is never woken is a deadlock.
 */
@Tag("engine")
class GroupCommitTest {
  /** One work, and where it came in the order of commits. */
  private static final class Work {
    int place = -1;
  }

  /** Small bounds, so that a few callers already fill the queue and more than one batch. */
  public static class Shared {
    private int committed;
    private boolean committing;
    private final GroupCommit<Work> commits = new GroupCommit<>(2, 2, 0, this::commit);

    private void commit(List<Work> works) {
      if (committing || works.isEmpty() || works.size() > 2) {
        throw new IllegalStateException("two leaders, or a batch of " + works.size());
      }
      committing = true;
      for (Work work : works) {
        if (work.place >= 0) {
          throw new IllegalStateException("committed twice");
        }
        work.place = committed++;
      }
      committing = false;
    }

    @Operation
    public int run() {
      Work work = new Work();
      commits.run(work);
      return work.place;
    }
  }

  /** What the above must look like from outside. */
  public static class Counter {
    private int committed;

    public int run() {
      return committed++;
    }
  }

  @Test
  void commits_each_work_once_and_in_order_in_every_interleaving() {
    new ModelCheckingOptions()
        .iterations(3)
        .invocationsPerIteration(400)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .checkObstructionFreedom(false)
        .sequentialSpecification(Counter.class)
        .check(Shared.class);
  }

  @Test
  void commits_each_work_once_and_in_order_under_stress() {
    new StressOptions()
        .iterations(3)
        .invocationsPerIteration(1_000)
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(0)
        .actorsAfter(0)
        .sequentialSpecification(Counter.class)
        .check(Shared.class);
  }

  /** A caller that takes more places than there are before it awaits the first of them. */
  public static class Ahead {
    private final Shared shared = new Shared();

    @Operation
    public boolean submitThreeAndAwaitThemBackwards() {
      Work[] works = {new Work(), new Work(), new Work()};
      List<GroupCommit.Ticket<Work>> tickets =
          java.util.Arrays.stream(works).map(shared.commits::submit).toList();
      tickets.reversed().forEach(shared.commits::await);
      return works[0].place >= 0
          && works[0].place < works[1].place
          && works[1].place < works[2].place;
    }

    @Operation
    public boolean run() {
      return shared.run() >= 0;
    }
  }

  /** What that must look like from outside. */
  public static class Fulfilled {
    public boolean submitThreeAndAwaitThemBackwards() {
      return true;
    }

    public boolean run() {
      return true;
    }
  }

  @Test
  void commits_what_was_submitted_ahead_in_its_order_in_every_interleaving() {
    new ModelCheckingOptions()
        .iterations(3)
        .invocationsPerIteration(400)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .checkObstructionFreedom(false)
        .sequentialSpecification(Fulfilled.class)
        .check(Ahead.class);
  }
}
