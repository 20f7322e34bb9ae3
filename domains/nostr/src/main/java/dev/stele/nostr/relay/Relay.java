package dev.stele.nostr.relay;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.negentropy.ItemTree;
import dev.stele.nostr.store.Arrived;
import dev.stele.nostr.store.Feed;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.view.Search;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What the sessions of one relay share: the store, the rules, and who is told of what arrives.
 * Thread-safe.
 *
 * <p>One feed of the store serves all sessions. An event that arrives is looked up once, and handed
 * to those sessions that asked for it, into a bounded queue each: a slow one holds up nobody. When
 * the relay itself falls behind its store, every session is told and ends: clients come again and
 * ask for what they missed.
 */
public final class Relay implements AutoCloseable {
  private final NostrStore store;
  private final Setup setup;
  private final LiveSubscriptions<LiveSubscription> live = new LiveSubscriptions<>();
  private final Set<RelaySession> sessions = ConcurrentHashMap.newKeySet();

  /** Missing until following has begun. */
  private volatile @Nullable Feed feed;

  /**
   * 1,000 events arrive between two looks of the kept set: some milliseconds each, so that whoever
   * asks for it after a long quiet waits no longer.
   */
  private static final int SETTLE_EVERY = 1_000;

  /**
   * How many events have arrived since the kept set was looked at. Confined to the feed's thread.
   */
  private int unsettled;

  /** How many lost events the sessions know of. Confined to the feed's thread. */
  private long lostBefore;

  /** Present where nothing is kept from any reader: a kept set knows no readers apart. */
  private final Optional<KeptItems> everything;

  /** Over all sessions. */
  private final AtomicInteger subscriptions = new AtomicInteger();

  /**
   * What a relay is made of, besides its store.
   *
   * @param urls by which clients may know it, as they write it in AUTH events (NIP-42)
   * @param limits its bounds for one connection
   * @param maxSubscriptions open at once on all connections together
   * @param policies asked in this order
   * @param clock tells the time
   * @param random makes challenges, so it must be one that cannot be guessed
   */
  public record Setup(
      Set<String> urls,
      RelayLimits limits,
      int maxSubscriptions,
      List<Policy> policies,
      InstantSource clock,
      RandomGenerator random) {
    /** 100,000 subscriptions: with their filters some 100 MB. */
    public static final int DEFAULT_MAX_SUBSCRIPTIONS = 100_000;

    /** Makes a set-up, copying the collections. */
    public Setup {
      urls = Set.copyOf(urls);
      policies = List.copyOf(policies);
    }

    /** A relay of one URL, with as many subscriptions as is usual. */
    public Setup(
        String url,
        RelayLimits limits,
        List<Policy> policies,
        InstantSource clock,
        RandomGenerator random) {
      this(Set.of(url), limits, DEFAULT_MAX_SUBSCRIPTIONS, policies, clock, random);
    }
  }

  private Relay(NostrStore store, Setup setup, Optional<KeptItems> everything) {
    this.store = store;
    this.setup = setup;
    this.everything = everything.filter(kept -> nothingElseIsKeptBack(kept, setup.policies()));
  }

  private static boolean nothingElseIsKeptBack(KeptItems kept, List<Policy> policies) {
    return policies.stream()
        .noneMatch(
            policy ->
                policy instanceof Policy.OfReading reading
                    && reading.keepsBack().filter(kept.withoutKinds()::containsAll).isEmpty());
  }

  /** Opens a relay on a store, which stays the caller's to close, after the relay. */
  public static Relay open(NostrStore store, Setup setup) {
    return following(new Relay(store, setup, Optional.empty()));
  }

  /**
   * Opens a relay on a store, with the set of all its events, so that a client that reconciles
   * everything costs no scan but the one that this begins with. The set is not used where a policy
   * keeps other events from readers than those that it leaves out.
   *
   * @param everything a part of this store, and of no other
   */
  public static Relay open(NostrStore store, Setup setup, KeptItems everything) {
    everything.follow(store, setup.clock());
    return following(new Relay(store, setup, Optional.of(everything)));
  }

  private static Relay following(Relay relay) {
    relay.feed = relay.store.follow(relay::arrived);
    return relay;
  }

  /**
   * Begins a session for a new connection.
   *
   * @param origin what policies tell callers apart by, such as an address
   * @param wake called when {@link RelaySession#next} has something new to say; on another thread,
   *     often, and not to block
   */
  public RelaySession connect(String origin, Runnable wake) {
    RelaySession session = new RelaySession(this, origin, wake);
    sessions.add(session);
    return session;
  }

  void forget(RelaySession session) {
    sessions.remove(session);
  }

  private void arrived(Arrived arrived) {
    Feed following = feed;
    long lost = following == null ? 0 : following.lost();
    if (lost > lostBefore) {
      // Nobody knows whose they were: whoever stayed would have a hole in what came live.
      lostBefore = lost;
      sessions.forEach(RelaySession::missed);
    }
    String json = null;
    for (LiveSubscription each : live.matching(arrived.event())) {
      if (!each.finds(arrived.event())) {
        continue;
      }
      if (json == null) {
        json = new String(EventJson.write(arrived.event()), StandardCharsets.UTF_8);
      }
      each.session().offer(each, arrived, json);
    }
    if (++unsettled >= SETTLE_EVERY) {
      unsettled = 0;
      everything.ifPresent(KeptItems::settle);
    }
  }

  /** From here on what matches is offered to the session, and before nothing was. */
  void listen(LiveSubscription subscription) {
    subscriptions.incrementAndGet();
    live.add(subscription, subscription.filters());
  }

  void unlisten(LiveSubscription subscription) {
    live.remove(subscription, subscription.filters());
    subscriptions.decrementAndGet();
  }

  /** How many subscriptions are open now, on all connections together. */
  public int subscriptions() {
    return subscriptions.get();
  }

  boolean isFull() {
    return subscriptions.get() >= setup.maxSubscriptions();
  }

  NostrStore store() {
    return store;
  }

  /**
   * All that a client may read, if that is kept: one with keys may read what the set leaves out.
   */
  Optional<ItemTree> everything(Client client) {
    return everything
        .filter(kept -> kept.withoutKinds().isEmpty() || client.keys().isEmpty())
        .flatMap(KeptItems::snapshot);
  }

  RelayLimits limits() {
    return setup.limits();
  }

  List<Policy> policies() {
    return setup.policies();
  }

  InstantSource clock() {
    return setup.clock();
  }

  RandomGenerator random() {
    return setup.random();
  }

  /** Tells whether clients may know the relay by this URL. */
  boolean isUrl(String url) {
    String asked = plain(url);
    return setup.urls().stream().anyMatch(each -> plain(each).equals(asked));
  }

  private static String plain(String url) {
    String lower = url.strip().toLowerCase(Locale.ROOT);
    return lower.endsWith("/") ? lower.substring(0, lower.length() - 1) : lower;
  }

  @Override
  public void close() {
    Feed following = feed;
    if (following != null) {
      following.close();
    }
  }

  /**
   * An open subscription, told apart by being this one: two of the same filters are two.
   *
   * <p>Its fields do not change.
   */
  static final class LiveSubscription {
    private final RelaySession session;
    private final String id;
    private final String quotedId;
    private final List<NostrFilter> filters;
    private final boolean searches;

    LiveSubscription(RelaySession session, String id, List<NostrFilter> filters) {
      this.session = session;
      this.id = id;
      this.quotedId = RelayFrame.quoted(id);
      this.filters = List.copyOf(filters);
      this.searches = filters.stream().anyMatch(filter -> filter.search().isPresent());
    }

    RelaySession session() {
      return session;
    }

    /** Whether an event that matches a filter has a word that the filter searches for, if any. */
    boolean finds(NostrEvent event) {
      return !searches
          || filters.stream()
              .anyMatch(
                  filter ->
                      filter.matches(event)
                          && filter
                              .search()
                              .filter(Search::asks)
                              .map(query -> Search.finds(query, event))
                              .orElse(true));
    }

    String id() {
      return id;
    }

    String quotedId() {
      return quotedId;
    }

    List<NostrFilter> filters() {
      return filters;
    }
  }
}
