package dev.stele.mcp.store;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.TrimResult;
import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.UpToDateView;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpStreamName;
import dev.stele.mcp.view.McpView;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Erases beginnings of streams, and drops the beginning of the log once nothing of it is left.
 *
 * <pre>
 *   view: what is too old, too many, too large ──► one cut for each stream
 *   cut  ──► log.erase(revisions up to it)          a receipt, and the payloads are gone
 *   view: the first event that is left ──► log.trim what is before it
 * </pre>
 *
 * <p>Each stream is cut for its own sake, and those of a session for that session's; nothing is
 * dropped because of what another one holds. What is kept of a session stays while it lives. One
 * call at a time; appends and replays go on meanwhile.
 */
final class Retaining {
  /** 1,024 streams are cut before it is looked again, so that memory has a bound. */
  private static final int STREAMS_AT_A_TIME = 1_024;

  /** 1,000 events of a stream are read at a time. */
  private static final int PAGE = 1_000;

  /** Trimming goes by whole tiles of 256 events. */
  private static final int LEAST_TRIM = 256;

  /**
   * 4,096 events, and as many as are left: a trim reads the whole index, which is paid for when it
   * halves what there is.
   */
  private static final int LEAST_TRIM_IN_BACKGROUND = 4_096;

  /** Is told which events of a stream are gone, before a caller is. */
  interface Forgot {
    void upTo(McpScope scope, String nameInLog, long revision);
  }

  private final EventLog log;
  private final UpToDateView view;
  private final McpRetention bounds;
  private final InstantSource clock;
  private final Forgot forgot;
  private final ReentrantLock turn = new ReentrantLock();

  Retaining(
      EventLog log, UpToDateView view, McpRetention bounds, InstantSource clock, Forgot forgot) {
    this.log = log;
    this.view = view;
    this.bounds = bounds;
    this.clock = clock;
    this.forgot = forgot;
  }

  /** What came of several cuts. */
  private static final class Tally {
    long streams;
    long events;
    long controls;
    long receipts;
  }

  /**
   * How far a stream is to be cut.
   *
   * @param first the first revision that is there
   * @param upTo the last that is to go
   */
  private record Cut(String name, long first, long upTo) {}

  // ---- clearing ----

  long clearStream(String name) {
    return clear(
        tables ->
            tables.get(McpView.STREAMS, McpView.key(name)).map(Retaining::whole).stream().toList());
  }

  long clearSession(String sessionName) {
    byte[] key = McpView.key(sessionName);
    return clear(
        tables -> whole(tables, Scan.of(McpView.STREAMS).by("mcp_streams_by_session").prefix(key)));
  }

  long clearAll() {
    return clear(tables -> whole(tables, Scan.of(McpView.STREAMS)));
  }

  private interface Selection {
    List<Cut> of(TableReader tables);
  }

  private static List<Cut> whole(TableReader tables, Scan streams) {
    return tables.page(streams.limit(STREAMS_AT_A_TIME)).stream().map(Retaining::whole).toList();
  }

  private static Cut whole(TableRow stream) {
    return new Cut(stream.text("name"), first(stream), stream.integer("last_revision"));
  }

  /** What is there of a stream is its end: only beginnings go. */
  private static long first(TableRow stream) {
    return stream.integer("last_revision") - stream.integer("events") + 1;
  }

  /** Cuts what is selected until nothing is; what is appended meanwhile stays. */
  private long clear(Selection selection) {
    turn.lock();
    try {
      Tally tally = new Tally();
      long end = log.head().size();
      List<Cut> cuts = view.read(selection::of);
      while (!cuts.isEmpty()) {
        cuts.forEach(cut -> cut(cut, tally));
        cuts =
            view.read(
                tables ->
                    selection.of(tables).stream().filter(cut -> beganBefore(cut, end)).toList());
      }
      return tally.events - tally.controls;
    } finally {
      turn.unlock();
    }
  }

  /** Whether a stream had something before the clearing began. */
  private boolean beganBefore(Cut cut, long end) {
    List<StoredEvent> first = log.readStream(cut.name, cut.first - 1, 1);
    return !first.isEmpty() && first.getFirst().position() <= end;
  }

  private void cut(Cut cut, Tally tally) {
    McpStreamName name = McpStreamName.parse(cut.name).orElseThrow();
    List<StoredEvent> last = log.readStream(cut.name, cut.upTo - 1, 1);
    boolean completed =
        !last.isEmpty()
            && !last.getFirst().erased()
            && McpView.kind(last.getFirst().type()) == McpView.Kind.COMPLETE;
    if (erase(cut, tally)) {
      tally.controls += completed ? 1 : 0;
      forgot.upTo(name.scope(), cut.name, cut.upTo);
    }
  }

  private boolean erase(Cut cut, Tally tally) {
    return switch (log.erase(new Erasure.OfRevisions(cut.name, cut.first, cut.upTo))) {
      case EraseResult.Erased(long events, List<Long> receipts) -> {
        tally.streams++;
        tally.events += events;
        tally.receipts += receipts.size();
        yield true;
      }
      case EraseResult.NothingToErase() -> false;
      case EraseResult.Kept(long position, String stream) ->
          throw new IllegalStateException(
              "event %d of %s is to be kept for ever".formatted(position, stream));
      case EraseResult.ReadOnly(var verdict) ->
          throw new StorageFailed("the log does not verify, so nothing is erased: " + verdict);
    };
  }

  // ---- retention ----

  McpRetained whenAsked() {
    return retain(LEAST_TRIM, () -> true, false);
  }

  /**
   * As often as appends come: a trim waits until it is worth it.
   *
   * @param goOn whether the store is open still
   */
  void inBackground(BooleanSupplier goOn) {
    retain(LEAST_TRIM_IN_BACKGROUND, goOn, true);
  }

  private McpRetained retain(long leastTrim, BooleanSupplier goOn, boolean inProportion) {
    turn.lock();
    try {
      Tally tally = new Tally();
      boundAges(tally, goOn);
      boundStreams(tally, goOn);
      boundSessions(tally, goOn);
      long trimmed = goOn.getAsBoolean() ? trim(leastTrim, inProportion) : 0;
      return new McpRetained(tally.streams, tally.events, tally.receipts, trimmed);
    } finally {
      turn.unlock();
    }
  }

  /** Events in the order in which they came are in the order of their age. */
  private void boundAges(Tally tally, BooleanSupplier goOn) {
    long oldest = clock.instant().minus(bounds.maxAge()).toEpochMilli();
    long[] after = {0};
    boolean more = true;
    while (more && goOn.getAsBoolean()) {
      Map<String, Cut> cuts = new LinkedHashMap<>();
      more = view.read(tables -> collectOld(tables, oldest, after, cuts));
      cuts.values().forEach(cut -> erase(cut, tally));
      cuts.values().forEach(this::forget);
    }
  }

  private void forget(Cut cut) {
    McpStreamName.parse(cut.name).ifPresent(name -> forgot.upTo(name.scope(), cut.name, cut.upTo));
  }

  /**
   * Collects what is older, behind a position.
   *
   * @return whether there may be more
   */
  private boolean collectOld(TableReader tables, long oldest, long[] after, Map<String, Cut> cuts) {
    List<TableRow> page = tables.page(Scan.of(McpView.EVENTS).after(after[0]).limit(PAGE));
    for (TableRow row : page) {
      if (row.integer("recorded_at") >= oldest) {
        return false;
      }
      after[0] = row.integer("position");
      nameOf(tables, row)
          .ifPresent(
              name ->
                  cuts.merge(
                      HexFormat.of().formatHex(row.bytes("stream_key")),
                      new Cut(name, row.integer("revision"), row.integer("revision")),
                      (cut, next) -> new Cut(cut.name, cut.first, next.upTo)));
    }
    return !page.isEmpty();
  }

  /** The stream of an event that may go, in the log. */
  private Optional<String> nameOf(TableReader tables, TableRow row) {
    return switch (McpView.Kind.of(row)) {
      case MESSAGE, PRIMING, COMPLETE ->
          tables.get(McpView.STREAMS, row.bytes("stream_key")).map(stream -> stream.text("name"));
      case SESSION, SESSION_END -> {
        boolean live =
            tables
                .get(McpView.SESSIONS, row.bytes("stream_key"))
                .filter(session -> session.integer("live") == 1)
                .isPresent();
        yield live ? Optional.empty() : log.get(row.integer("position")).map(StoredEvent::stream);
      }
      case OTHER -> Optional.empty();
    };
  }

  private void boundStreams(Tally tally, BooleanSupplier goOn) {
    if (bounds.maxEventsPerStream() < McpRetention.UNBOUNDED) {
      Scan larger =
          Scan.of(McpView.STREAMS)
              .by("mcp_streams_by_events")
              .from(bounds.maxEventsPerStream() + 1)
              .limit(STREAMS_AT_A_TIME);
      cutAll(
          tally,
          goOn,
          tables ->
              tables.page(larger).stream()
                  .map(
                      row ->
                          new Cut(
                              row.text("name"),
                              first(row),
                              row.integer("last_revision") - bounds.maxEventsPerStream()))
                  .toList());
    }
    if (bounds.maxBytesPerStream() < McpRetention.UNBOUNDED) {
      Scan larger =
          Scan.of(McpView.STREAMS)
              .by("mcp_streams_by_bytes")
              .from(bounds.maxBytesPerStream() + 1)
              .limit(STREAMS_AT_A_TIME);
      cutAll(tally, goOn, tables -> tables.page(larger).stream().map(this::cutToBytes).toList());
    }
  }

  private void cutAll(Tally tally, BooleanSupplier goOn, Selection selection) {
    List<Cut> cuts = view.read(selection::of);
    long before = -1;
    // Each round erases something, or what is over a bound is not there to be erased.
    while (!cuts.isEmpty() && goOn.getAsBoolean() && tally.events > before) {
      before = tally.events;
      cuts.forEach(cut -> cut(cut, tally));
      cuts = view.read(selection::of);
    }
  }

  private Cut cutToBytes(TableRow stream) {
    long over = stream.integer("bytes") - bounds.maxBytesPerStream();
    Walk walk = new Walk(stream.text("name"), first(stream), stream.integer("last_revision"));
    while (over > 0 && walk.hasNext()) {
      over -= walk.next().payload().map(payload -> payload.length).orElse(0);
    }
    return walk.cut();
  }

  private void boundSessions(Tally tally, BooleanSupplier goOn) {
    boundSessions(tally, goOn, "mcp_sessions_by_events", bounds.maxEventsPerSession());
    boundSessions(tally, goOn, "mcp_sessions_by_bytes", bounds.maxBytesPerSession());
  }

  private void boundSessions(Tally tally, BooleanSupplier goOn, String index, long most) {
    if (most < McpRetention.UNBOUNDED) {
      Scan larger = Scan.of(McpView.SESSIONS).by(index).from(most + 1).limit(1);
      cutAll(
          tally,
          goOn,
          tables -> {
            List<TableRow> session = tables.page(larger);
            return session.isEmpty() ? List.of() : cutSession(tables, session.getFirst());
          });
    }
  }

  /** The oldest events of a session, whichever of its streams they are of. */
  private List<Cut> cutSession(TableReader tables, TableRow session) {
    PriorityQueue<Walk> byOldest =
        new PriorityQueue<>(Comparator.comparingLong(walk -> walk.peek().position()));
    List<Walk> walks = new ArrayList<>();
    tables.forEach(
        Scan.of(McpView.STREAMS).by("mcp_streams_by_session").prefix(session.bytes("session_key")),
        row -> walks.add(new Walk(row.text("name"), first(row), row.integer("last_revision"))));
    walks.stream().filter(Walk::hasNext).forEach(byOldest::add);
    long events = session.integer("events") - bounds.maxEventsPerSession();
    long bytes = session.integer("bytes") - bounds.maxBytesPerSession();
    while ((events > 0 || bytes > 0) && !byOldest.isEmpty()) {
      Walk walk = byOldest.remove();
      bytes -= walk.next().payload().map(payload -> payload.length).orElse(0);
      events--;
      if (walk.hasNext()) {
        byOldest.add(walk);
      }
    }
    return walks.stream().filter(Walk::moved).map(Walk::cut).toList();
  }

  /** Goes over a stream from its first event on, a page at a time. Confined to one call. */
  private final class Walk {
    private final String name;
    private final long first;
    private final long last;
    private List<StoredEvent> page = List.of();
    private int at;

    /** The last revision that was gone over. */
    private long behind;

    Walk(String name, long first, long last) {
      this.name = name;
      this.first = first;
      this.last = last;
      this.behind = first - 1;
    }

    boolean hasNext() {
      if (at == page.size() && behind < last) {
        page = log.readStream(name, behind, (int) Math.min(PAGE, last - behind));
        at = 0;
      }
      return at < page.size();
    }

    StoredEvent peek() {
      return page.get(at);
    }

    StoredEvent next() {
      StoredEvent next = page.get(at++);
      behind = next.revision();
      return next;
    }

    boolean moved() {
      return behind >= first;
    }

    Cut cut() {
      return new Cut(name, first, behind);
    }
  }

  // ---- trimming ----

  private long trim(long least, boolean inProportion) {
    long head = log.head().size();
    long firstLeft =
        view.read(
            tables -> {
              List<TableRow> first = tables.page(Scan.of(McpView.EVENTS).limit(1));
              return first.isEmpty() ? head + 1 : first.getFirst().integer("position");
            });
    long gone = firstLeft - log.firstPosition();
    if (gone < least || (inProportion && gone < head + 1 - firstLeft)) {
      return 0;
    }
    return switch (log.trim(firstLeft)) {
      case TrimResult.Trimmed(var _, long events, var _) -> events;
      case TrimResult.NothingToTrim _, TrimResult.ReadOnly _ -> 0;
    };
  }
}
