package dev.stele.core.backup;

import dev.stele.core.engine.IndexEntry;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An engine's index as a sequence: the engine that has it pushes, on a thread of its own, and the
 * engine that is to have it pulls. A few thousand entries are in memory at once.
 *
 * <p>Closed before the engine that pushes; then no thread is left. One thread at a time.
 */
final class PulledEntries implements Iterable<IndexEntry>, AutoCloseable {
  /** Entries that are handed over at once: some 200 KB. */
  private static final int TOGETHER = 4_096;

  /** How many hand-overs may wait for whoever pulls. */
  private static final int WAITING = 2;

  /** How often a thread looks whether the other one is still there. */
  private static final long LOOK_MILLIS = 50;

  /** Pushes every entry to a consumer, in order. */
  @FunctionalInterface
  interface Scan {
    void run(Consumer<IndexEntry> sink);
  }

  private final Scan scan;
  private final List<Walk> walks = new ArrayList<>();

  PulledEntries(Scan scan) {
    this.scan = scan;
  }

  @Override
  public Iterator<IndexEntry> iterator() {
    Walk walk = new Walk();
    walks.add(walk);
    walk.thread.start();
    return walk;
  }

  @Override
  public void close() {
    walks.forEach(Walk::end);
  }

  /** Nobody pulls any more. */
  private static final class Abandoned extends RuntimeException {
    Abandoned() {
      super("nobody takes the entries", null, false, false);
    }
  }

  private final class Walk implements Iterator<IndexEntry> {
    final Thread thread =
        Thread.ofPlatform().daemon().name("stele-copy-index").unstarted(this::push);
    private final ArrayBlockingQueue<List<IndexEntry>> handed = new ArrayBlockingQueue<>(WAITING);
    private volatile boolean abandoned;

    /** What the scan failed at; written before its last hand-over, which is empty. */
    private @Nullable Throwable failure;

    private List<IndexEntry> gathered = new ArrayList<>(TOGETHER);
    private Iterator<IndexEntry> taken = List.<IndexEntry>of().iterator();
    private boolean ended;

    // The top of the thread: whatever it fails at is thrown to whoever pulls.
    private void push() {
      try {
        scan.run(
            entry -> {
              gathered.add(entry);
              if (gathered.size() == TOGETHER) {
                handOver();
              }
            });
        if (!gathered.isEmpty()) {
          handOver();
        }
      } catch (Abandoned e) {
        return;
      } catch (RuntimeException | Error e) {
        failure = e;
      }
      gathered = new ArrayList<>();
      try {
        handOver();
      } catch (Abandoned e) {
        // Then nobody waits for the end either.
        ended = true;
      }
    }

    // Without interrupts, which would close the files that the engine reads from.
    private void handOver() {
      boolean done = false;
      while (!done) {
        if (abandoned) {
          throw new Abandoned();
        }
        try {
          done = handed.offer(gathered, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          throw new IllegalStateException("nobody interrupts this thread", e);
        }
      }
      gathered = new ArrayList<>(TOGETHER);
    }

    @Override
    public boolean hasNext() {
      if (!taken.hasNext() && !ended) {
        List<IndexEntry> next = await();
        ended = next.isEmpty();
        taken = next.iterator();
        Throwable failed = failure;
        if (ended && failed instanceof RuntimeException e) {
          throw e;
        }
        if (ended && failed instanceof Error e) {
          throw e;
        }
      }
      return taken.hasNext();
    }

    private List<IndexEntry> await() {
      boolean interrupted = false;
      try {
        while (true) {
          try {
            return handed.take();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public IndexEntry next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no more entries");
      }
      return taken.next();
    }

    void end() {
      abandoned = true;
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
}
