package dev.stele.nostr.store;

import dev.stele.core.view.KeptViews;
import dev.stele.nostr.event.NostrEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * History on its way into a log.
 *
 * <pre>
 *   all cores    known? hash, signature of part 3
 *   one thread   part 2 ──► log: one commit
 * </pre>
 */
final class LogHistory implements History {
  /** 4,096 events share a commit: a sync costs each a microsecond then, and two parts are small. */
  private static final int PART = 4_096;

  /** So many parts wait for the log at most: it is faster than the signatures. */
  private static final int AHEAD = 2;

  private final LogNostrStore store;
  private final KeptViews.Gathering gathering;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("stele-nostr-history").factory());

  LogHistory(LogNostrStore store, KeptViews.Gathering gathering) {
    this.store = store;
    this.gathering = gathering;
  }

  @Override
  public List<Taken> append(List<NostrEvent> events) {
    List<Taken> taken = new ArrayList<>(events.size());
    Deque<Future<List<Taken>>> writing = new ArrayDeque<>();
    for (int from = 0; from < events.size(); from += PART) {
      List<LogNostrStore.Judged> judged =
          store.judge(events.subList(from, Math.min(events.size(), from + PART)));
      writing.add(writer.submit(() -> store.append(judged)));
      if (writing.size() > AHEAD) {
        taken.addAll(done(writing.remove()));
      }
    }
    while (!writing.isEmpty()) {
      taken.addAll(done(writing.remove()));
    }
    return taken;
  }

  private static List<Taken> done(Future<List<Taken>> writing) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return writing.get();
        } catch (InterruptedException e) {
          // A commit under way ends soon, and what it stored is to be told.
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("the commit of a part failed", e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public List<StoreOutcome> outcomes(List<Taken> taken) {
    List<StoreOutcome> outcomes = new ArrayList<>(taken.size());
    // In parts, for the tables to have shown progress before patience ends.
    for (int from = 0; from < taken.size(); from += PART) {
      outcomes.addAll(store.outcomes(taken.subList(from, Math.min(taken.size(), from + PART))));
    }
    // Only now do the tables know what has expired.
    store.sweepIfDue();
    return outcomes;
  }

  @Override
  public void close() {
    writer.close();
    gathering.close();
  }
}
