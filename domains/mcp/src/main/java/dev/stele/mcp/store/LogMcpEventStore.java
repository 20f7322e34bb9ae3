package dev.stele.mcp.store;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.SharedEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.ExpectedRevision;
import dev.stele.core.log.LogHome;
import dev.stele.core.proof.Parsed;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.UpToDateView;
import dev.stele.core.view.View;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpSessionRow;
import dev.stele.mcp.event.McpStreamName;
import dev.stele.mcp.gate.McpGate;
import dev.stele.mcp.view.McpView;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps streams in a log: each is a stream of it, and what is kept of a session another.
 *
 * <pre>
 *   append ──► gate ──► turn of the session: closed? submit ──► log.await ──► cache ──► Appended
 *   replay ──► id of this scope? ──► cache, else the log's stream ──► sink
 *   lists, figures, retention ──► a view, up to date with what was appended before the question
 * </pre>
 *
 * <p>An append waits for its commit and for nothing else. What decides it is what the log says, so
 * that a restart changes nothing. Thread-safe.
 */
final class LogMcpEventStore implements McpEventStore {
  /** 1,000 events are read at a time; the log bounds their bytes. */
  private static final int PAGE = 1_000;

  private static final McpGate GATE = new McpGate();

  private final Storage storage;
  private final EventLog log;
  private final KeptViews kept;
  private final McpStoreOptions options;
  private final Turns turns;
  private final EventCache cache;
  private final UpToDateView view;
  private final Retaining retaining;
  private final Keeper keeper;

  /** Whether other processes append as well, so that the cache may lack an end. */
  private final boolean shared;

  private final AtomicLong hits = new AtomicLong();
  private final AtomicLong misses = new AtomicLong();

  private LogMcpEventStore(Storage storage, EventLog log, KeptViews kept, McpStoreOptions options) {
    this.storage = storage;
    this.log = log;
    this.kept = kept;
    this.options = options;
    this.shared = storage.engine() instanceof SharedEngine;
    this.turns = new Turns(log, shared);
    this.cache = new EventCache(options.cacheEventsPerStream(), options.cacheBytes());
    this.view = new UpToDateView(log, kept, McpView.NAME);
    this.retaining = new Retaining(log, view, options.retention(), options.clock(), this::forgot);
    this.keeper = new Keeper(options.cleanupIntervalEvents(), retaining::inBackground);
  }

  /**
   * Opens a store, making it where there is none.
   *
   * @param uri of a storage whose engine is on the class path
   * @param alongside more views of the same log
   */
  static LogMcpEventStore open(String uri, McpStoreOptions options, List<View> alongside) {
    List<View> views = new ArrayList<>(alongside);
    views.add(new McpView());
    return open(
        Storages.open(
            new StorageRequest(
                uri,
                false,
                views,
                SideTables.Definition.NONE,
                McpSchema.SCRIPTS,
                options.anchorFolder())),
        options);
  }

  /** Opens a store in a storage, which is closed with it, or when it cannot be opened. */
  static LogMcpEventStore open(Storage storage, McpStoreOptions options) {
    try {
      EventLog log =
          EventLog.open(
              storage.engine(),
              LogId.MAIN,
              storage.keys(options.origin(), options.anchorFolder(), options.random()),
              options.forLog(storage.anchor()));
      try {
        return new LogMcpEventStore(storage, log, storage.keep(log), options);
      } catch (RuntimeException e) {
        log.close();
        throw e;
      }
    } catch (RuntimeException e) {
      storage.close();
      throw e;
    }
  }

  /** The log below. */
  EventLog log() {
    return log;
  }

  /** The views of it. */
  KeptViews views() {
    return kept;
  }

  // ---- appending ----

  @Override
  public McpAppend append(McpScope scope, String stream, McpMessage message) {
    return appendAll(scope, stream, List.of(message)).getFirst();
  }

  @Override
  public List<McpAppend> appendAll(McpScope scope, String stream, List<McpMessage> messages) {
    List<McpGate.Input> inputs = new ArrayList<>(messages.size());
    for (McpMessage message : messages) {
      inputs.add(
          switch (message) {
            case McpMessage.Json json -> new McpGate.Input.Message(scope, stream, json.json());
            case McpMessage.Priming() -> new McpGate.Input.Priming(scope, stream);
          });
    }
    return appendInputs(scope, stream, inputs);
  }

  @Override
  public List<McpAppend> appendOnce(
      McpScope scope, String stream, List<McpMessage.Json> messages, String key) {
    List<McpGate.Input> inputs = new ArrayList<>(messages.size());
    for (McpMessage.Json message : messages) {
      inputs.add(
          new McpGate.Input.Once(
              new McpGate.Input.Message(scope, stream, message.json()), key, inputs.size()));
    }
    return appendInputs(scope, stream, inputs);
  }

  private List<McpAppend> appendInputs(McpScope scope, String stream, List<McpGate.Input> inputs) {
    if (inputs.isEmpty()) {
      return List.of();
    }
    if (inputs.size() > Append.MAX_EVENTS) {
      return List.of(
          new McpAppend.Refused(
              "too-many",
              "%d messages are appended together at most, not %d"
                  .formatted(Append.MAX_EVENTS, inputs.size())));
    }
    List<Admitted> admitted = new ArrayList<>(inputs.size());
    for (McpGate.Input input : inputs) {
      switch (GATE.judge(input, Instant.EPOCH)) {
        case Admitted event -> admitted.add(event);
        case Rejected(String code, String reason) -> {
          return List.of(new McpAppend.Refused(code, reason));
        }
        case Transient(String reason) -> throw new IllegalStateException(reason);
      }
    }
    // Before anything else is asked: that the stream was completed since is no answer to a retry.
    OptionalLong there = find(admitted.getFirst());
    if (there.isPresent()) {
      return again(admitted, there.getAsLong());
    }
    return switch (submit(scope, stream, admitted)) {
      case Submitted.SessionEnded() -> List.of(new McpAppend.SessionEnded());
      case Submitted.Closed() -> List.of(new McpAppend.StreamCompleted());
      case Submitted.NoStream() -> throw new IllegalStateException("an append begins its stream");
      case Submitted.ReadOnly(String reason) -> List.of(new McpAppend.ReadOnly(reason));
      case Submitted.Done(AppendResult.Appended done) -> acks(admitted, done);
      case Submitted.There(long at) -> again(admitted, at);
      case Submitted.KeysTaken() -> List.of(keyReused());
    };
  }

  private OptionalLong find(Admitted event) {
    List<Claim> claims = event.draft().claims();
    return claims.isEmpty() ? OptionalLong.empty() : log.find(claims.getFirst());
  }

  /** The acks of what was appended before, next to each other from a position on. */
  private List<McpAppend> again(List<Admitted> asked, long at) {
    List<StoredEvent> there = log.read(at - 1, asked.size());
    List<McpAppend> acks = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size() && i < there.size(); i++) {
      StoredEvent event = there.get(i);
      EventDraft draft = asked.get(i).draft();
      // One that was erased since is taken for the same: nobody can tell any more.
      if (event.position() == at + i
          && event.stream().equals(draft.stream())
          && event.payload().map(payload -> Arrays.equals(payload, draft.payload())).orElse(true)) {
        acks.add(
            new McpAppend.Appended(
                McpEventId.of(draft.id(), event.revision()),
                event.revision(),
                options.durability() == Durability.DURABLE));
      }
    }
    return acks.size() == asked.size() ? acks : List.of(keyReused());
  }

  static McpAppend keyReused() {
    return new McpAppend.Refused(
        "key-reused", "this key has appended other messages to the stream before");
  }

  private List<McpAppend> acks(List<Admitted> admitted, AppendResult.Appended done) {
    keeper.appended(admitted.size());
    List<McpAppend> acks = new ArrayList<>(admitted.size());
    for (int i = 0; i < admitted.size(); i++) {
      long sequence = done.firstRevision() + i;
      acks.add(
          new McpAppend.Appended(
              McpEventId.of(admitted.get(i).draft().id(), sequence),
              sequence,
              done.durability() == Durability.DURABLE));
    }
    return acks;
  }

  /** What came of events of a stream on their way into the log. */
  private sealed interface Submitted {
    record Done(AppendResult.Appended appended) implements Submitted {}

    /** Events of the same keys are in the log already. */
    record There(long at) implements Submitted {}

    /** Some keys are taken, by others than these. */
    record KeysTaken() implements Submitted {}

    record SessionEnded() implements Submitted {}

    record Closed() implements Submitted {}

    record NoStream() implements Submitted {}

    record ReadOnly(String reason) implements Submitted {}
  }

  /** Decides, submits and awaits. Events that close the stream need one that there is. */
  private Submitted submit(McpScope scope, String stream, List<Admitted> events) {
    String name = new McpStreamName(scope, stream).inLog();
    boolean closing = events.getLast().draft().type().equals(McpGate.COMPLETE);
    Turns.Turn turn = turns.of(scope);
    Turns.Known[] known;
    EventLog.Submission submission;
    long number;
    turn.lock();
    try {
      known =
          turn.settle(
              new String[] {name, McpStreamName.ofSession(scope)},
              new String[] {McpGate.COMPLETE, McpGate.SESSION_END});
      if (known[1].closed) {
        return new Submitted.SessionEnded();
      }
      if (known[0].closed) {
        return new Submitted.Closed();
      }
      if (closing && known[0].last == 0) {
        return new Submitted.NoStream();
      }
      submission = log.submit(append(events, closing));
      number = turn.submitted(known[0], known);
      known[0].closed = closing;
    } finally {
      turn.unlock();
    }
    return await(turn, known, name, number, submission, events);
  }

  private Append append(List<Admitted> events, boolean closing) {
    return new Append(
        events,
        ExpectedRevision.ANY,
        closing ? Durability.DURABLE : options.durability(),
        false,
        List.of());
  }

  /** Awaits the outcome, and lets the turn and the cache know it before anyone is told. */
  private Submitted await(
      Turns.Turn turn,
      Turns.Known[] known,
      String name,
      long number,
      EventLog.Submission submission,
      List<Admitted> events) {
    AppendResult.@Nullable Appended appended = null;
    try {
      switch (submission.await()) {
        case AppendResult.Appended done -> {
          appended = done;
          return new Submitted.Done(done);
        }
        case AppendResult.ReadOnly(var verdict) -> {
          return new Submitted.ReadOnly(verdict.toString());
        }
        case AppendResult.AlreadyPresent(long at) -> {
          return new Submitted.There(at);
        }
        case AppendResult.Refused _ -> {
          return new Submitted.KeysTaken();
        }
        case AppendResult.Conflict _ ->
            throw new IllegalStateException("an MCP event expects nothing");
      }
    } finally {
      turn.lock();
      try {
        turn.done(known[0], known, appended == null);
        if (appended == null) {
          cache.doubt(name, number);
        } else {
          known[0].last = Math.max(known[0].last, appended.firstRevision() + appended.count() - 1);
          remember(name, known[0], number, appended, events);
        }
      } finally {
        turn.unlock();
      }
    }
  }

  private void remember(
      String name,
      Turns.Known known,
      long number,
      AppendResult.Appended appended,
      List<Admitted> events) {
    for (int i = 0; i < events.size(); i++) {
      long sequence = appended.firstRevision() + i;
      McpView.Kind kind = McpView.kind(events.get(i).draft().type());
      if (sequence > known.erasedUpTo && kind.inStream()) {
        cache.put(
            name,
            new EventCache.Cached(
                sequence, kind, events.get(i).draft().payload(), appended.recordedAt()),
            number);
      }
    }
  }

  @Override
  public boolean complete(McpScope scope, String stream) {
    if (!McpStreamName.isName(stream)) {
      return false;
    }
    Admitted event =
        require(GATE.judge(new McpGate.Input.Completion(scope, stream), Instant.EPOCH));
    return switch (submit(scope, stream, List.of(event))) {
      case Submitted.Done _, Submitted.Closed() -> true;
      case Submitted.SessionEnded(), Submitted.NoStream() -> false;
      case Submitted.There _, Submitted.KeysTaken() -> throw noClaim();
      case Submitted.ReadOnly(String reason) ->
          throw new StorageFailed("the log does not verify, so no stream is completed: " + reason);
    };
  }

  private static IllegalStateException noClaim() {
    return new IllegalStateException("what closes a stream and what is kept makes no claim");
  }

  private static Admitted require(Admission admission) {
    return switch (admission) {
      case Admitted admitted -> admitted;
      case Rejected(String code, String reason) ->
          throw new IllegalArgumentException(code + ": " + reason);
      case Transient(String reason) -> throw new IllegalStateException(reason);
    };
  }

  // ---- replaying ----

  @Override
  public McpReplay replayAfter(McpScope scope, String lastEventId, Sink sink) {
    Optional<McpEventId> id = McpEventId.decode(scope, lastEventId);
    if (id.isEmpty() || hasEnded(scope)) {
      return new McpReplay.Unknown();
    }
    Replay replay = new Replay(scope, id.get(), sink);
    if (!shared) {
      Optional<EventCache.Tail> tail = cache.after(replay.name, replay.at);
      if (tail.isPresent()) {
        hits.incrementAndGet();
        return replay.give(tail.get(), false);
      }
    }
    misses.incrementAndGet();
    try {
      return replay.fromLog();
    } catch (StorageFailed e) {
      if (e.damaged()) {
        throw e;
      }
      return replay.give(cache.remembered(replay.name, replay.at).orElseThrow(() -> e), true);
    }
  }

  private boolean hasEnded(McpScope scope) {
    return settled(scope, McpStreamName.ofSession(scope), McpGate.SESSION_END).closed;
  }

  /** What a stream was like when this was called. */
  private State settled(McpScope scope, String name, String closing) {
    Turns.Turn turn = turns.of(scope);
    turn.lock();
    try {
      Turns.Known known = turn.settle(new String[] {name}, new String[] {closing})[0];
      return new State(known.closed, known.last);
    } finally {
      turn.unlock();
    }
  }

  private record State(boolean closed, long last) {}

  /** One replay on its way. Confined to one call. */
  private final class Replay {
    private final String stream;
    private final Sink sink;
    private final String name;
    private final String token;

    /** The last place that was looked at. */
    private long at;

    private long delivered;
    private boolean complete;
    private boolean goOn = true;

    Replay(McpScope scope, McpEventId id, Sink sink) {
      this.stream = id.stream();
      this.sink = sink;
      this.name = new McpStreamName(scope, stream).inLog();
      this.token = McpEventId.token(scope, stream);
      this.at = id.sequence();
    }

    McpReplay give(EventCache.Tail tail, boolean fromCache) {
      for (EventCache.Cached event : tail.events()) {
        if (goOn) {
          give(event.sequence(), event.kind(), event.payload(), event.recordedAt());
        }
      }
      complete = goOn && tail.last().kind() == McpView.Kind.COMPLETE;
      return done(fromCache);
    }

    McpReplay fromLog() {
      long last = log.lastRevision(name);
      if (at > last) {
        return new McpReplay.Unknown();
      }
      if (at == last) {
        List<StoredEvent> end = log.readStream(name, last - 1, 1);
        complete = !end.isEmpty() && end.getFirst().type().equals(McpGate.COMPLETE);
      }
      while (at < last && goOn) {
        List<StoredEvent> page = log.readStream(name, at, (int) Math.min(PAGE, last - at));
        for (StoredEvent event : page) {
          Optional<byte[]> payload = event.payload();
          if (!goOn) {
            break;
          }
          if (event.revision() != at + 1 || payload.isEmpty()) {
            return new McpReplay.Expired(stream, firstRetained(at + 1, last));
          }
          McpView.Kind kind = McpView.kind(event.type());
          complete = kind == McpView.Kind.COMPLETE;
          give(event.revision(), kind, payload.get(), event.recordedAt());
        }
        if (page.isEmpty()) {
          return new McpReplay.Expired(stream, last + 1);
        }
      }
      return done(false);
    }

    private void give(long sequence, McpView.Kind kind, byte[] payload, Instant recordedAt) {
      at = sequence;
      if (kind == McpView.Kind.MESSAGE) {
        delivered++;
        goOn =
            sink.accept(
                new Replayed(
                    McpEventId.of(token, sequence), new McpMessage.Json(payload), recordedAt));
      }
    }

    private McpReplay done(boolean fromCache) {
      return complete
          ? new McpReplay.Complete(stream, delivered, at, fromCache)
          : new McpReplay.Open(stream, delivered, at, fromCache);
    }

    /** The first event from a place on that is there; what is gone is a beginning. */
    private long firstRetained(long from, long last) {
      long low = from;
      long high = last + 1;
      while (low < high) {
        long middle = low + (high - low) / 2;
        List<StoredEvent> there = log.readStream(name, middle - 1, 1);
        boolean gone =
            there.isEmpty() || there.getFirst().revision() != middle || there.getFirst().erased();
        low = gone ? middle + 1 : low;
        high = gone ? high : middle;
      }
      return low;
    }
  }

  @Override
  public Optional<String> streamOf(McpScope scope, String eventId) {
    return McpEventId.decode(scope, eventId)
        .filter(
            id -> {
              String name = new McpStreamName(scope, id.stream()).inLog();
              return !hasEnded(scope)
                  && (id.sequence() <= settled(scope, name, McpGate.COMPLETE).last()
                      || id.sequence() <= log.lastRevision(name));
            })
        .map(McpEventId::stream);
  }

  // ---- sessions ----

  @Override
  public McpSessionPut putSession(McpScope scope, McpSession session) {
    Admitted event =
        require(
            GATE.judge(
                new McpGate.Input.Session(
                    scope, session.initialize(), session.protocolVersion(), session.principal()),
                Instant.EPOCH));
    return switch (submitSession(scope, event)) {
      case Submitted.Done _ -> McpSessionPut.PUT;
      case Submitted.Closed(), Submitted.SessionEnded() -> McpSessionPut.ENDED;
      case Submitted.ReadOnly _ -> McpSessionPut.READ_ONLY;
      case Submitted.NoStream() -> throw new IllegalStateException("a session can begin");
      case Submitted.There _, Submitted.KeysTaken() -> throw noClaim();
    };
  }

  @Override
  public boolean endSession(McpScope scope) {
    Admitted event = require(GATE.judge(new McpGate.Input.SessionEnd(scope), Instant.EPOCH));
    return switch (submitSession(scope, event)) {
      case Submitted.Done _, Submitted.Closed(), Submitted.SessionEnded() -> true;
      case Submitted.NoStream() -> false;
      case Submitted.There _, Submitted.KeysTaken() -> throw noClaim();
      case Submitted.ReadOnly(String reason) ->
          throw new StorageFailed("the log does not verify, so no session is ended: " + reason);
    };
  }

  private Submitted submitSession(McpScope scope, Admitted event) {
    String name = McpStreamName.ofSession(scope);
    boolean closing = event.draft().type().equals(McpGate.SESSION_END);
    Turns.Turn turn = turns.of(scope);
    Turns.Known[] known;
    EventLog.Submission submission;
    long number;
    turn.lock();
    try {
      known = turn.settle(new String[] {name}, new String[] {McpGate.SESSION_END});
      if (known[0].closed) {
        return new Submitted.Closed();
      }
      if (closing && known[0].last == 0) {
        return new Submitted.NoStream();
      }
      // What is kept of a session is small and seldom: it is synced whatever messages are.
      submission = log.submit(Append.of(event));
      number = turn.submitted(known[0], known);
      known[0].closed = closing;
    } finally {
      turn.unlock();
    }
    return await(turn, known, name, number, submission, List.of(event));
  }

  @Override
  public McpSessionState getSession(McpScope scope) {
    String name = McpStreamName.ofSession(scope);
    long last = log.lastRevision(name);
    List<StoredEvent> end = last == 0 ? List.of() : log.readStream(name, last - 1, 1);
    if (end.isEmpty()) {
      return new McpSessionState.Unknown();
    }
    if (end.getFirst().type().equals(McpGate.SESSION_END)) {
      return new McpSessionState.Ended();
    }
    Instant since = log.readStream(name, 0, 1).getFirst().recordedAt();
    return end.getFirst()
        .payload()
        .<McpSessionState>map(payload -> new McpSessionState.Live(session(name, payload), since))
        .orElseGet(McpSessionState.Unknown::new);
  }

  private static McpSession session(String name, byte[] payload) {
    return switch (McpSessionRow.decode(payload)) {
      case Parsed.Value<McpSessionRow>(McpSessionRow row) ->
          new McpSession(row.initialize(), row.protocolVersion(), row.principal());
      case Parsed.Malformed<McpSessionRow>(String reason) ->
          throw StorageFailed.damaged(
              "what is kept in %s is no session: %s; verify the log".formatted(name, reason));
    };
  }

  @Override
  public List<McpLiveSession> sessions() {
    return view.read(
        tables -> {
          List<McpLiveSession> live = new ArrayList<>();
          tables.forEach(
              Scan.of(McpView.SESSIONS).by("mcp_sessions_by_age").prefix(1L),
              row -> live.add(liveSession(row)));
          return live;
        });
  }

  private static McpLiveSession liveSession(TableRow row) {
    Instant since = Instant.ofEpochMilli(row.integer("since"));
    Instant last = row.isNull("last_at") ? since : Instant.ofEpochMilli(row.integer("last_at"));
    return new McpLiveSession(
        McpStreamName.parseSession(row.text("name")).orElseThrow(),
        row.text("protocol_version"),
        since,
        last.isBefore(since) ? since : last);
  }

  @Override
  public List<McpOpenStream> openStreams() {
    return view.read(
        tables -> {
          List<byte[]> live = new ArrayList<>();
          tables.forEach(
              Scan.of(McpView.SESSIONS).by("mcp_sessions_by_age").prefix(1L),
              row -> live.add(row.bytes("session_key")));
          List<McpOpenStream> open = new ArrayList<>();
          for (byte[] session : live) {
            tables.forEach(
                Scan.of(McpView.STREAMS).by("mcp_streams_by_session").prefix(session, 0L),
                row -> open.add(openStream(row)));
          }
          return open;
        });
  }

  private static McpOpenStream openStream(TableRow row) {
    McpStreamName name = McpStreamName.parse(row.text("name")).orElseThrow();
    return new McpOpenStream(
        name.scope(),
        name.stream(),
        McpEventId.of(name.scope(), name.stream(), row.integer("last_revision")),
        Instant.ofEpochMilli(row.integer("last_at")));
  }

  // ---- figures ----

  @Override
  public McpStoreStats stats() {
    long onDisk = sizeOnDisk();
    return view.read(
        tables -> {
          Optional<TableRow> totals = tables.get(McpView.TOTALS, 1L);
          long events = totals.map(row -> row.integer("events")).orElse(0L);
          long streams = totals.map(row -> row.integer("streams")).orElse(0L);
          long sessions = totals.map(row -> row.integer("sessions")).orElse(0L);
          long payloads = totals.map(row -> row.integer("bytes")).orElse(0L);
          return new McpStoreStats(
              events,
              streams,
              sessions,
              events == 0 ? Optional.empty() : edge(tables, false),
              events == 0 ? Optional.empty() : edge(tables, true),
              onDisk > 0 ? onDisk : payloads,
              cache.events(),
              cache.bytes(),
              hits.get(),
              misses.get(),
              Map.of());
        });
  }

  /** When the first of the messages and cursors was appended, or the last. */
  private static Optional<Instant> edge(TableReader tables, boolean last) {
    Scan events = Scan.of(McpView.EVENTS);
    Optional<Scan> left = Optional.of(last ? events.backwards() : events);
    while (left.isPresent()) {
      List<TableRow> page = tables.page(left.get());
      for (TableRow row : page) {
        if (McpView.Kind.of(row).appended()) {
          return Optional.of(Instant.ofEpochMilli(row.integer("recorded_at")));
        }
      }
      left = left.get().rest(page);
    }
    return Optional.empty();
  }

  /** How many messages and cursors each stream holds, by its name in the log. */
  Map<String, Long> streamStats() {
    return view.read(
        tables -> {
          Map<String, Long> counts = new LinkedHashMap<>();
          tables.forEach(
              Scan.of(McpView.STREAMS),
              row -> counts.put(row.text("name"), row.integer("events") - row.integer("complete")));
          return counts;
        });
  }

  /** What the files of the log and of its views take; 0 where they are a server's, or none. */
  private long sizeOnDisk() {
    Optional<Path> database = storage.home().map(LogHome::database).filter(Files::exists);
    if (database.isEmpty()) {
      return 0;
    }
    Path file = database.get().toAbsolutePath();
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    String stem = dot > 0 ? name.substring(0, dot) : name;
    long bytes = 0;
    Path folder = file.resolveSibling(".").normalize();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, stem + ".*")) {
      for (Path each : files) {
        bytes += sizeOf(each);
      }
    } catch (IOException e) {
      throw new StorageFailed("the folder %s cannot be looked at".formatted(folder), e);
    }
    return bytes;
  }

  private static long sizeOf(Path file) throws IOException {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (NoSuchFileException e) {
      // A journal that has gone meanwhile takes nothing.
      return 0;
    }
  }

  // ---- forgetting ----

  @Override
  public long clearStream(McpScope scope, String stream) {
    return McpStreamName.isName(stream)
        ? retaining.clearStream(new McpStreamName(scope, stream).inLog())
        : 0;
  }

  @Override
  public long clearSession(McpScope scope) {
    return retaining.clearSession(McpStreamName.ofSession(scope));
  }

  @Override
  public long clearAll() {
    return retaining.clearAll();
  }

  @Override
  public McpRetained retain() {
    return retaining.whenAsked();
  }

  /** What was erased is in memory no more, nor comes there later. */
  private void forgot(McpScope scope, String name, long upTo) {
    Turns.Turn turn = turns.of(scope);
    turn.lock();
    try {
      Turns.Known known = turn.peek(name);
      if (known != null) {
        known.erasedUpTo = Math.max(known.erasedUpTo, upTo);
      }
      cache.drop(name, upTo);
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void close() {
    keeper.close();
    try (Storage _ = storage;
        EventLog _ = log) {
      kept.close();
    }
  }
}
