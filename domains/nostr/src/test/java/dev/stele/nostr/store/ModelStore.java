package dev.stele.nostr.store;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.EventVerdict;
import dev.stele.nostr.event.KindClass;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.filter.NostrFilter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The rules of a store, each as plainly as it can be said: everything ever admitted is kept in a
 * list, and what may be seen is worked out from all of it.
 *
 * <p>Thread-safe, by one lock. Followers are told within it, so that it has no order but the log's.
 */
public final class ModelStore implements NostrStore {
  private static final Comparator<StoredNostrEvent> NEWEST_FIRST =
      Comparator.comparingLong((StoredNostrEvent each) -> each.event().createdAt())
          .reversed()
          .thenComparing(each -> each.event().id());

  private final InstantSource clock;
  private final Set<String> names;
  private final Map<String, StoredNostrEvent> log = new LinkedHashMap<>();
  private final Map<String, StoredNostrEvent> visible = new HashMap<>();
  private final List<Consumer<Arrived>> followers = new CopyOnWriteArrayList<>();
  private Runnable beforePosition = () -> {};
  private long lost;

  /**
   * Makes an empty store.
   *
   * @param names the relay's URLs, which requests to vanish may name
   */
  public ModelStore(InstantSource clock, Set<String> names) {
    this.clock = clock;
    this.names = Set.copyOf(names);
  }

  /** Does something each time the position is asked for, before it is read. */
  public synchronized void beforePosition(Runnable act) {
    this.beforePosition = act;
  }

  /** Lets every feed say that it lost an event. */
  public synchronized void loseOne() {
    lost++;
  }

  @Override
  public synchronized StoreOutcome store(NostrEvent event) {
    if (log.containsKey(event.id())) {
      return visible.containsKey(event.id())
          ? new StoreOutcome.Duplicate()
          : standing(event, log.get(event.id()).position());
    }
    EventVerdict verdict = event.check();
    if (verdict != EventVerdict.AUTHENTIC) {
      return new StoreOutcome.Refused(verdict.code(), "the id or the signature is wrong");
    }
    if (event.kindClass() == KindClass.EPHEMERAL) {
      tell(new Arrived(log.size(), event, true));
      return new StoreOutcome.Ephemeral();
    }
    StoreOutcome standing = standing(event, Long.MAX_VALUE);
    if (!(standing instanceof StoreOutcome.Stored)) {
      return standing;
    }
    long position = append(event);
    decideWhatIsVisible();
    tell(new Arrived(position, event, false));
    return new StoreOutcome.Stored(position);
  }

  private void tell(Arrived arrived) {
    followers.forEach(each -> each.accept(arrived));
  }

  private long append(NostrEvent event) {
    String json = new String(EventJson.write(event), StandardCharsets.UTF_8);
    long position = log.size() + 1L;
    log.put(event.id(), new StoredNostrEvent(position, event, json));
    return position;
  }

  private void decideWhatIsVisible() {
    visible.clear();
    for (StoredNostrEvent each : log.values()) {
      if (standing(each.event(), each.position()) instanceof StoreOutcome.Stored) {
        visible.put(each.event().id(), each);
      }
    }
  }

  @Override
  public synchronized List<StoreOutcome> storeAll(List<NostrEvent> events) {
    return events.stream().map(this::store).toList();
  }

  @Override
  public synchronized List<StoreOutcome> importAll(List<NostrEvent> events) {
    List<StoreOutcome> outcomes = new ArrayList<>();
    for (NostrEvent event : events) {
      if (log.containsKey(event.id())) {
        outcomes.add(new StoreOutcome.Duplicate());
      } else if (event.check() != EventVerdict.AUTHENTIC) {
        outcomes.add(new StoreOutcome.Refused("not-genuine", "the id or the signature is wrong"));
      } else if (event.kindClass() == KindClass.EPHEMERAL) {
        outcomes.add(new StoreOutcome.Ephemeral());
      } else {
        outcomes.add(new StoreOutcome.Stored(append(event)));
      }
    }
    decideWhatIsVisible();
    return outcomes;
  }

  @Override
  public History history() {
    return new History() {
      @Override
      public List<Taken> append(List<NostrEvent> events) {
        return importAll(events).stream().<Taken>map(Taken.Decided::new).toList();
      }

      @Override
      public List<StoreOutcome> outcomes(List<Taken> taken) {
        return taken.stream().map(each -> ((Taken.Decided) each).outcome()).toList();
      }

      @Override
      public void close() {}
    };
  }

  /** What all other events, and the time, make of one. */
  private StoreOutcome standing(NostrEvent event, long position) {
    if (event.expiresAt().isPresent()
        && event.expiresAt().getAsLong() <= clock.instant().getEpochSecond()) {
      return new StoreOutcome.Expired();
    }
    for (StoredNostrEvent each : log.values()) {
      NostrEvent other = each.event();
      if (vanishes(other, event)) {
        return new StoreOutcome.Vanished();
      }
      if (other.kind() == 5 && event.kind() != 5 && deletes(other, event)) {
        return new StoreOutcome.Deleted();
      }
    }
    for (StoredNostrEvent each : log.values()) {
      if (replaces(each.event(), event)) {
        return new StoreOutcome.Superseded();
      }
    }
    return new StoreOutcome.Stored(position);
  }

  private boolean vanishes(NostrEvent request, NostrEvent event) {
    if (request.kind() != 62
        || event.kind() == 62
        || event.createdAt() > request.createdAt()
        || values(request, "relay").stream()
            .noneMatch(name -> name.equals("ALL_RELAYS") || names.contains(name))) {
      return false;
    }
    return event.pubkey().equals(request.pubkey())
        || (event.kind() == 1059 && values(event, "p").contains(request.pubkey()));
  }

  private static boolean deletes(NostrEvent deletion, NostrEvent event) {
    boolean recipient = event.kind() == 1059 && values(event, "p").contains(deletion.pubkey());
    if (!event.pubkey().equals(deletion.pubkey()) && !recipient) {
      return false;
    }
    return values(deletion, "e").contains(event.id())
        || (event.createdAt() <= deletion.createdAt()
            && values(deletion, "a").contains(address(event)));
  }

  private static boolean replaces(NostrEvent other, NostrEvent event) {
    boolean replaceable =
        event.kindClass() == KindClass.REPLACEABLE || event.kindClass() == KindClass.ADDRESSABLE;
    return replaceable
        && address(other).equals(address(event))
        && (other.createdAt() > event.createdAt()
            || (other.createdAt() == event.createdAt() && other.id().compareTo(event.id()) < 0));
  }

  private static String address(NostrEvent event) {
    String d = event.kindClass() == KindClass.ADDRESSABLE ? event.firstValue("d").orElse("") : "";
    return event.kind() + ":" + event.pubkey() + ":" + d;
  }

  private static List<String> values(NostrEvent event, String name) {
    return event.tags().stream()
        .filter(tag -> tag.size() >= 2 && tag.getFirst().equals(name))
        .map(tag -> tag.get(1))
        .toList();
  }

  private boolean isShown(StoredNostrEvent stored) {
    return stored.event().expiresAt().isEmpty()
        || stored.event().expiresAt().getAsLong() > clock.instant().getEpochSecond();
  }

  private List<StoredNostrEvent> matching(NostrFilter filter) {
    return visible.values().stream()
        .filter(each -> isShown(each) && filter.matches(each.event()))
        .filter(
            each ->
                filter.search().isEmpty() || each.event().content().contains(filter.search().get()))
        .sorted(NEWEST_FIRST)
        .toList();
  }

  @Override
  public QueryEnd query(List<NostrFilter> filters, Sink sink) {
    List<StoredNostrEvent> found = new ArrayList<>();
    boolean more = false;
    synchronized (this) {
      Set<StoredNostrEvent> all = new HashSet<>();
      Set<StoredNostrEvent> told = new HashSet<>();
      for (NostrFilter filter : filters) {
        List<StoredNostrEvent> matching = matching(filter);
        all.addAll(matching);
        told.addAll(
            matching.subList(
                0, Math.min(matching.size(), filter.limit().orElse(Integer.MAX_VALUE))));
      }
      more = told.size() < all.size();
      found.addAll(told);
    }
    found.sort(NEWEST_FIRST);
    for (StoredNostrEvent each : found) {
      if (!sink.accept(each)) {
        return new QueryEnd.More();
      }
    }
    return more ? new QueryEnd.More() : new QueryEnd.Complete();
  }

  @Override
  public synchronized long count(List<NostrFilter> filters) {
    Set<StoredNostrEvent> all = new HashSet<>();
    filters.forEach(filter -> all.addAll(matching(filter)));
    return all.size();
  }

  @Override
  public synchronized Feed follow(Consumer<Arrived> onArrival) {
    followers.add(onArrival);
    return new Feed() {
      @Override
      public long lost() {
        return lost;
      }

      @Override
      public void close() {
        followers.remove(onArrival);
      }
    };
  }

  @Override
  public synchronized long position() {
    beforePosition.run();
    return log.size();
  }

  @Override
  public void close() {
    followers.clear();
  }
}
