package dev.stele.nostr.store;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The followers of a store, each with a queue and a thread of its own, so that none waits for
 * another and nobody waits for them. Thread-safe.
 */
final class Feeds {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.nostr");

  private final int capacity;
  private final List<Following> all = new CopyOnWriteArrayList<>();

  Feeds(int capacity) {
    this.capacity = capacity;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  Feed add(Consumer<Arrived> onArrival, long after) {
    Following following = new Following(onArrival, after);
    all.add(following);
    following.thread.start();
    return following;
  }

  /** Gives an event to every follower that has room, and tells the others that they lost one. */
  void give(Arrived arrived) {
    for (Following each : all) {
      if (arrived.ephemeral() || arrived.position() > each.after) {
        each.offer(arrived);
      }
    }
  }

  void closeAll() {
    all.forEach(Following::close);
  }

  private final class Following implements Feed {
    private final Consumer<Arrived> onArrival;

    /** Where the log ended when this began. */
    private final long after;

    /** What is empty says to look whether this was closed. */
    private final BlockingQueue<Optional<Arrived>> waiting = new ArrayBlockingQueue<>(capacity);

    private final AtomicLong lost = new AtomicLong();
    private final Thread thread = Thread.ofVirtual().name("stele-nostr-feed").unstarted(this::run);
    private volatile boolean closed;

    Following(Consumer<Arrived> onArrival, long after) {
      this.onArrival = onArrival;
      this.after = after;
    }

    void offer(Arrived arrived) {
      if (!waiting.offer(Optional.of(arrived))) {
        lost.incrementAndGet();
      }
    }

    // The top of the thread: a follower that throws is told of, and followed no more.
    private void run() {
      try {
        while (!closed) {
          Optional<Arrived> next = waiting.take();
          if (!closed) {
            next.ifPresent(onArrival);
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException | Error e) {
        LOGGER.log(System.Logger.Level.ERROR, "event=nostr-feed-ended", e);
      } finally {
        close();
      }
    }

    @Override
    public long lost() {
      return lost.get();
    }

    @Override
    public void close() {
      closed = true;
      all.remove(this);
      // A full queue wakes the thread by itself.
      boolean _ = waiting.offer(Optional.empty());
    }
  }
}
