package dev.stele.nostr.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.EventVerdict;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.filter.ParsedFilter;
import dev.stele.nostr.relay.Relay.LiveSubscription;
import dev.stele.nostr.store.Arrived;
import dev.stele.nostr.store.QueryEnd;
import dev.stele.nostr.store.StoreOutcome;
import dev.stele.nostr.store.StoredNostrEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One connection to a relay: frames in, frames out, and no socket.
 *
 * <p>A host sends what {@link #opening} gives, then what {@link #receive} gives for each frame, and
 * what {@link #next} gives until that is empty: whenever it has nothing else to send, and when it
 * is woken. Once {@link #isOver} it sends what it has and hangs up; then, or when the other side
 * has gone, it calls {@link #close}.
 *
 * <p>No event is lost or doubled between what was stored and what comes live. A subscription first
 * listens, then reads the store's position; the scan passes over events above that position, and
 * what arrives at or below it is dropped. An event above it arrives after listening began, since
 * the store tells of an event only once its position has reached it and not before.
 *
 * <p>One thread at a time, but for the relay, which hands over live events from another. {@link
 * #receive} blocks while events become durable: those of consecutive frames together.
 */
public final class RelaySession {
  /** 16: a person's keys, not a phone book. */
  static final int MAX_KEYS = 16;

  /** Of the random challenge: nobody guesses 16 bytes. */
  private static final int CHALLENGE_BYTES = 16;

  private static final String NO_STORE = "the relay cannot reach its store; try again later";

  private static final String TOO_MANY_KEPT_BACK =
      "there are too many of kinds that are not for everybody; ask for fewer or for other kinds";

  private static final int AUTH_KIND = 22_242;
  private static final int VANISH_KIND = 62;
  private static final int REPOST_KIND = 6;
  private static final int GENERIC_REPOST_KIND = 16;

  /** 256 events share a sync: more would make the first of them wait for the last. */
  static final int MAX_EVENTS_TOGETHER = 256;

  /** 4 MiB of events wait in memory for their sync, and one more that may be the longest. */
  static final long MAX_CHARS_TOGETHER = 4L << 20;

  /** 16 MiB of live events wait for one client: more, and it is too slow. */
  static final long MAX_WAITING_CHARS = 16L << 20;

  /** 200 events for other subscriptions are looked through before a scan goes on. */
  private static final int MAX_LIVE_AT_ONCE = 200;

  private final Relay relay;
  private final String origin;
  private final Runnable wake;
  private final String challenge;
  private final Set<String> keys = new HashSet<>();
  private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();

  /** Those whose scan goes on, each with a turn. */
  private final Queue<Subscription> scanning = new ArrayDeque<>();

  private final Reconciling reconciling;
  private final BlockingQueue<Delivery> live;

  /** Of the events in {@link #live} and those that are held. */
  private final AtomicLong waitingChars = new AtomicLong();

  /** Set by the relay's thread when {@link #live} has no room, or events were lost before. */
  private volatile boolean tooSlow;

  private boolean over;
  private boolean hinting;

  /** A live event, and who asked for it. */
  private record Delivery(LiveSubscription to, Arrived arrived, String json) {}

  /** What is open under an id. */
  private static final class Subscription {
    final LiveSubscription live;
    final StoredScan scan;
    final long upTo;

    /** Arrived while the scan went on; bounded with {@link #live}. */
    final List<String> held = new ArrayList<>();

    Subscription(LiveSubscription live, StoredScan scan, long upTo) {
      this.live = live;
      this.scan = scan;
      this.upTo = upTo;
    }

    /** What was held is told, or of no use any more. */
    void free(AtomicLong waitingChars) {
      held.forEach(frame -> waitingChars.addAndGet(-frame.length()));
      held.clear();
    }
  }

  RelaySession(Relay relay, String origin, Runnable wake) {
    this.relay = relay;
    this.origin = origin;
    this.wake = wake;
    this.reconciling = new Reconciling(relay);
    this.live = new LinkedBlockingQueue<>(relay.limits().maxWaitingEvents());
    byte[] random = new byte[CHALLENGE_BYTES];
    relay.random().nextBytes(random);
    this.challenge = HexFormat.of().formatHex(random);
  }

  /** Returns what to send first: a challenge, which a client may answer or not (NIP-42). */
  public List<String> opening() {
    return List.of(RelayFrame.challenge(challenge));
  }

  /**
   * Lets the end of what was stored say whether that was all (NIP-67). Not unless this is called: a
   * client that knows an EOSE of two elements only, such as nostr-fetch 0.17, takes one of three
   * for malformed and waits for another one.
   *
   * @return this session
   */
  public RelaySession hinting() {
    hinting = true;
    return this;
  }

  /** Tells whether the connection has to end, because the client is too slow. */
  public boolean isOver() {
    return over;
  }

  /** As {@link #receive(List)}, of one frame. */
  public List<String> receive(String frame) {
    return receive(List.of(frame));
  }

  /**
   * Takes frames and returns what to send, in their order and as if each had come alone. Never
   * throws for what a client can write: all of it is answered, or answered with a reason.
   *
   * <p>Events that follow each other share a sync, up to 256 of them. Of other frames a host gives
   * one at a time: each may have a piece of a scan for an answer.
   */
  public List<String> receive(List<String> frames) {
    if (over) {
      return List.of();
    }
    Together together = new Together();
    for (String frame : frames) {
      if (utf8Bytes(frame) > relay.limits().maxFrameBytes()) {
        together.answer(
            notice(
                Prefix.INVALID,
                "a message has at most %d bytes".formatted(relay.limits().maxFrameBytes())));
      } else {
        receive(ClientFrame.parse(frame), together);
      }
    }
    return together.answers();
  }

  private void receive(ClientFrame frame, Together together) {
    if (!(frame instanceof ClientFrame.Event)) {
      // What is asked for reflects the events before it.
      together.store();
    }
    try {
      together.answer(answer(frame, together));
    } catch (StorageFailed | LogClosed e) {
      together.answer(failed(frame));
    }
  }

  private static long utf8Bytes(String text) {
    long bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // Half of the four bytes that a pair of surrogates takes.
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes;
  }

  private List<String> answer(ClientFrame frame, Together together) {
    return switch (frame) {
      case ClientFrame.Event(String event) -> {
        event(event, together);
        yield List.of();
      }
      case ClientFrame.Auth(String event) -> auth(event);
      case ClientFrame.Req(String id, List<String> filters) -> req(id, filters);
      case ClientFrame.Count(String id, List<String> filters) -> count(id, filters);
      case ClientFrame.Close(String id) -> {
        end(id);
        yield List.of();
      }
      case ClientFrame.NegOpen open ->
          isId(open.id())
              ? withChallenge(reconciling.open(open, client(), this::refusal, this::mayRead))
              : notice(Prefix.INVALID, badId());
      case ClientFrame.NegMsg(String id, String message) ->
          List.of(reconciling.answer(id, message));
      case ClientFrame.NegClose(String id) -> {
        reconciling.close(id);
        yield List.of();
      }
      case ClientFrame.Bad bad -> bad(bad);
    };
  }

  private List<String> failed(ClientFrame frame) {
    String message = Prefix.ERROR.with(NO_STORE);
    return switch (frame) {
      case ClientFrame.Event(String event) ->
          List.of(
              ClientFrame.idOf(event)
                  .map(id -> RelayFrame.ok(id, false, message))
                  .orElseGet(() -> RelayFrame.notice(message)));
      case ClientFrame.Req(String id, List<String> _) -> {
        end(id);
        yield List.of(RelayFrame.closed(id, message));
      }
      case ClientFrame.Count(String id, List<String> _) -> List.of(RelayFrame.closed(id, message));
      case ClientFrame.NegOpen(String id, String _, String _) ->
          List.of(RelayFrame.negErr(id, message));
      case ClientFrame.Auth _,
          ClientFrame.Close _,
          ClientFrame.NegMsg _,
          ClientFrame.NegClose _,
          ClientFrame.Bad _ ->
          List.of(RelayFrame.notice(message));
    };
  }

  private static List<String> bad(ClientFrame.Bad bad) {
    String message = Prefix.INVALID.with(bad.reason());
    return List.of(
        bad.id()
            .map(
                id ->
                    switch (bad.verb()) {
                      case "EVENT", "AUTH" -> RelayFrame.ok(id, false, message);
                      case "REQ", "COUNT" -> RelayFrame.closed(id, message);
                      case "NEG-OPEN", "NEG-MSG" -> RelayFrame.negErr(id, message);
                      default -> RelayFrame.notice(message);
                    })
            .orElseGet(() -> RelayFrame.notice(message)));
  }

  private static List<String> notice(Prefix prefix, String reason) {
    return List.of(RelayFrame.notice(prefix.with(reason)));
  }

  // EVENT

  /** Answers in the order of the frames, of which some wait for events to be stored. */
  private final class Together {
    private final List<String> answers = new ArrayList<>();

    /** Judged, and not stored yet. */
    private final List<NostrEvent> events = new ArrayList<>();

    /** What goes before the answer of each of those, and last what goes behind them all. */
    private final List<List<String>> between = new ArrayList<>(List.of(new ArrayList<>()));

    private long chars;

    void answer(List<String> frames) {
      between.getLast().addAll(frames);
    }

    void add(NostrEvent event, int length) {
      events.add(event);
      between.add(new ArrayList<>());
      chars += length;
      if (events.size() >= MAX_EVENTS_TOGETHER || chars >= MAX_CHARS_TOGETHER) {
        store();
      }
    }

    void store() {
      List<String> stored = events.isEmpty() ? List.of() : told(events);
      for (int i = 0; i < events.size(); i++) {
        answers.addAll(between.get(i));
        answers.add(stored.get(i));
      }
      answers.addAll(between.getLast());
      events.clear();
      between.clear();
      between.add(new ArrayList<>());
      chars = 0;
    }

    List<String> answers() {
      store();
      return answers;
    }
  }

  private void event(String text, Together together) {
    switch (EventJson.parse(text.getBytes(UTF_8))) {
      case ParsedEvent.Malformed(String _, String reason) ->
          together.answer(malformed(text, reason));
      case ParsedEvent.Wellformed(NostrEvent event) -> {
        switch (judge(event)) {
          case Ruling.Refuse(Prefix prefix, String reason) ->
              together.answer(withChallenge(refused(event, prefix, reason)));
          case Ruling.Pass _ -> together.add(event, text.length());
        }
      }
    }
  }

  private static List<String> malformed(String text, String reason) {
    String message = Prefix.INVALID.with(reason);
    return List.of(
        ClientFrame.idOf(text)
            .map(id -> RelayFrame.ok(id, false, message))
            .orElseGet(() -> RelayFrame.notice(message)));
  }

  /** Stores events; one answer for each. */
  private List<String> told(List<NostrEvent> events) {
    List<String> answers = new ArrayList<>(events.size());
    try {
      Iterator<StoreOutcome> outcomes = relay.store().storeAll(events).iterator();
      for (NostrEvent event : events) {
        answers.add(told(event, outcomes.next()));
      }
    } catch (StorageFailed | LogClosed e) {
      answers.clear();
      for (NostrEvent event : events) {
        answers.add(refused(event, Prefix.ERROR, NO_STORE));
      }
    }
    return answers;
  }

  private static String told(NostrEvent event, StoreOutcome outcome) {
    return switch (outcome) {
      case StoreOutcome.Stored _, StoreOutcome.Ephemeral _ -> RelayFrame.ok(event.id(), true, "");
      case StoreOutcome.Duplicate _ ->
          RelayFrame.ok(event.id(), true, Prefix.DUPLICATE.with("it is here already"));
      case StoreOutcome.Superseded _ -> refused(event, Prefix.REPLACED, "a newer version is here");
      case StoreOutcome.Deleted _ -> refused(event, Prefix.BLOCKED, "its author deleted it");
      case StoreOutcome.Vanished _ -> refused(event, Prefix.BLOCKED, "its author has vanished");
      case StoreOutcome.Expired _ -> refused(event, Prefix.INVALID, "it has expired");
      case StoreOutcome.Refused(String _, String reason) -> refused(event, Prefix.INVALID, reason);
      case StoreOutcome.ReadOnly(String reason) -> refused(event, Prefix.ERROR, reason);
    };
  }

  private static String refused(NostrEvent event, Prefix prefix, String reason) {
    return RelayFrame.ok(event.id(), false, prefix.with(reason));
  }

  private Ruling judge(NostrEvent event) {
    if (event.kind() == AUTH_KIND) {
      return new Ruling.Refuse(Prefix.INVALID, "kind 22242 goes with AUTH and is never stored");
    }
    if (isProtected(event) && !keys.contains(event.pubkey())) {
      return keys.isEmpty()
          ? new Ruling.Refuse(Prefix.AUTH_REQUIRED, "it is protected: its author must authenticate")
          : new Ruling.Refuse(Prefix.RESTRICTED, "it is protected and not by you");
    }
    if (repostsProtected(event)) {
      return new Ruling.Refuse(Prefix.BLOCKED, "it carries a protected event");
    }
    Client client = client();
    for (Policy policy : relay.policies()) {
      if (policy instanceof Policy.OfEvents ofEvents
          && ofEvents.judge(event, client) instanceof Ruling.Refuse refusal
          && !(event.kind() == VANISH_KIND && isAboutTheAuthor(refusal.prefix()))) {
        return refusal;
      }
    }
    return Ruling.PASS;
  }

  /** NIP-62: whoever asks to vanish is heard, also where they may not write. */
  private static boolean isAboutTheAuthor(Prefix prefix) {
    return switch (prefix) {
      case BLOCKED, RESTRICTED, AUTH_REQUIRED -> true;
      case DUPLICATE, REPLACED, PROOF_OF_WORK, RATE_LIMITED, INVALID, UNSUPPORTED, CLOSED, ERROR ->
          false;
    };
  }

  private static boolean isProtected(NostrEvent event) {
    return event.tags().stream().anyMatch(tag -> !tag.isEmpty() && tag.getFirst().equals("-"));
  }

  private static boolean repostsProtected(NostrEvent event) {
    return (event.kind() == REPOST_KIND || event.kind() == GENERIC_REPOST_KIND)
        && EventJson.parse(event.content().getBytes(UTF_8))
            instanceof ParsedEvent.Wellformed(NostrEvent inner)
        && isProtected(inner);
  }

  private Client client() {
    return new Client(origin, keys);
  }

  // AUTH

  private List<String> auth(String text) {
    return switch (EventJson.parse(text.getBytes(UTF_8))) {
      case ParsedEvent.Malformed(String _, String reason) -> malformed(text, reason);
      case ParsedEvent.Wellformed(NostrEvent event) -> {
        Optional<String> flaw = flawOfAuth(event);
        if (flaw.isEmpty()) {
          keys.add(event.pubkey());
        }
        yield List.of(
            flaw.map(reason -> refused(event, Prefix.INVALID, reason))
                .orElseGet(() -> RelayFrame.ok(event.id(), true, "")));
      }
    };
  }

  private Optional<String> flawOfAuth(NostrEvent event) {
    if (event.kind() != AUTH_KIND) {
      return Optional.of("AUTH takes an event of kind 22242");
    }
    if (event.firstValue("challenge").filter(challenge::equals).isEmpty()) {
      return Optional.of("this is not the challenge");
    }
    if (event.firstValue("relay").filter(relay::isUrl).isEmpty()) {
      return Optional.of("this is not the relay's URL");
    }
    long off = Math.abs(relay.clock().instant().getEpochSecond() - event.createdAt());
    if (off > relay.limits().authWindow().toSeconds()) {
      return Optional.of("created_at is too far from now");
    }
    if (event.check() != EventVerdict.AUTHENTIC) {
      return Optional.of("the id or the signature is wrong");
    }
    return keys.size() >= MAX_KEYS && !keys.contains(event.pubkey())
        ? Optional.of("at most %d keys on one connection".formatted(MAX_KEYS))
        : Optional.empty();
  }

  /** A client that was told to authenticate is told by which challenge, if only once more. */
  private List<String> withChallenge(String answer) {
    return answer.contains("\"" + Prefix.AUTH_REQUIRED.with(""))
        ? List.of(RelayFrame.challenge(challenge), answer)
        : List.of(answer);
  }

  // REQ, COUNT

  private static boolean isId(String id) {
    return !id.isEmpty()
        && id.codePointCount(0, id.length()) <= RelayLimits.MAX_SUBSCRIPTION_ID_CHARS;
  }

  private static String badId() {
    return "an id has 1 to %d characters".formatted(RelayLimits.MAX_SUBSCRIPTION_ID_CHARS);
  }

  /** The filters of a request, or why it is refused. */
  private sealed interface Asked {
    record Filters(List<NostrFilter> filters) implements Asked {}

    record Refused(String message) implements Asked {}
  }

  private Asked read(String id, List<String> texts) {
    if (!isId(id)) {
      return new Asked.Refused(Prefix.INVALID.with(badId()));
    }
    if (texts.size() > relay.limits().maxFilters()) {
      return new Asked.Refused(
          Prefix.INVALID.with("at most %d filters".formatted(relay.limits().maxFilters())));
    }
    List<NostrFilter> filters = new ArrayList<>();
    for (String text : texts) {
      switch (FilterJson.parse(text)) {
        case ParsedFilter.Wellformed(NostrFilter filter) -> filters.add(filter);
        case ParsedFilter.Malformed(String reason) -> {
          return new Asked.Refused(Prefix.INVALID.with(reason));
        }
      }
    }
    Optional<String> refusal = refusal(filters);
    return refusal.isPresent() ? new Asked.Refused(refusal.get()) : new Asked.Filters(filters);
  }

  private Optional<String> refusal(List<NostrFilter> filters) {
    Client client = client();
    for (Policy policy : relay.policies()) {
      if (policy instanceof Policy.OfRequests ofRequests
          && ofRequests.judge(filters, client) instanceof Ruling.Refuse(var prefix, var reason)) {
        return Optional.of(prefix.with(reason));
      }
    }
    return Optional.empty();
  }

  private boolean mayRead(NostrEvent event) {
    Client client = client();
    for (Policy policy : relay.policies()) {
      if (policy instanceof Policy.OfReading ofReading && !ofReading.mayRead(event, client)) {
        return false;
      }
    }
    return true;
  }

  private List<String> req(String id, List<String> texts) {
    // Whatever comes of it, the old one of this id is no more.
    end(id);
    return switch (read(id, texts)) {
      case Asked.Refused(String message) -> withChallenge(RelayFrame.closed(id, message));
      case Asked.Filters(List<NostrFilter> filters) -> {
        if (subscriptions.size() >= relay.limits().maxSubscriptions()) {
          yield List.of(
              RelayFrame.closed(
                  id,
                  Prefix.BLOCKED.with(
                      "at most %d subscriptions at once"
                          .formatted(relay.limits().maxSubscriptions()))));
        }
        if (relay.isFull()) {
          yield List.of(
              RelayFrame.closed(
                  id, Prefix.ERROR.with("the relay has no room for more; try again later")));
        }
        yield piece(subscribe(id, filters));
      }
    };
  }

  private Subscription subscribe(String id, List<NostrFilter> filters) {
    LiveSubscription listening = new LiveSubscription(this, id, filters);
    relay.listen(listening);
    // Read after listening began: what comes above it will be offered.
    long upTo = relay.store().position();
    StoredScan scan = new StoredScan(relay.store(), filters, relay.limits(), this::mayRead, upTo);
    Subscription subscription = new Subscription(listening, scan, upTo);
    subscriptions.put(id, subscription);
    return subscription;
  }

  private void end(String id) {
    Subscription ended = subscriptions.remove(id);
    if (ended != null) {
      relay.unlisten(ended.live);
      ended.free(waitingChars);
      scanning.remove(ended);
    }
  }

  /** The next piece of one scan; behind the last, the end and what has come meanwhile. */
  private List<String> piece(Subscription subscription) {
    List<String> frames = new ArrayList<>();
    while (frames.isEmpty() && !subscription.scan.isDone()) {
      for (StoredNostrEvent stored : subscription.scan.next()) {
        frames.add(RelayFrame.event(subscription.live.quotedId(), stored.json()));
      }
    }
    if (subscription.scan.isDone()) {
      String hint = hinting ? subscription.scan.hint() : "";
      frames.add(RelayFrame.eose(subscription.live.id(), hint));
      frames.addAll(subscription.held);
      subscription.free(waitingChars);
    } else {
      scanning.add(subscription);
    }
    return frames;
  }

  private List<String> count(String id, List<String> texts) {
    return switch (read(id, texts)) {
      case Asked.Refused(String message) -> withChallenge(RelayFrame.closed(id, message));
      case Asked.Filters(List<NostrFilter> filters) -> {
        OptionalLong count = readable(filters);
        if (count.isEmpty()) {
          yield List.of(RelayFrame.closed(id, Prefix.RESTRICTED.with(TOO_MANY_KEPT_BACK)));
        }
        yield List.of(
            hyperLogLog(filters)
                .map(hll -> RelayFrame.count(id, count.getAsLong(), hll))
                .orElseGet(() -> RelayFrame.count(id, count.getAsLong())));
      }
    };
  }

  /**
   * How many events match of those that this client may read: nobody is to learn by counting what
   * is kept from them. Empty where more would have to be looked at than in a reconciliation.
   */
  private OptionalLong readable(List<NostrFilter> filters) {
    // First all, then those kept back: one that comes in between is rather not counted than told.
    long all = relay.store().count(filters);
    List<NostrFilter> keptBack = maybeKeptBack(filters);
    if (keptBack.isEmpty()) {
      return OptionalLong.of(all);
    }
    int most = relay.limits().maxReconciledEvents();
    long[] looked = {0};
    long[] hidden = {0};
    QueryEnd end =
        relay
            .store()
            .query(
                keptBack,
                stored -> {
                  hidden[0] += mayRead(stored.event()) ? 0 : 1;
                  return ++looked[0] <= most;
                });
    return end instanceof QueryEnd.Complete
        ? OptionalLong.of(Math.max(0, all - hidden[0]))
        : OptionalLong.empty();
  }

  /** Filters for what policies may keep from somebody, of what some filters ask for. */
  private List<NostrFilter> maybeKeptBack(List<NostrFilter> filters) {
    Set<Integer> kinds = new HashSet<>();
    for (Policy policy : relay.policies()) {
      if (policy instanceof Policy.OfReading reading) {
        Optional<Set<Integer>> back = reading.keepsBack();
        if (back.isEmpty()) {
          return filters.stream().map(NostrFilter::unlimited).toList();
        }
        kinds.addAll(back.get());
      }
    }
    return filters.stream()
        .map(filter -> filter.unlimited().amongKinds(kinds))
        .filter(filter -> !filter.matchesNothing())
        .toList();
  }

  /** For a single filter of one tag (NIP-45), and where the store tells all that match. */
  private Optional<String> hyperLogLog(List<NostrFilter> filters) {
    OptionalInt offset =
        filters.size() == 1 ? HyperLogLog.offset(filters.getFirst()) : OptionalInt.empty();
    if (offset.isEmpty()) {
      return Optional.empty();
    }
    HyperLogLog authors = HyperLogLog.at(offset.getAsInt());
    QueryEnd end =
        relay
            .store()
            .query(
                List.of(filters.getFirst().limit(relay.limits().maxReconciledEvents())),
                stored -> {
                  if (mayRead(stored.event())) {
                    authors.add(stored.event().pubkey());
                  }
                  return true;
                });
    return end instanceof QueryEnd.Complete ? Optional.of(authors.hex()) : Optional.empty();
  }

  // What is said unasked

  /** Live events were lost on the way here; called by the relay, on its thread. */
  void missed() {
    tooSlow = true;
    wake.run();
  }

  /** Hands over a live event; called by the relay, on its thread. */
  void offer(LiveSubscription to, Arrived arrived, String json) {
    long waiting = waitingChars.addAndGet(json.length());
    if (waiting > MAX_WAITING_CHARS || !live.offer(new Delivery(to, arrived, json))) {
      tooSlow = true;
    }
    wake.run();
  }

  /**
   * Returns what is to be sent besides answers: a piece of a scan, in turn, and live events. Empty
   * if there is nothing now; the session wakes the host when there is.
   */
  public List<String> next() {
    if (over) {
      return List.of();
    }
    if (tooSlow) {
      return drop();
    }
    List<String> frames = new ArrayList<>();
    deliver(frames);
    Subscription turn = scanning.poll();
    if (turn != null) {
      try {
        frames.addAll(piece(turn));
      } catch (StorageFailed | LogClosed e) {
        end(turn.live.id());
        frames.add(
            RelayFrame.closed(
                turn.live.id(), Prefix.ERROR.with("the relay cannot reach its store")));
      }
    }
    return over ? drop() : frames;
  }

  private void deliver(List<String> frames) {
    int held = 0;
    for (Subscription each : scanning) {
      held += each.held.size();
    }
    // What is passed over does not count: an empty answer says that nothing waits.
    while (frames.size() < MAX_LIVE_AT_ONCE) {
      Delivery delivery = live.poll();
      if (delivery == null) {
        return;
      }
      waitingChars.addAndGet(-delivery.json().length());
      Subscription to = subscriptions.get(delivery.to().id());
      // It may have been closed, or replaced, since the event was offered.
      if (to == null || to.live != delivery.to() || !isNew(delivery.arrived(), to)) {
        continue;
      }
      String frame = RelayFrame.event(to.live.quotedId(), delivery.json());
      if (to.scan.isDone()) {
        frames.add(frame);
      } else if (held < relay.limits().maxWaitingEvents()) {
        to.held.add(frame);
        waitingChars.addAndGet(frame.length());
        held++;
      } else {
        over = true;
        return;
      }
    }
  }

  private boolean isNew(Arrived arrived, Subscription to) {
    return (arrived.ephemeral() || arrived.position() > to.upTo) && mayRead(arrived.event());
  }

  /** A slow client is told what it loses, and loses it. */
  private List<String> drop() {
    return end(
        Prefix.ERROR, "there were more live events than could wait; come again and ask for them");
  }

  /**
   * Ends the session by the relay's doing.
   *
   * @return what is to be sent before hanging up: why, for each subscription and for a human
   */
  public List<String> end(Prefix prefix, String reason) {
    List<String> frames = new ArrayList<>();
    String message = prefix.with(reason);
    for (String id : subscriptions.keySet()) {
      frames.add(RelayFrame.closed(id, message));
    }
    frames.add(RelayFrame.notice(message));
    close();
    return frames;
  }

  /** Ends the session; the relay forgets it. May be called again. */
  public void close() {
    over = true;
    relay.forget(this);
    for (Iterator<Subscription> each = subscriptions.values().iterator(); each.hasNext(); ) {
      relay.unlisten(each.next().live);
      each.remove();
    }
    scanning.clear();
    live.clear();
  }
}
