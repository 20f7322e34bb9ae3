package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpEventStore;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A session in memory: the SDK's own object, and the streams that may still grow.
 *
 * <p>Thread-safe. Whoever works with it {@link #enter enters} and {@link #leave leaves}, so that it
 * is not set aside meanwhile.
 */
final class LiveSession {
  /** 1,024 requests that are not answered: more than a client that waits for answers has. */
  static final int MAX_IN_FLIGHT = 1024;

  private static final String SINCE_POLLING = "2025-11-25";

  private final McpEventStore store;
  private final McpScope scope;
  private final McpStreamableServerSession inner;
  private final String protocolVersion;
  private final TransportOptions options;
  private final InstantSource clock;
  private final Runnable whenEnded;
  private final LiveStream listening;
  private final LiveStream settings;
  private final Map<String, LiveStream> requests = new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock();

  // All guarded by lock.
  private int users;
  private boolean closed;
  private Instant lastUsed;

  /**
   * A session as the SDK has begun it.
   *
   * @param whenEnded is run when the store says that the session has ended
   */
  LiveSession(
      McpEventStore store,
      McpScope scope,
      McpStreamableServerSession inner,
      String protocolVersion,
      TransportOptions options,
      Runnable whenEnded) {
    this.store = store;
    this.scope = scope;
    this.inner = inner;
    this.protocolVersion = protocolVersion;
    this.options = options;
    this.clock = options.clock();
    this.whenEnded = whenEnded;
    this.lastUsed = clock.instant();
    this.listening = stream(StreamName.LISTEN, Optional.empty());
    this.settings = stream(StreamName.SETTINGS, Optional.empty());
    // Once and for good: whether somebody is connected to it is nothing that the SDK needs to know.
    var _ = inner.listeningStream(new StreamTransport(listening, options.json()));
  }

  private LiveStream stream(String name, Optional<McpMessage.Json> unanswered) {
    return new LiveStream(store, scope, name, unanswered, options.heartbeat(), new Streams());
  }

  private final class Streams implements LiveStream.Owner {
    @Override
    public void ended(LiveStream stream) {
      if (requests.remove(stream.name(), stream)) {
        touch();
      }
    }

    @Override
    public void sessionEnded() {
      whenEnded.run();
    }
  }

  McpScope scope() {
    return scope;
  }

  McpStreamableServerSession inner() {
    return inner;
  }

  /**
   * Whether its client is told the ids of streams that have no message yet, and may be sent off.
   */
  boolean polls() {
    // Revisions are dates, so that their order is that of their text.
    return protocolVersion.compareTo(SINCE_POLLING) >= 0;
  }

  /** How long its client is asked to wait before it comes back. */
  Duration retry() {
    return options.retry();
  }

  /** The stream of what no request asked for. */
  LiveStream listening() {
    return listening;
  }

  /** What is to be done again when the session is taken up by another process. */
  LiveStream settings() {
    return settings;
  }

  /**
   * A stream for a request's answer, of which nothing is stored yet.
   *
   * @return nothing, if too many requests are in flight
   */
  Optional<LiveStream> newRequest(String name, McpMessage.Json unanswered) {
    LiveStream stream = stream(name, Optional.of(unanswered));
    requests.put(name, stream);
    if (requests.size() > MAX_IN_FLIGHT) {
      requests.remove(name);
      return Optional.empty();
    }
    return Optional.of(stream);
  }

  /** The stream of this name, if it may still grow. */
  @Nullable LiveStream find(String name) {
    return name.equals(StreamName.LISTEN) ? listening : requests.get(name);
  }

  List<LiveStream> inFlight() {
    return List.copyOf(requests.values());
  }

  /** Begins to use it; false when it was set aside or ended. */
  boolean enter() {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      users++;
      lastUsed = clock.instant();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends what {@link #enter} began. */
  void leave() {
    lock.lock();
    try {
      users--;
      lastUsed = clock.instant();
    } finally {
      lock.unlock();
    }
  }

  private void touch() {
    lock.lock();
    try {
      lastUsed = clock.instant();
    } finally {
      lock.unlock();
    }
  }

  /** Since when nobody has used it; empty while somebody does. */
  Optional<Instant> idleSince() {
    lock.lock();
    try {
      return isIdle() ? Optional.of(lastUsed) : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  private boolean isIdle() {
    return !closed && users == 0 && requests.isEmpty();
  }

  /** Lets nobody in any more, if nobody is in; false when somebody is. */
  boolean closeIfIdle() {
    lock.lock();
    try {
      boolean idle = isIdle();
      closed |= idle;
      return idle;
    } finally {
      lock.unlock();
    }
  }

  /** Lets nobody in any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }
}
