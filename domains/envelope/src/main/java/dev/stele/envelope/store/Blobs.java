package dev.stele.envelope.store;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogReader;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStatus;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.Views;
import dev.stele.envelope.view.BlobView;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whole envelopes beside the authority, kept by a view that follows the log.
 *
 * <pre>
 *   found ──► served
 *   not found, or any failure ──► the authority serves
 *   it says something else than it should ──► built again from the log
 *   it cannot be written ──► degraded, said once as an error, tried again until it can
 * </pre>
 *
 * <p>Nothing here can fail a save or a read. Thread-safe.
 */
final class Blobs implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.envelope.blobs");

  /** A quarter of a second: how soon a failure is noticed, and tried again. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);

  private final LogReader log;
  private final Supplier<ViewStore> opener;
  private final BlobView view;
  private final ScheduledExecutorService nurse =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("stele-blobs").factory());

  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong rebuilds = new AtomicLong();
  private final AtomicLong hits = new AtomicLong();
  private final AtomicLong misses = new AtomicLong();
  private final AtomicBoolean disagrees = new AtomicBoolean();

  /** What reflects less than this may still hold an envelope that was erased: it serves nothing. */
  private final AtomicLong floor = new AtomicLong();

  private volatile @Nullable Kept kept;
  private volatile Optional<String> degraded = Optional.of("not opened yet");
  private volatile boolean closed;

  private record Kept(ViewStore store, Views views) {}

  Blobs(LogReader log, BlobView view, Supplier<ViewStore> opener) {
    this.log = log;
    this.view = view;
    this.opener = opener;
    look();
    var _ =
        nurse.scheduleWithFixedDelay(
            this::look, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Opens what is not open, revives what has failed, builds again what disagrees. */
  private synchronized void look() {
    if (closed) {
      return;
    }
    try {
      Kept now = kept;
      if (now == null) {
        // Whatever was erased while this was not open stands before this end.
        reflectAtLeast(log.head().size());
        ViewStore store = opener.get();
        try {
          now = new Kept(store, Views.of(log).keep(view, store).start());
        } catch (RuntimeException e) {
          store.close();
          throw e;
        }
        kept = now;
      }
      if (disagrees.getAndSet(false)) {
        rebuilds.incrementAndGet();
        now.views.rebuild(BlobView.NAME);
      }
      ViewStatus status = now.views.status(BlobView.NAME);
      switch (status.state()) {
        case ViewState.CatchingUp _, ViewState.Live _, ViewState.Rebuilding _ -> recovered();
        case ViewState.Failed failed -> {
          fail(failed.message());
          // A disk that was full, or a map that was too small, may be well again: all anew.
          shut();
        }
        case ViewState.Stopped _ -> {
          fail("its thread has stopped");
          shut();
        }
      }
    } catch (RuntimeException e) {
      fail(String.valueOf(e.getMessage()));
      shut();
    }
  }

  private void recovered() {
    if (degraded.isPresent()) {
      LOGGER.log(System.Logger.Level.INFO, "event=blobs-kept log={0}", log.origin());
      degraded = Optional.empty();
    }
  }

  private void fail(String why) {
    failures.incrementAndGet();
    if (degraded.isEmpty() || !degraded.get().equals(why)) {
      degraded = Optional.of(why);
      LOGGER.log(
          System.Logger.Level.ERROR,
          "event=blobs-degraded severity=critical log={0} reason=\"{1}\"",
          log.origin(),
          why);
    }
  }

  private void shut() {
    Kept now = kept;
    kept = null;
    if (now != null) {
      try (ViewStore _ = now.store) {
        now.views.close();
      } catch (RuntimeException e) {
        LOGGER.log(System.Logger.Level.WARNING, "what keeps the blobs could not be closed", e);
      }
    }
  }

  /** The envelope with an id, if it is here and in order. */
  Optional<BlobView.Blob> find(String id) {
    Optional<BlobView.Blob> found =
        ask(id).filter(answer -> answer.position() >= floor.get()).flatMap(ViewStore.Answer::value);
    (found.isPresent() ? hits : misses).incrementAndGet();
    return found;
  }

  /** Lets nothing be served from here until it reflects a position, as that of an erase. */
  void reflectAtLeast(long position) {
    floor.accumulateAndGet(position, Math::max);
  }

  /**
   * Tells that the authority has an envelope that was not found here: a disagreement, if this is
   * past its position.
   */
  void missed(String id, long position) {
    if (ask(id).filter(it -> it.position() >= position && it.value().isEmpty()).isPresent()) {
      disagree("the envelope at position %d is not there".formatted(position));
    }
  }

  /**
   * What is here under an id, and the position that this reflects; empty when it cannot be said.
   */
  private Optional<ViewStore.Answer<Optional<BlobView.Blob>>> ask(String id) {
    Kept now = kept;
    if (now == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(now.views.read(BlobView.NAME, tables -> BlobView.find(tables, id)));
    } catch (BlobView.Disagreement e) {
      disagree(e.getMessage());
    } catch (RuntimeException e) {
      // What was shut meanwhile answers so too, and then there is nothing to mend.
      Kept still = kept;
      if (still != null && still.views == now.views) {
        disagree("it cannot be read: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private void disagree(@Nullable String why) {
    if (!disagrees.getAndSet(true)) {
      LOGGER.log(
          System.Logger.Level.ERROR,
          "event=blobs-disagree severity=critical log={0} reason=\"{1}\"",
          log.origin(),
          why);
    }
  }

  /** Waits until what is here reflects a position; false when it does not in time. */
  boolean await(long position, Duration timeout) throws InterruptedException {
    Kept now = kept;
    try {
      return now != null
          && now.views.await(BlobView.NAME, position, timeout) instanceof Awaited.Reached;
    } catch (StorageFailed e) {
      // Then it is degraded, which the next look says.
      return false;
    }
  }

  /**
   * Rewrites what is here, once it reflects the log, so that nothing is left that was erased.
   *
   * @throws StorageFailed when it cannot be done now: then what was erased may still be here
   */
  void compact(Duration timeout) {
    boolean current = false;
    try {
      current = await(log.head().size(), timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      Kept now = kept;
      if (now == null || !current) {
        throw new StorageFailed(
            "the copy of log %s beside the server cannot be rewritten now (%s); compact again later"
                .formatted(log.origin(), degraded.orElse("it does not follow the log")));
      }
      now.views.compact();
    }
  }

  BlobHealth health() {
    Kept now = kept;
    long position = 0;
    if (now != null) {
      try {
        position = now.views.status(BlobView.NAME).position();
      } catch (StorageFailed e) {
        // Then it is degraded, which is said next.
      }
    }
    Optional<String> why = disagrees.get() ? Optional.of("being built again") : degraded;
    return new BlobHealth(position, why, failures.get(), rebuilds.get(), hits.get(), misses.get());
  }

  @Override
  public void close() {
    nurse.shutdown();
    synchronized (this) {
      closed = true;
      shut();
    }
  }
}
