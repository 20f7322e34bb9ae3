package dev.stele.nostr.store;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.SharedEngine;
import dev.stele.core.event.Claim;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.Subscription;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.Scan;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.UpToDateView;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewStore;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.KindClass;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.event.StoreSettings;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.gate.SweepGate;
import dev.stele.nostr.view.NostrView;
import dev.stele.nostr.view.Part;
import dev.stele.nostr.view.Question;
import dev.stele.nostr.view.Visibility;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keeps events in a log, and finds them in one view of it. Thread-safe. */
final class LogNostrStore implements NostrStore {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.nostr");

  private static final NostrGate GATE = new NostrGate();
  private static final SweepGate SWEEPS = new SweepGate();

  /** 500 events are read at once: a page of most clients. */
  private static final int PAGE_EVENTS = 500;

  /** 4 MiB of texts are read at once, however many events they are. */
  private static final long PAGE_BYTES = 4L * 1024 * 1024;

  /** 20,000 events are counted at once: some 10 ms of a read. */
  private static final int PAGE_COUNTED = 20_000;

  /** How long the arrivals wait for an event before they look around. */
  private static final Duration LOOK_AROUND = Duration.ofSeconds(10);

  private final Storage storage;
  private final EventLog log;
  private final KeptViews kept;
  private final UpToDateView view;
  private final Rounds rounds;
  private final NostrStoreOptions options;
  private final Feeds feeds;

  /** When the log is to be told of the time again, in milliseconds since 1970. */
  private final AtomicLong nextSweep = new AtomicLong(Long.MIN_VALUE);

  /** Guards {@link #arrivals}. */
  private final ReentrantLock starting = new ReentrantLock();

  /** The thread that reads what comes in; from the first follower on. */
  private @Nullable Thread arrivals;

  private LogNostrStore(Storage storage, EventLog log, KeptViews kept, NostrStoreOptions options) {
    this.storage = storage;
    this.log = log;
    this.kept = kept;
    this.view = new UpToDateView(log, kept, NostrView.NAME);
    this.rounds = new Rounds(log, view);
    this.options = options;
    this.feeds = new Feeds(options.followerEvents());
  }

  /** Opens a store, making it where there is none. */
  static LogNostrStore open(
      String uri, NostrStoreOptions options, List<Part> parts, List<View> alongside) {
    StoreSettings before = RememberedSettings.at(uri);
    StoreSettings settings = options.settings(before);
    List<View> views = new ArrayList<>(alongside);
    List<Part> all = new ArrayList<>(NostrStoreOptions.parts(settings));
    all.addAll(parts);
    views.addFirst(new NostrView(settings.relays(), all));
    Storage storage =
        Storages.open(
            new StorageRequest(
                uri, false, views, SideTables.Definition.NONE, List.of(), options.anchorFolder()));
    try {
      EventLog log =
          EventLog.open(
              storage.engine(),
              LogId.MAIN,
              storage.keys(options.origin(), options.anchorFolder(), options.random()),
              options.forLog(storage.anchor()));
      try {
        // Before the views: what they are built by is what the next opening goes by.
        RememberedSettings.keep(settings, before, log, options);
        LogNostrStore store = new LogNostrStore(storage, log, storage.keep(log), options);
        // There is something to ask from here on, however little it reflects yet.
        var _ = store.view.at(0, _ -> 0);
        return store;
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

  boolean writesAlone() {
    return !(storage.engine() instanceof SharedEngine);
  }

  private long nowSeconds() {
    return Math.floorDiv(options.clock().millis(), 1_000L);
  }

  // ---- storing ----

  @Override
  public StoreOutcome store(NostrEvent event) {
    return storeTogether(List.of(event)).getFirst();
  }

  /** Where an event of this id is in the log; ephemeral ones are in none. */
  private OptionalLong positionOf(NostrEvent event) {
    return event.kindClass() == KindClass.EPHEMERAL
        ? OptionalLong.empty()
        : log.probe(Claim.ofEventId(event.id(), OnDuplicate.RETURN_EXISTING));
  }

  private static boolean isVisible(TableReader tables, long position) {
    return tables.get(NostrView.EVENTS, position).isPresent();
  }

  private Optional<StoreOutcome> notVisible(NostrEvent event, TableReader tables) {
    Visibility visibility = NostrView.visibilityOf(event, tables);
    if (visibility == Visibility.CLEAR) {
      return hasExpired(event) ? Optional.of(new StoreOutcome.Expired()) : Optional.empty();
    }
    return Optional.of(outcomeOf(visibility));
  }

  private static StoreOutcome outcomeOf(Visibility visibility) {
    return switch (visibility) {
      case SUPERSEDED -> new StoreOutcome.Superseded();
      case DELETED -> new StoreOutcome.Deleted();
      case VANISHED -> new StoreOutcome.Vanished();
      case CLEAR -> throw new IllegalArgumentException("nothing keeps it away");
    };
  }

  private boolean hasExpired(NostrEvent event) {
    return event.expiresAt().orElse(Long.MAX_VALUE) <= nowSeconds();
  }

  private static StoreOutcome notKept(NostrEvent event, TableReader tables) {
    Visibility visibility = NostrView.visibilityOf(event, tables);
    // What a sweep has dropped since was stored before.
    return visibility == Visibility.CLEAR ? new StoreOutcome.Expired() : outcomeOf(visibility);
  }

  @Override
  public List<StoreOutcome> storeAll(List<NostrEvent> events) {
    List<StoreOutcome> outcomes = new ArrayList<>(events.size());
    for (List<NostrEvent> run : Runs.of(events)) {
      outcomes.addAll(storeTogether(run));
    }
    return outcomes;
  }

  private List<StoreOutcome> storeTogether(List<NostrEvent> run) {
    List<Judged> judged = withoutKeptAway(judge(run));
    List<AppendResult> results = rounds.append(appends(judged));
    for (Judged each : judged) {
      if (each.fate() instanceof Fate.Decided(StoreOutcome.Ephemeral _)) {
        feeds.give(new Arrived(log.head().size(), each.event(), true));
      }
    }
    List<StoreOutcome> outcomes = outcomes(taken(judged, results));
    if (!results.isEmpty()) {
      sweepIfDue();
    }
    return outcomes;
  }

  /** What would not be visible is not appended; one look at the view says so of all of them. */
  private List<Judged> withoutKeptAway(List<Judged> judged) {
    return kept.read(
            NostrView.NAME,
            tables ->
                judged.stream()
                    .map(
                        each ->
                            each.fate() instanceof Fate.Admissible
                                ? notVisible(each.event(), tables).map(each::decided).orElse(each)
                                : each)
                    .toList())
        .value();
  }

  // ---- history ----

  @Override
  public History history() {
    return new LogHistory(this, kept.gather());
  }

  @Override
  public List<StoreOutcome> importAll(List<NostrEvent> events) {
    History history = history();
    List<History.Taken> taken;
    try (history) {
      taken = history.append(events);
    }
    return history.outcomes(taken);
  }

  /** What came of events, once the view reflects them. */
  List<StoreOutcome> outcomes(List<History.Taken> taken) {
    long last = 0;
    for (History.Taken each : taken) {
      if (each instanceof History.Taken.InTheLog there) {
        last = Math.max(last, there.position());
      }
    }
    return view.at(last, tables -> taken.stream().map(each -> outcomeOf(each, tables)).toList());
  }

  private StoreOutcome outcomeOf(History.Taken taken, TableReader tables) {
    return switch (taken) {
      case History.Taken.Decided(StoreOutcome outcome) -> outcome;
      case History.Taken.InTheLog there -> outcomeOf(there, tables);
    };
  }

  private StoreOutcome outcomeOf(History.Taken.InTheLog there, TableReader tables) {
    boolean expired = there.expiresAt() <= nowSeconds();
    if (isVisible(tables, there.position()) && !expired) {
      return there.before()
          ? new StoreOutcome.Duplicate()
          : new StoreOutcome.Stored(there.position());
    }
    if (expired && !there.before()) {
      return new StoreOutcome.Expired();
    }
    Optional<NostrEvent> event = read(there.position());
    if (there.before()) {
      return event.flatMap(each -> notVisible(each, tables)).orElseGet(StoreOutcome.Duplicate::new);
    }
    // What was erased since it came in is gone for good, as what was deleted.
    return event.map(each -> notKept(each, tables)).orElseGet(StoreOutcome.Deleted::new);
  }

  /** The event at a position; empty where it was erased. */
  private Optional<NostrEvent> read(long position) {
    return log.get(position)
        .flatMap(StoredEvent::payload)
        .map(EventJson::parse)
        .flatMap(
            parsed ->
                parsed instanceof ParsedEvent.Wellformed(NostrEvent event)
                    ? Optional.of(event)
                    : Optional.empty());
  }

  // ---- several events ----

  /** What is to be done with an event of several. */
  sealed interface Fate {
    /** It was there before. */
    record Known(long position) implements Fate {}

    /** Nothing more is to be done. */
    record Decided(StoreOutcome outcome) implements Fate {}

    /** It is to be appended. */
    record Admissible(Admitted admitted) implements Fate {}
  }

  record Judged(NostrEvent event, Fate fate) {
    Judged decided(StoreOutcome outcome) {
      return new Judged(event, new Fate.Decided(outcome));
    }
  }

  List<Judged> judge(List<NostrEvent> events) {
    // The platform's pool: signatures are arithmetic alone, and what is known is mostly in memory.
    return events.parallelStream().map(each -> new Judged(each, fateOf(each))).toList();
  }

  private Fate fateOf(NostrEvent event) {
    OptionalLong known = positionOf(event);
    if (known.isPresent()) {
      return new Fate.Known(known.getAsLong());
    }
    return switch (GATE.judge(event)) {
      case Rejected(String code, String reason) ->
          new Fate.Decided(new StoreOutcome.Refused(code, reason));
      case Transient _ -> new Fate.Decided(new StoreOutcome.Ephemeral());
      case Admitted admitted -> new Fate.Admissible(admitted);
    };
  }

  /** Appends what is to be, for a history: nobody waits for the view. */
  List<History.Taken> append(List<Judged> judged) {
    return taken(judged, log.appendAll(appends(judged)));
  }

  private List<Append> appends(List<Judged> judged) {
    List<Append> appends = new ArrayList<>();
    for (Judged each : judged) {
      if (each.fate() instanceof Fate.Admissible(Admitted admitted)) {
        appends.add(Append.of(admitted).at(options.durability()));
      }
    }
    return appends;
  }

  /** What the log made of events; it has answered for those that are admissible, in their order. */
  private static List<History.Taken> taken(List<Judged> judged, List<AppendResult> results) {
    Iterator<AppendResult> next = results.iterator();
    return judged.stream().map(each -> taken(each, next)).toList();
  }

  private static History.Taken taken(Judged judged, Iterator<AppendResult> results) {
    long expiresAt = judged.event().expiresAt().orElse(Long.MAX_VALUE);
    return switch (judged.fate()) {
      case Fate.Known(long position) -> new History.Taken.InTheLog(position, true, expiresAt);
      case Fate.Decided(StoreOutcome outcome) -> new History.Taken.Decided(outcome);
      case Fate.Admissible _ ->
          switch (results.next()) {
            case AppendResult.Appended done ->
                new History.Taken.InTheLog(done.first(), false, expiresAt);
            case AppendResult.AlreadyPresent(long at) ->
                new History.Taken.InTheLog(at, true, expiresAt);
            case AppendResult.ReadOnly(var verdict) ->
                new History.Taken.Decided(new StoreOutcome.ReadOnly(verdict.toString()));
            case AppendResult.Conflict _, AppendResult.Refused _ ->
                throw new IllegalStateException(
                    "an event claims its id alone, and expects nothing");
          };
    };
  }

  // ---- time ----

  /**
   * Tells the log that time has passed, where something has expired: the view reads no clock. The
   * thread that has just appended does it, so that a store at rest stays at rest.
   */
  void sweepIfDue() {
    Instant now = options.clock().instant();
    long due = nextSweep.get();
    if (now.toEpochMilli() < due
        || !nextSweep.compareAndSet(due, now.plus(options.sweepEvery()).toEpochMilli())) {
      return;
    }
    Scan expired = Scan.of(NostrView.EXPIRATIONS).to(now.getEpochSecond()).limit(1);
    // The view may not reflect the sweep before yet: what that drops is not to be swept again.
    boolean any = view.at(log.head().size(), tables -> !tables.page(expired).isEmpty());
    if (any && SWEEPS.judge(now, now) instanceof Admitted sweep) {
      AppendResult result = log.append(Append.of(sweep).at(options.durability()));
      LOGGER.log(System.Logger.Level.DEBUG, "event=nostr-sweep result={0}", result);
    }
  }

  // ---- asking ----

  @Override
  public QueryEnd query(List<NostrFilter> filters, Sink sink) {
    Asking asking = new Asking(new Question(filters, nowSeconds()));
    while (!asking.question.isDone()) {
      for (Question.Found found : asking.page(PAGE_EVENTS)) {
        if (!asking.isWanted) {
          return new QueryEnd.More();
        }
        asking.isWanted =
            sink.accept(new StoredNostrEvent(found.position(), found.event(), found.json()));
      }
    }
    return asking.question.isCut() ? new QueryEnd.More() : new QueryEnd.Complete();
  }

  @Override
  public long count(List<NostrFilter> filters) {
    List<NostrFilter> whole = filters.stream().map(NostrFilter::unlimited).toList();
    Asking asking = new Asking(new Question(whole, nowSeconds()));
    long count = 0;
    while (!asking.question.isDone()) {
      count += asking.read(tables -> asking.question.count(tables, PAGE_COUNTED));
    }
    return count;
  }

  /** A question, each of whose pages is a read of its own. */
  private final class Asking {
    final Question question;

    /** Whether the asker wants another event. */
    boolean isWanted = true;

    private boolean begun;

    Asking(Question question) {
      this.question = question;
    }

    List<Question.Found> page(int most) {
      return read(tables -> question.page(tables, isWanted ? most : 1, PAGE_BYTES));
    }

    /** The first read waits for what was appended before, and the others leave out what came. */
    <T> T read(ViewStore.Reading<T> reading) {
      if (begun) {
        return kept.read(NostrView.NAME, reading).value();
      }
      begun = true;
      ViewStore.Answer<T> answer = view.answer(reading);
      question.asOf(answer.position());
      return answer.value();
    }
  }

  @Override
  public long position() {
    return kept.read(NostrView.NAME, _ -> 0).position();
  }

  // ---- following ----

  @Override
  public Feed follow(Consumer<Arrived> onArrival) {
    starting.lock();
    try {
      long end = log.head().size();
      Feed feed = feeds.add(onArrival, end);
      if (arrivals == null) {
        Subscription from = log.subscribe(new Cursor(end));
        arrivals =
            Thread.ofPlatform().daemon().name("stele-nostr-arrivals").start(() -> passOn(from));
      }
      return feed;
    } finally {
      starting.unlock();
    }
  }

  // The top of the thread: whatever ends it ends the feeds.
  private void passOn(Subscription from) {
    try {
      while (true) {
        List<StoredEvent> events = from.next(LOOK_AROUND);
        if (!events.isEmpty() && !feeds.isEmpty()) {
          passOn(events);
        }
      }
    } catch (LogClosed e) {
      LOGGER.log(System.Logger.Level.DEBUG, "event=nostr-arrivals-ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      LOGGER.log(System.Logger.Level.ERROR, "event=nostr-arrivals-failed", e);
    } finally {
      feeds.closeAll();
    }
  }

  private void passOn(List<StoredEvent> events) {
    Set<Long> visible =
        view.at(
            events.getLast().position(),
            tables -> {
              Set<Long> there = new HashSet<>();
              for (StoredEvent event : events) {
                if (isVisible(tables, event.position())) {
                  there.add(event.position());
                }
              }
              return there;
            });
    for (StoredEvent event : events) {
      if (visible.contains(event.position()) && event.payload().isPresent()) {
        if (EventJson.parse(event.payload().get())
                instanceof ParsedEvent.Wellformed(NostrEvent nostr)
            && !hasExpired(nostr)) {
          feeds.give(new Arrived(event.position(), nostr, false));
        }
      }
    }
  }

  @Override
  public void close() {
    feeds.closeAll();
    try (Storage _ = storage;
        EventLog _ = log) {
      kept.close();
    }
  }
}
