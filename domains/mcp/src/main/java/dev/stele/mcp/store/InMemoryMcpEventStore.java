package dev.stele.mcp.store;

import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Rejected;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpStreamName;
import dev.stele.mcp.gate.McpGate;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps streams in the heap: for development and tests, gone with the process.
 *
 * <p>A ring for each stream, bounded in events, and all of them in bytes: beyond that the oldest
 * events of the stream that was longest without one go. Streams and tombstones are bounded too; a
 * stream that was forgotten begins again behind every place that any forgotten one had, so that no
 * id is ever given twice. Thread-safe, by one lock.
 */
final class InMemoryMcpEventStore implements McpEventStore {
  /** 100,000 streams: about 30 MB of rings, even if each is empty. */
  static final int MAX_STREAMS = 100_000;

  /** 100,000 sessions, ended ones included. */
  static final int MAX_SESSIONS = 100_000;

  /** 200 bytes for an event besides its message: the objects that hold it. */
  static final long EVENT_BYTES = 200;

  private static final McpGate GATE = new McpGate();

  private final McpStoreOptions options;
  private final ReentrantLock lock = new ReentrantLock();

  /** Every field below is guarded by the lock. Streams in order of their last appends. */
  private final LinkedHashMap<Key, Stream> streams = new LinkedHashMap<>();

  private final LinkedHashMap<McpScope, Session> sessions = new LinkedHashMap<>();
  private long bytes;
  private long appendsSinceRetention;
  private long appends;
  private long hits;
  private long misses;
  private Instant lastTime = Instant.EPOCH;

  /** The highest place that a forgotten stream had. */
  private long forgottenUpTo;

  private record Key(McpScope scope, String stream) {}

  /** With the key it is known by, empty for none. */
  private record Event(
      long number, long sequence, McpMessage message, long bytes, Instant at, String key) {}

  private static final class Stream {
    final Key key;
    final Deque<Event> ring = new ArrayDeque<>();

    /** Those in the ring that have one, by their keys. */
    final Map<String, Event> byKey = new HashMap<>();

    long last;
    boolean complete;
    long bytes;
    int sizeBefore;

    Stream(Key key, long last) {
      this.key = key;
      this.last = last;
    }

    long firstRetained() {
      Event first = ring.peekFirst();
      return first == null ? last + 1 : first.sequence;
    }
  }

  /** What is kept of a session; nothing once it has ended. */
  private record Session(@Nullable McpSession kept, Instant since) {}

  InMemoryMcpEventStore(McpStoreOptions options) {
    this.options = options;
  }

  @Override
  public McpAppend append(McpScope scope, String stream, McpMessage message) {
    return appendAll(scope, stream, List.of(message)).getFirst();
  }

  @Override
  public List<McpAppend> appendAll(McpScope scope, String stream, List<McpMessage> messages) {
    for (McpMessage message : messages) {
      if (judge(scope, stream, message) instanceof Rejected(String code, String reason)) {
        return List.of(new McpAppend.Refused(code, reason));
      }
    }
    return locked(
        () -> {
          if (hasEnded(scope)) {
            return List.of(new McpAppend.SessionEnded());
          }
          Stream known = streams.get(new Key(scope, stream));
          if (known != null && known.complete) {
            return List.of(new McpAppend.StreamCompleted());
          }
          List<McpAppend> appended = new ArrayList<>(messages.size());
          for (McpMessage message : messages) {
            appended.add(add(new Key(scope, stream), message, ""));
          }
          return appended;
        });
  }

  @Override
  public List<McpAppend> appendOnce(
      McpScope scope, String stream, List<McpMessage.Json> messages, String key) {
    for (int i = 0; i < messages.size(); i++) {
      McpGate.Input.Message message =
          new McpGate.Input.Message(scope, stream, messages.get(i).json());
      if (GATE.judge(new McpGate.Input.Once(message, key, i), Instant.EPOCH)
          instanceof Rejected(String code, String reason)) {
        return List.of(new McpAppend.Refused(code, reason));
      }
    }
    return locked(
        () -> {
          Stream known = streams.get(new Key(scope, stream));
          List<McpAppend> there = known == null ? List.of() : there(known, messages, key);
          if (!there.isEmpty()) {
            return there;
          }
          if (hasEnded(scope)) {
            return List.of(new McpAppend.SessionEnded());
          }
          if (known != null && known.complete) {
            return List.of(new McpAppend.StreamCompleted());
          }
          List<McpAppend> appended = new ArrayList<>(messages.size());
          for (McpMessage.Json message : messages) {
            appended.add(add(new Key(scope, stream), message, numbered(key, appended.size())));
          }
          return appended;
        });
  }

  private static String numbered(String key, int number) {
    return key + '\n' + number;
  }

  /** The acks of messages that a key has appended; empty when it has appended none. */
  private static List<McpAppend> there(Stream stream, List<McpMessage.Json> messages, String key) {
    List<McpAppend> there = new ArrayList<>(messages.size());
    boolean others = false;
    for (int i = 0; i < messages.size(); i++) {
      Event event = stream.byKey.get(numbered(key, i));
      if (event != null) {
        others |=
            !(event.message instanceof McpMessage.Json json
                && Arrays.equals(json.json(), messages.get(i).json()));
        there.add(ack(stream.key, event.sequence));
      }
    }
    return others || (!there.isEmpty() && there.size() < messages.size())
        ? List.of(LogMcpEventStore.keyReused())
        : there;
  }

  private static McpAppend ack(Key key, long sequence) {
    return new McpAppend.Appended(McpEventId.of(key.scope, key.stream, sequence), sequence, false);
  }

  private static Admission judge(McpScope scope, String stream, McpMessage message) {
    return GATE.judge(
        switch (message) {
          case McpMessage.Json json -> new McpGate.Input.Message(scope, stream, json.json());
          case McpMessage.Priming() -> new McpGate.Input.Priming(scope, stream);
        },
        Instant.EPOCH);
  }

  private McpAppend add(Key key, McpMessage message, String once) {
    Stream known = streams.get(key);
    Stream stream = known == null ? new Stream(key, forgottenUpTo) : known;
    streams.putLast(key, stream);
    stream.last++;
    long size = message instanceof McpMessage.Json json ? json.json().length : 0;
    Event event = new Event(++appends, stream.last, message, size, now(), once);
    stream.ring.addLast(event);
    if (!once.isEmpty()) {
      stream.byKey.put(once, event);
    }
    stream.bytes += size;
    bytes += size + EVENT_BYTES;
    while (stream.ring.size() > options.cacheEventsPerStream()) {
      drop(stream);
    }
    if (bytes > options.cacheBytes() || streams.size() > MAX_STREAMS) {
      makeRoom(stream);
    }
    if (++appendsSinceRetention >= options.cleanupIntervalEvents()) {
      applyRetention();
    }
    return ack(key, stream.last);
  }

  private Instant now() {
    Instant now = options.clock().instant();
    lastTime = now.isBefore(lastTime) ? lastTime : now;
    return lastTime;
  }

  private void drop(Stream stream) {
    Event dropped = stream.ring.removeFirst();
    if (!dropped.key.isEmpty()) {
      stream.byKey.remove(dropped.key, dropped);
    }
    stream.bytes -= dropped.bytes();
    bytes -= dropped.bytes() + EVENT_BYTES;
  }

  private void makeRoom(Stream spared) {
    Iterator<Stream> oldest = streams.values().iterator();
    while (oldest.hasNext() && (bytes > options.cacheBytes() || streams.size() > MAX_STREAMS)) {
      Stream stream = oldest.next();
      while (!stream.ring.isEmpty() && stream != spared && bytes > options.cacheBytes()) {
        drop(stream);
      }
      if (streams.size() > MAX_STREAMS) {
        while (!stream.ring.isEmpty()) {
          drop(stream);
        }
        forgottenUpTo = Math.max(forgottenUpTo, stream.last);
        oldest.remove();
      }
    }
    while (spared.ring.size() > 1 && bytes > options.cacheBytes()) {
      drop(spared);
    }
  }

  @Override
  public McpReplay replayAfter(McpScope scope, String lastEventId, Sink sink) {
    Optional<McpEventId> id = McpEventId.decode(scope, lastEventId);
    if (id.isEmpty()) {
      return new McpReplay.Unknown();
    }
    String name = id.get().stream();
    long after = id.get().sequence();
    List<Event> later = new ArrayList<>();
    @Nullable McpReplay unable =
        locked(
            () -> {
              Stream stream = streams.get(new Key(scope, name));
              if (hasEnded(scope)) {
                return new McpReplay.Unknown();
              }
              if (stream == null) {
                return after <= forgottenUpTo
                    ? new McpReplay.Expired(name, forgottenUpTo + 1)
                    : new McpReplay.Unknown();
              }
              if (after > stream.last) {
                return new McpReplay.Unknown();
              }
              if (after + 1 < stream.firstRetained()) {
                misses++;
                return new McpReplay.Expired(name, stream.firstRetained());
              }
              hits++;
              stream.ring.stream().filter(event -> event.sequence > after).forEach(later::add);
              return stream.complete
                  ? new McpReplay.Complete(name, 0, stream.last, false)
                  : new McpReplay.Open(name, 0, stream.last, false);
            });
    long delivered = 0;
    for (Event event : later) {
      if (event.message instanceof McpMessage.Json json) {
        delivered++;
        if (!sink.accept(
            new Replayed(McpEventId.of(scope, name, event.sequence), json, event.at))) {
          return new McpReplay.Open(name, delivered, event.sequence, false);
        }
      }
    }
    return switch (unable) {
      case McpReplay.Open open -> new McpReplay.Open(name, delivered, open.lastSequence(), false);
      case McpReplay.Complete done ->
          new McpReplay.Complete(name, delivered, done.lastSequence(), false);
      case McpReplay.Unknown unknown -> unknown;
      case McpReplay.Expired expired -> expired;
    };
  }

  @Override
  public Optional<String> streamOf(McpScope scope, String eventId) {
    return McpEventId.decode(scope, eventId)
        .filter(
            id ->
                locked(
                    () -> {
                      Stream stream = streams.get(new Key(scope, id.stream()));
                      return !hasEnded(scope) && stream != null && id.sequence() <= stream.last;
                    }))
        .map(McpEventId::stream);
  }

  @Override
  public boolean complete(McpScope scope, String stream) {
    return locked(
        () -> {
          Stream known = streams.get(new Key(scope, stream));
          if (known == null || hasEnded(scope)) {
            return false;
          }
          known.complete = true;
          return true;
        });
  }

  @Override
  public McpSessionPut putSession(McpScope scope, McpSession session) {
    if (GATE.judge(
            new McpGate.Input.Session(
                scope, session.initialize(), session.protocolVersion(), session.principal()),
            Instant.EPOCH)
        instanceof Rejected(String code, String reason)) {
      throw new IllegalArgumentException(code + ": " + reason);
    }
    return locked(
        () -> {
          Session known = sessions.get(scope);
          if (known != null && known.kept == null) {
            return McpSessionPut.ENDED;
          }
          sessions.put(scope, new Session(session, known == null ? now() : known.since));
          while (sessions.size() > MAX_SESSIONS) {
            sessions.remove(sessions.firstEntry().getKey());
          }
          return McpSessionPut.PUT;
        });
  }

  @Override
  public McpSessionState getSession(McpScope scope) {
    return locked(
        () -> {
          Session known = sessions.get(scope);
          if (known == null) {
            return new McpSessionState.Unknown();
          }
          return known.kept == null
              ? new McpSessionState.Ended()
              : new McpSessionState.Live(known.kept, known.since);
        });
  }

  private boolean hasEnded(McpScope scope) {
    Session known = sessions.get(scope);
    return known != null && known.kept == null;
  }

  @Override
  public boolean endSession(McpScope scope) {
    return locked(
        () -> {
          Session known = sessions.get(scope);
          if (known == null) {
            return false;
          }
          sessions.put(scope, new Session(null, known.since));
          return true;
        });
  }

  @Override
  public List<McpLiveSession> sessions() {
    return locked(
        () -> {
          List<McpLiveSession> live = new ArrayList<>();
          for (Map.Entry<McpScope, Session> each : sessions.entrySet()) {
            McpSession kept = each.getValue().kept;
            if (kept != null) {
              Instant since = each.getValue().since;
              Instant lastEventAt =
                  of(each.getKey()).stream()
                      .flatMap(stream -> Optional.ofNullable(stream.ring.peekLast()).stream())
                      .map(Event::at)
                      .max(Comparator.naturalOrder())
                      .orElse(since);
              live.add(
                  new McpLiveSession(each.getKey(), kept.protocolVersion(), since, lastEventAt));
            }
          }
          live.sort(Comparator.comparing(McpLiveSession::since));
          return live;
        });
  }

  private List<Stream> of(McpScope scope) {
    return streams.values().stream().filter(stream -> stream.key.scope.equals(scope)).toList();
  }

  @Override
  public List<McpOpenStream> openStreams() {
    return locked(
        () -> {
          List<McpOpenStream> open = new ArrayList<>();
          for (Stream stream : streams.values()) {
            Session session = sessions.get(stream.key.scope);
            Event last = stream.ring.peekLast();
            if (!stream.complete && session != null && session.kept != null && last != null) {
              open.add(
                  new McpOpenStream(
                      stream.key.scope,
                      stream.key.stream,
                      McpEventId.of(stream.key.scope, stream.key.stream, stream.last),
                      last.at));
            }
          }
          return open;
        });
  }

  @Override
  public McpStoreStats stats() {
    return locked(
        () -> {
          long events = 0;
          long withEvents = 0;
          @Nullable Instant oldest = null;
          @Nullable Instant newest = null;
          for (Stream stream : streams.values()) {
            events += stream.ring.size();
            withEvents += stream.ring.isEmpty() ? 0 : 1;
            for (Event event : stream.ring) {
              oldest = oldest == null || event.at.isBefore(oldest) ? event.at : oldest;
              newest = newest == null || event.at.isAfter(newest) ? event.at : newest;
            }
          }
          return new McpStoreStats(
              events,
              withEvents,
              sessions.values().stream().filter(session -> session.kept != null).count(),
              Optional.ofNullable(oldest),
              Optional.ofNullable(newest),
              bytes,
              events,
              bytes,
              hits,
              misses,
              Map.of());
        });
  }

  /** How many messages and cursors each stream holds, by the name it would have in a log. */
  Map<String, Long> streamStats() {
    return locked(
        () -> {
          Map<String, Long> counts = new LinkedHashMap<>();
          for (Stream stream : streams.values()) {
            if (!stream.ring.isEmpty()) {
              counts.put(
                  new McpStreamName(stream.key.scope, stream.key.stream).inLog(),
                  (long) stream.ring.size());
            }
          }
          return counts;
        });
  }

  @Override
  public long clearStream(McpScope scope, String stream) {
    return locked(
        () -> {
          Stream known = streams.get(new Key(scope, stream));
          return known == null ? 0 : clear(known);
        });
  }

  @Override
  public long clearSession(McpScope scope) {
    return locked(() -> of(scope).stream().mapToLong(this::clear).sum());
  }

  @Override
  public long clearAll() {
    return locked(() -> streams.values().stream().mapToLong(this::clear).sum());
  }

  private long clear(Stream stream) {
    long dropped = stream.ring.size();
    while (!stream.ring.isEmpty()) {
      drop(stream);
    }
    return dropped;
  }

  @Override
  public McpRetained retain() {
    return locked(this::applyRetention);
  }

  private McpRetained applyRetention() {
    appendsSinceRetention = 0;
    McpRetention bounds = options.retention();
    Instant oldest = now().minus(bounds.maxAge());
    Map<McpScope, List<Stream>> bySession = new LinkedHashMap<>();
    long touched = 0;
    long dropped = 0;
    for (Stream stream : streams.values()) {
      stream.sizeBefore = stream.ring.size();
      while (!stream.ring.isEmpty()
          && (stream.ring.size() > bounds.maxEventsPerStream()
              || stream.bytes > bounds.maxBytesPerStream()
              || stream.ring.getFirst().at.isBefore(oldest))) {
        drop(stream);
      }
      bySession.computeIfAbsent(stream.key.scope, _ -> new ArrayList<>()).add(stream);
    }
    bySession.values().forEach(ofOne -> boundSession(ofOne, bounds));
    for (Stream stream : streams.values()) {
      touched += stream.ring.size() < stream.sizeBefore ? 1 : 0;
      dropped += stream.sizeBefore - stream.ring.size();
    }
    return new McpRetained(touched, dropped, 0, 0);
  }

  /** Drops the oldest events of a session, whichever of its streams they are of. */
  private void boundSession(List<Stream> ofOne, McpRetention bounds) {
    long events = ofOne.stream().mapToLong(stream -> stream.ring.size()).sum();
    long held = ofOne.stream().mapToLong(stream -> stream.bytes).sum();
    PriorityQueue<Stream> byOldest =
        new PriorityQueue<>(Comparator.comparingLong(stream -> stream.ring.getFirst().number));
    ofOne.stream().filter(stream -> !stream.ring.isEmpty()).forEach(byOldest::add);
    while (events > bounds.maxEventsPerSession() || held > bounds.maxBytesPerSession()) {
      Stream stream = byOldest.remove();
      held -= stream.ring.getFirst().bytes;
      events--;
      drop(stream);
      if (!stream.ring.isEmpty()) {
        byOldest.add(stream);
      }
    }
  }

  /** Nothing was opened, so nothing is closed. */
  @Override
  public void close() {}

  private <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }
}
