package dev.stele.core.view;

import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.log.LogReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Several views of one log, each kept up to date by a thread of its own.
 *
 * <pre>
 *   try (Views views = Views.of(log).keep(new Hints(), store).keep(new Threads(), store).start()) {
 *     views.await("hints", position, Duration.ofSeconds(1));
 *     views.read("hints", tables -&gt; tables.get(HINTS, "wss://relay.example"));
 *   }
 * </pre>
 *
 * <p>After a small batch a view lets events gather for some milliseconds, unless somebody awaits
 * them. A view that fails stands still, says so in its {@link #status}, and stops neither the log
 * nor another view. Thread-safe. Closing waits for the batches under way and closes neither the log
 * nor a store; what was not applied yet is applied after the next start.
 */
public final class Views implements KeptViews {
  /** How long a thread waits for events before it looks around again. */
  private static final Duration LOOK_AROUND = Duration.ofSeconds(10);

  /**
   * 10 ms for events to gather between two small batches: a transaction for each event would cost
   * the appender more than its own. Whoever awaits a position ends the rest.
   */
  private static final Duration REST = Duration.ofMillis(10);

  private final LogReader log;
  private final List<ViewStore> stores;
  private final Map<String, Kept> kept = new LinkedHashMap<>();

  /** Collects the views to keep. One thread. */
  public static final class Builder {
    private final LogReader log;
    private final List<ViewRunner> runners = new ArrayList<>();
    private final Set<ViewStore> stores = Collections.newSetFromMap(new IdentityHashMap<>());

    private Builder(LogReader log) {
      this.log = log;
    }

    /** Adds a view, and where its tables are. */
    public Builder keep(View view, ViewStore store) {
      if (runners.stream().anyMatch(each -> each.view().name().equals(view.name()))) {
        throw new IllegalArgumentException("two views have the name " + view.name());
      }
      runners.add(new ViewRunner(view, log, store));
      stores.add(store);
      return this;
    }

    /** Starts a thread for each view. */
    public Views start() {
      return new Views(log, runners, stores);
    }
  }

  private enum Request {
    RETRY,
    REBUILD
  }

  /** A wait that an interrupt ends. */
  private interface Pause {
    void run() throws InterruptedException;
  }

  /** A view with its thread, which alone runs it. */
  private static final class Kept {
    final ViewRunner runner;
    final Thread thread;

    /** Guards what follows, so that an interrupt comes while the thread waits and never later. */
    final ReentrantLock turn = new ReentrantLock();

    final Condition woken = turn.newCondition();

    final Deque<Request> requests = new ArrayDeque<>();
    boolean waiting;
    boolean stopping;

    Kept(ViewRunner runner) {
      this.runner = runner;
      this.thread =
          Thread.ofPlatform()
              .daemon()
              .name("stele-view-" + runner.view().name())
              .unstarted(this::run);
    }

    // The top of the thread: whatever ends it is said in the view's status.
    private void run() {
      try {
        while (goOn()) {
          if (gathers()) {
            continue;
          }
          boolean busy = runner.step(Duration.ZERO);
          if (busy) {
            pause(() -> runner.rest(REST));
          } else {
            pause(() -> runner.waitForEvents(LOOK_AROUND));
          }
        }
        runner.stopped();
      } catch (LogClosed e) {
        runner.stopped();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        runner.stopped();
      } catch (RuntimeException | Error e) {
        runner.stoppedBy(e);
      }
    }

    /** Waits while events are to gather; true when it was woken from that for something else. */
    private boolean gathers() throws InterruptedException {
      pause(runner::gatherEvents);
      return runner.isGathering();
    }

    /** Does what was asked for, and tells whether to go on. */
    private boolean goOn() {
      Request request;
      turn.lock();
      try {
        if (stopping) {
          return false;
        }
        request = requests.poll();
      } finally {
        turn.unlock();
      }
      switch (request) {
        case RETRY -> runner.retry();
        case REBUILD -> runner.rebuild();
        case null -> {}
      }
      return true;
    }

    /** Waits as told, or to be woken. */
    private void pause(Pause pause) throws InterruptedException {
      turn.lock();
      try {
        if (stopping || !requests.isEmpty()) {
          return;
        }
        if (runner.standsStill()) {
          while (!stopping && requests.isEmpty()) {
            woken.awaitUninterruptibly();
          }
          return;
        }
        waiting = true;
      } finally {
        turn.unlock();
      }
      try {
        pause.run();
      } catch (InterruptedException e) {
        // Woken: there is a request, or it is to stop. Both are looked for next.
      } finally {
        turn.lock();
        try {
          waiting = false;
          // An interrupt that came too late to wake anyone; nobody else interrupts this thread.
          var _ = Thread.interrupted();
        } finally {
          turn.unlock();
        }
      }
    }

    void ask(Request request) {
      turn.lock();
      try {
        if (stopping || !thread.isAlive()) {
          throw new IllegalStateException(
              "view %s was stopped; start the views again".formatted(runner.view().name()));
        }
        requests.add(request);
        // Who waits for the view from now on waits for what was asked for.
        runner.started();
        wake();
      } finally {
        turn.unlock();
      }
    }

    void stop() {
      turn.lock();
      try {
        stopping = true;
        wake();
      } finally {
        turn.unlock();
      }
    }

    private void wake() {
      woken.signalAll();
      if (waiting) {
        thread.interrupt();
      }
    }
  }

  private Views(LogReader log, List<ViewRunner> runners, Set<ViewStore> stores) {
    this.log = log;
    this.stores = List.copyOf(stores);
    for (ViewRunner runner : runners) {
      kept.put(runner.view().name(), new Kept(runner));
    }
    for (Kept each : kept.values()) {
      each.runner.started();
      each.thread.start();
    }
  }

  /** Begins to collect the views of a log. */
  public static Builder of(LogReader log) {
    return new Builder(log);
  }

  /** The log that is retold. */
  public LogReader log() {
    return log;
  }

  /** How far each view is, in the order they were given. */
  @Override
  public List<ViewStatus> status() {
    return kept.values().stream().map(each -> each.runner.status()).toList();
  }

  /**
   * How far one view is.
   *
   * @throws IllegalArgumentException when no view has the name; so do the other methods
   */
  public ViewStatus status(String name) {
    return require(name).runner.status();
  }

  /** Waits until the answers of a view reflect a position; see {@link ViewRunner#await}. */
  @Override
  public Awaited await(String name, long position, Duration timeout) throws InterruptedException {
    return require(name).runner.await(position, timeout);
  }

  /** Reads a view: rows, and the position they reflect. */
  @Override
  public <T> ViewStore.Answer<T> read(String name, ViewStore.Reading<T> reading) {
    return require(name).runner.read(reading);
  }

  /** Hashes what a view holds, reading all of it. */
  public ViewStore.Answer<String> stateHash(String name) {
    return require(name).runner.stateHash();
  }

  @Override
  public Gathering gather() {
    kept.values().forEach(each -> each.runner.beginGathering());
    AtomicBoolean ended = new AtomicBoolean();
    return () -> {
      if (!ended.getAndSet(true)) {
        kept.values().forEach(each -> each.runner.endGathering());
      }
    };
  }

  /** Lets a view that has failed try again, where it stands. */
  @Override
  public void retry(String name) {
    require(name).ask(Request.RETRY);
  }

  /** Lets a view be built again, beside the tables that answer meanwhile. */
  @Override
  public void rebuild(String name) {
    require(name).ask(Request.REBUILD);
  }

  /** Rewrites the files of every store that has some; others hold nothing that was dropped. */
  @Override
  public void compact() {
    for (ViewStore store : stores) {
      if (store instanceof Compactable compactable) {
        compactable.compact();
      }
    }
  }

  private Kept require(String name) {
    Kept found = kept.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no view is called '%s' here".formatted(name));
    }
    return found;
  }

  /** Stops every thread after the batch it is at, and waits for them. Idempotent. */
  @Override
  public void close() {
    kept.values().forEach(Kept::stop);
    boolean interrupted = false;
    for (Kept each : kept.values()) {
      while (each.thread.isAlive()) {
        try {
          each.thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
