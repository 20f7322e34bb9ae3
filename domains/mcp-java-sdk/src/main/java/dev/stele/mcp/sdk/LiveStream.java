package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * A stream that may still grow, and the one connection that reads it.
 *
 * <pre>
 *   send ─► waiting ─► one virtual thread at a time ─► store.append ─► recent ─► the connection
 *                                                          └──────── replay ───────▲
 * </pre>
 *
 * <p>The invariants:
 *
 * <ul>
 *   <li>Messages are appended in the order of {@link #send}, and each before it is written.
 *   <li>A connection writes what is behind its place, in order, from {@code recent} where that
 *       reaches back far enough, else from the store. Places are sequences of the store, so that
 *       nothing is written twice to a connection and nothing is left out, wherever it comes from.
 *   <li>There is one connection; a newer one takes its place, as who comes back has noticed the
 *       loss earlier than the server can.
 *   <li>{@code recent} is bounded, and empty while nobody is connected. A reader that is slower
 *       falls back to the store and holds up nobody.
 * </ul>
 *
 * <p>Thread-safe. Nothing that {@link #send} and {@link #finish} return blocks the thread that
 * subscribes to it.
 */
final class LiveStream {
  /** 256 messages or 256 KiB are kept for the connection; what is older is read from the store. */
  private static final int MAX_RECENT = 256;

  private static final int MAX_RECENT_BYTES = 256 * 1024;

  /** 256 messages in one append: past a hundred, longer batches gain little. */
  private static final int MAX_BATCH = 256;

  /** 65,536 messages that nobody waited for: a tool that writes faster than the disk is told so. */
  static final int MAX_WAITING = 65_536;

  /** What a stream tells its session. */
  interface Owner {
    /** Nothing more comes on it. */
    void ended(LiveStream stream);

    /** The store says that the session has ended. */
    void sessionEnded();
  }

  private record Recent(long sequence, Page.Message message) {}

  /** What is to be done next, in order. */
  private sealed interface Work {
    MonoSink<Void> sink();
  }

  private record Send(McpMessage.Json message, boolean answers, MonoSink<Void> sink)
      implements Work {}

  private record Finish(MonoSink<Void> sink) implements Work {}

  private final McpEventStore store;
  private final McpScope scope;
  private final String name;
  private final Optional<McpMessage.Json> unanswered;
  private final Duration heartbeat;
  private final Owner owner;

  /** Held while something is appended, so that there is one order. */
  private final ReentrantLock appending = new ReentrantLock();

  /** Guarded by appending. */
  private boolean begun;

  /** Guarded by appending. */
  private boolean answered;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // All guarded by lock.
  private final Deque<Work> waiting = new ArrayDeque<>();
  private final Deque<Recent> recent = new ArrayDeque<>();
  private boolean draining;
  private long recentBytes;
  private long last;
  private boolean ended;
  private @Nullable Connection connection;
  private @Nullable Ending ending;

  /** Guarded by lock: up to where an earlier connection wrote; for one that does not say. */
  private String deliveredId = "";

  private long deliveredSequence;

  /** At which place the connection is to be ended, and what the client is told before. */
  private record Ending(Connection of, long at, Duration retry) {}

  /**
   * A stream of which nothing is in the store yet, or which another process began.
   *
   * @param unanswered what a request is answered with when the stream is finished without an
   *     answer; empty for a stream that answers no request: it is not completed
   */
  LiveStream(
      McpEventStore store,
      McpScope scope,
      String name,
      Optional<McpMessage.Json> unanswered,
      Duration heartbeat,
      Owner owner) {
    this.store = store;
    this.scope = scope;
    this.name = name;
    this.unanswered = unanswered;
    this.heartbeat = heartbeat;
    this.owner = owner;
  }

  String name() {
    return name;
  }

  // ---- what is sent ----

  /**
   * Appends the beginning, a place to resume from before there is a message; once. Blocks.
   *
   * @return what came of it, if it is no {@link McpAppend.Appended}
   */
  Optional<McpAppend> begin() {
    appending.lock();
    try {
      if (begun) {
        return Optional.empty();
      }
      McpAppend outcome = store.append(scope, name, new McpMessage.Priming());
      if (outcome instanceof McpAppend.Appended(String eventId, long sequence, boolean _)) {
        begun = true;
        lock.lock();
        try {
          deliveredId = eventId;
          deliveredSequence = sequence;
          appended(sequence, null);
        } finally {
          lock.unlock();
        }
        return Optional.empty();
      }
      return Optional.of(outcome);
    } finally {
      appending.unlock();
    }
  }

  /**
   * Appends a message and gives it to the connection, if there is one.
   *
   * @param answers whether it is the answer to the stream's request
   */
  Mono<Void> send(McpMessage.Json message, boolean answers) {
    return Mono.create(sink -> enqueue(new Send(message, answers, sink)));
  }

  /** Says that nothing more is sent: what waits is appended first. */
  Mono<Void> finish() {
    return Mono.create(sink -> enqueue(new Finish(sink)));
  }

  private void enqueue(Work work) {
    lock.lock();
    try {
      if (ended) {
        if (work instanceof Finish) {
          succeed(work);
        } else {
          fail(work, new IllegalStateException("the stream has ended"));
        }
        return;
      }
      // Neither an answer nor the end is ever refused: a client would wait for it in vain.
      if (work instanceof Send send && !send.answers() && waiting.size() >= MAX_WAITING) {
        fail(
            work,
            new IllegalStateException(
                "%d messages of this stream wait to be stored".formatted(MAX_WAITING)));
        return;
      }
      waiting.add(work);
      if (!draining) {
        draining = true;
        Thread _ = Thread.startVirtualThread(this::drain);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whoever waits goes on on a thread of their own: what they do next may wait for this one. */
  private static void succeed(Work work) {
    Thread _ = Thread.startVirtualThread(work.sink()::success);
  }

  private static void fail(Work work, Throwable why) {
    Thread _ = Thread.startVirtualThread(() -> work.sink().error(why));
  }

  private void drain() {
    while (true) {
      List<Send> batch = new ArrayList<>();
      Work other = null;
      lock.lock();
      try {
        while (other == null && batch.size() < MAX_BATCH && !waiting.isEmpty()) {
          switch (waiting.remove()) {
            case Send send -> batch.add(send);
            case Finish finish -> other = finish;
          }
        }
        if (batch.isEmpty() && other == null) {
          draining = false;
          return;
        }
      } finally {
        lock.unlock();
      }
      if (!batch.isEmpty()) {
        append(batch);
      }
      if (other != null) {
        close(other);
      }
    }
  }

  private void append(List<Send> batch) {
    appending.lock();
    try {
      Optional<McpAppend> refused = begin();
      if (refused.isPresent()) {
        batch.forEach(send -> fail(send, failure(refused.get())));
        return;
      }
      List<McpAppend> outcomes =
          batch.size() == 1
              ? List.of(store.append(scope, name, batch.getFirst().message()))
              : store.appendAll(scope, name, batch.stream().map(send -> message(send)).toList());
      if (outcomes.size() < batch.size()) {
        // One of them is refused; the others are not to suffer for it.
        batch.forEach(send -> settle(send, store.append(scope, name, send.message())));
        return;
      }
      for (int i = 0; i < batch.size(); i++) {
        settle(batch.get(i), outcomes.get(i));
      }
    } catch (RuntimeException e) {
      // This is the thread's top: the disk failed, the store is closed, or something unforeseen.
      batch.forEach(send -> fail(send, e));
      if (batch.stream().anyMatch(Send::answers)) {
        // The answer may be there or not. Whoever resumes finds out from the store.
        end();
      }
    } finally {
      appending.unlock();
    }
  }

  private static McpMessage message(Send send) {
    return send.message();
  }

  private void settle(Send send, McpAppend outcome) {
    switch (outcome) {
      case McpAppend.Appended(String eventId, long sequence, boolean _) -> {
        answered |= send.answers();
        lock.lock();
        try {
          appended(sequence, new Page.Message(eventId, send.message().json()));
        } finally {
          lock.unlock();
        }
        succeed(send);
      }
      case McpAppend.SessionEnded ended -> {
        fail(send, failure(ended));
        owner.sessionEnded();
      }
      case McpAppend.Refused _, McpAppend.StreamCompleted _, McpAppend.ReadOnly _ ->
          fail(send, failure(outcome));
    }
  }

  private static IllegalStateException failure(McpAppend outcome) {
    return new IllegalStateException(
        switch (outcome) {
          case McpAppend.Refused(String code, String reason) -> code + ": " + reason;
          case McpAppend.SessionEnded _ -> "the session has ended";
          case McpAppend.StreamCompleted _ -> "the stream has ended";
          case McpAppend.ReadOnly(String reason) -> "the store takes nothing more: " + reason;
          case McpAppend.Appended _ -> throw new IllegalArgumentException("that is no failure");
        });
  }

  /** Guarded by lock. */
  private void appended(long sequence, Page.@Nullable Message message) {
    if (sequence != last + 1) {
      recent.clear();
      recentBytes = 0;
    }
    last = Math.max(last, sequence);
    if (connection != null && message != null) {
      recent.add(new Recent(sequence, message));
      recentBytes += message.json().length;
      while (recent.size() > MAX_RECENT || recentBytes > MAX_RECENT_BYTES) {
        recentBytes -= recent.remove().message().json().length;
      }
    }
    changed.signalAll();
  }

  /** Takes note of something that was appended past this object. */
  void appendedElsewhere(long sequence) {
    lock.lock();
    try {
      if (sequence > last) {
        recent.clear();
        recentBytes = 0;
        last = sequence;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void close(Work work) {
    appending.lock();
    try {
      if (unanswered.isPresent()) {
        if (!answered) {
          answered = true;
          McpAppend outcome = store.append(scope, name, unanswered.get());
          if (outcome instanceof McpAppend.Appended(String eventId, long sequence, boolean _)) {
            lock.lock();
            try {
              appended(sequence, new Page.Message(eventId, unanswered.get().json()));
            } finally {
              lock.unlock();
            }
          }
        }
        boolean _ = store.complete(scope, name);
      }
      end();
      succeed(work);
    } catch (RuntimeException e) {
      // As above. The stream is left open in the store, and closed by whoever finds it there.
      end();
      fail(work, e);
    } finally {
      appending.unlock();
    }
  }

  /** Ends it without a word to the store; what waits is not sent. */
  void end() {
    List<Work> left;
    lock.lock();
    try {
      if (ended) {
        return;
      }
      ended = true;
      left = List.copyOf(waiting);
      waiting.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    left.forEach(
        work -> {
          if (work instanceof Finish) {
            succeed(work);
          } else {
            fail(work, new IllegalStateException("the stream has ended"));
          }
        });
    owner.ended(this);
  }

  // ---- who reads it ----

  /**
   * A connection from where the last one came to, or from the beginning, for a client that does not
   * say where it is. Only once the stream has begun.
   */
  Connection fromDelivered(boolean polls, Duration retry) {
    lock.lock();
    try {
      return new Connection(polls, retry, deliveredId, deliveredSequence);
    } finally {
      lock.unlock();
    }
  }

  /** Makes it the stream's connection; an earlier one ends. */
  void attach(Connection newer) {
    Connection older;
    lock.lock();
    try {
      older = connection;
      connection = newer;
      ending = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (older != null) {
      older.stop();
    }
  }

  boolean isConnected() {
    lock.lock();
    try {
      return connection != null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the connection once everything that was appended until now is written; the stream goes on.
   *
   * @return whether there is a connection whose client knows to come back
   */
  boolean endConnection(Duration retry) {
    lock.lock();
    try {
      if (connection == null || !connection.polls() || ended) {
        return false;
      }
      ending = new Ending(connection, last, retry);
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private sealed interface Step {
    record FromStore() implements Step {}

    record FromMemory(List<Recent> run) implements Step {}

    record Beat() implements Step {}

    record Leave(Optional<Duration> retry) implements Step {}
  }

  /**
   * Writes to a connection what there is and what comes, until the stream ends, another connection
   * takes over or the client is gone; on the caller's thread.
   */
  void pump(Connection to) throws IOException {
    try {
      while (true) {
        switch (next(to)) {
          case Step.FromStore _ -> {
            if (!catchUp(to)) {
              return;
            }
          }
          case Step.FromMemory(List<Recent> run) -> {
            for (Recent each : run) {
              to.send(each.message());
              to.reached(each.sequence());
            }
            delivered(to);
          }
          case Step.Beat _ -> to.beat();
          case Step.Leave(Optional<Duration> retry) -> {
            if (retry.isPresent()) {
              to.sayRetry(retry.get());
            }
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      detach(to);
    }
  }

  /** Ends a connection that was attached and is not pumped. */
  void detach(Connection gone) {
    lock.lock();
    try {
      if (connection == gone) {
        connection = null;
        ending = null;
        recent.clear();
        recentBytes = 0;
      }
    } finally {
      lock.unlock();
    }
  }

  private Step next(Connection of) throws InterruptedException {
    lock.lock();
    try {
      long left = heartbeat.toNanos();
      while (true) {
        if (connection != of || of.isStopped()) {
          return new Step.Leave(Optional.empty());
        }
        if (of.sequence() < last) {
          if (of.sequence() == Connection.UNKNOWN || !recentReachesBackTo(of.sequence() + 1)) {
            return new Step.FromStore();
          }
          return new Step.FromMemory(
              recent.stream().filter(each -> each.sequence() > of.sequence()).toList());
        }
        if (ended) {
          return new Step.Leave(Optional.empty());
        }
        if (ending != null && ending.of() == of && of.sequence() >= ending.at()) {
          return new Step.Leave(Optional.of(ending.retry()));
        }
        if (left <= 0) {
          return new Step.Beat();
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  private boolean recentReachesBackTo(long sequence) {
    Recent oldest = recent.peek();
    return oldest != null && oldest.sequence() <= sequence;
  }

  /** Writes a page from the store; false when the store has not what is known to be there. */
  private boolean catchUp(Connection to) throws IOException {
    long known;
    lock.lock();
    try {
      known = last;
    } finally {
      lock.unlock();
    }
    if (!(Page.after(store, scope, to.eventId()) instanceof Page.Messages page)
        || (!page.more() && page.last() < known)) {
      return false;
    }
    write(to, page);
    return true;
  }

  /** Writes a page that was read from where the connection is. */
  void write(Connection to, Page.Messages page) throws IOException {
    for (Page.Message message : page.messages()) {
      to.send(message);
    }
    to.reached(page.more() ? Connection.UNKNOWN : page.last());
    delivered(to);
  }

  private void delivered(Connection to) {
    if (to.sequence() == Connection.UNKNOWN) {
      return;
    }
    lock.lock();
    try {
      if (to.sequence() > deliveredSequence) {
        deliveredId = to.eventId();
        deliveredSequence = to.sequence();
      }
    } finally {
      lock.unlock();
    }
  }
}
