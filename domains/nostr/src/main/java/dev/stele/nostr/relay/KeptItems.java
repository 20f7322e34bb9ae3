package dev.stele.nostr.relay;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.UpToDateView;
import dev.stele.core.view.ViewStore;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.negentropy.ItemTree;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.view.NostrView;
import dev.stele.nostr.view.Part;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * All visible events of a store as a set to reconcile (NIP-77), kept as they come and go, so that
 * whoever reconciles everything costs no scan.
 *
 * <pre>
 *   KeptItems everything = new KeptItems(KeptItems.MAX_EVENTS);
 *   NostrStore store = NostrStores.open(uri, options, List.of(everything));
 *   Relay relay = Relay.open(store, setup, everything);
 *
 *   the view's transaction ──goes──► suspects      may be rolled back, or come again
 *                                       │
 *   the view's tables, committed ──► a look: ── rows behind the last look ─► into the set
 *                                    as of one position   suspects that have no row ─► out of it
 *                                                         what has expired by the clock ─► out
 * </pre>
 *
 * <p>A set is what a query for everything would give, at the position that the query would reflect.
 * What the view says within a transaction is taken as a hint only, of what to look at again:
 * whether an event is there is read from the committed tables. So nothing hangs on what became of a
 * transaction:
 *
 * <ul>
 *   <li>An event is heard to go before the transaction commits in which it goes, and so before any
 *       look that finds it gone. Until a look does, it stays under suspicion.
 *   <li>What comes needs no hint: the rows of the view stand by their place in the log.
 *   <li>Tables that are built again tell of the past; they give the same set as before unless
 *       something was erased. Of that the log has a receipt, and a look that passes one begins
 *       anew, as does one before which there were too many suspects.
 * </ul>
 *
 * <p>In memory an event costs some 45 bytes, one that will expire some 200. Where there are more
 * than were allowed, where several processes write to one log, so that one does not hear of what
 * the others make go, and where this is no part of the store, there is no set: that is said once in
 * the system's log, and those who reconcile everything are answered by a scan, within {@link
 * RelayLimits#maxReconciledEvents}.
 *
 * <p>A clock that is set back brings nothing back before the next start. Thread-safe; who holds a
 * set sees no change.
 */
public final class KeptItems implements Part {
  /** 4 million events, some 180 MB: a busy public relay of some years. */
  public static final int MAX_EVENTS = 4_000_000;

  /**
   * 100,000 events, some 15 MB, may be under suspicion at once: more go only with an author who
   * wrote that much, and with tables that are built again.
   */
  static final int MAX_SUSPECTS = 100_000;

  private static final System.Logger LOGGER = System.getLogger("dev.stele.nostr");

  private final int maxEvents;
  private final Set<Integer> withoutKinds;

  /** Guards {@link #suspects}, {@link #suspectsLost} and {@link #lastAppeared}; never held long. */
  private final ReentrantLock hearing = new ReentrantLock();

  /** Events that were heard to go, by their places in the log. */
  private final Map<Long, Expiring> suspects = new HashMap<>();

  /** Whether there were too many of them since somebody looked. */
  private boolean suspectsLost;

  /** The last place of which the view has told that an event appears there. */
  private long lastAppeared;

  /** Guards what is below: one looks at a time, and the others wait for what it finds. */
  private final ReentrantLock looking = new ReentrantLock();

  private @Nullable Source source;
  private ItemTree items = ItemTree.empty();
  private final TreeSet<Expiring> expiring = new TreeSet<>();

  /** What {@link #items} reflects; −1 before the first look. */
  private long position = -1;

  /** The last receipt that {@link #items} reflects, as a revision of the stream of receipts. */
  private long receipts;

  /**
   * The position of a look before which suspects were lost. Of those lost some may only have been
   * about to go, which the next commit shows.
   */
  private long lostAt = -1;

  private boolean off;

  /** Where the events are. */
  private record Source(LogReader log, UpToDateView view, InstantSource clock) {}

  /** An item that will expire, or will not ({@code expiresAt} is the greatest long then). */
  private record Expiring(long expiresAt, ItemTree.Item item) implements Comparable<Expiring> {
    private static final Comparator<Expiring> ORDER =
        Comparator.comparingLong(Expiring::expiresAt)
            .thenComparingLong(each -> each.item().createdAt())
            .thenComparing(each -> each.item().id().bytes(), Arrays::compareUnsigned);

    @Override
    public int compareTo(Expiring other) {
      return ORDER.compare(this, other);
    }

    boolean expires() {
      return expiresAt != Long.MAX_VALUE;
    }
  }

  /**
   * A set without a store yet: it is to be a part of one, and then given to a relay on it.
   *
   * @param maxEvents above which there is no set any more
   */
  public KeptItems(int maxEvents) {
    this(maxEvents, Set.of());
  }

  /**
   * As {@link #KeptItems(int)}, without the events of some kinds, which not everybody may read
   * ({@link Policy#partiesOnly}): a set for whoever has told no key.
   */
  public KeptItems(int maxEvents, Set<Integer> withoutKinds) {
    if (maxEvents < 1) {
      throw new IllegalArgumentException("1 event or more is kept, not " + maxEvents);
    }
    this.maxEvents = maxEvents;
    this.withoutKinds = Set.copyOf(withoutKinds);
  }

  // ---- what the view tells ----

  /** None: what is kept is in memory. */
  @Override
  public List<Table> tables() {
    return List.of();
  }

  @Override
  public void appears(NostrEvent event, long at, Tables tables) {
    hearing.lock();
    try {
      lastAppeared = Math.max(lastAppeared, at);
    } finally {
      hearing.unlock();
    }
  }

  @Override
  public void goes(NostrEvent event, long at, Tables tables) {
    if (withoutKinds.contains(event.kind())) {
      return;
    }
    Expiring item =
        new Expiring(
            event.expiresAt().orElse(Long.MAX_VALUE),
            new ItemTree.Item(event.createdAt(), NostrId.ofHex(event.id())));
    hearing.lock();
    try {
      if (suspects.size() < MAX_SUSPECTS) {
        suspects.put(at, item);
      } else {
        suspectsLost = true;
      }
    } finally {
      hearing.unlock();
    }
  }

  // ---- what a relay asks ----

  /**
   * Begins with what a store shows now: reads all of it once.
   *
   * @throws IllegalArgumentException if it is a store of another make
   */
  void follow(NostrStore store, InstantSource clock) {
    LogReader log = NostrStores.log(store);
    KeptViews views = NostrStores.views(store);
    looking.lock();
    try {
      source = new Source(log, new UpToDateView(log, views, NostrView.NAME), clock);
      if (!NostrStores.writesAlone(store)) {
        turnOff("other processes may write to the log");
      }
      look();
    } finally {
      looking.unlock();
    }
  }

  /** Looks at what has come and gone, so that whoever asks next waits for less. */
  void settle() {
    try {
      var _ = snapshot();
    } catch (StorageFailed | LogClosed e) {
      LOGGER.log(System.Logger.Level.DEBUG, "event=nostr-set-not-settled", e);
    }
  }

  /**
   * Returns the set of all events that are visible now: everything whose storing has returned is in
   * it. Empty where none is kept. Costs what has changed since it was asked for last.
   */
  Optional<ItemTree> snapshot() {
    looking.lock();
    try {
      look();
      return off ? Optional.empty() : Optional.of(items);
    } finally {
      looking.unlock();
    }
  }

  private void turnOff(String reason) {
    LOGGER.log(
        System.Logger.Level.WARNING,
        "event=nostr-no-set-kept reason=\"{0}\": who reconciles everything costs a scan",
        reason);
    off = true;
    items = ItemTree.empty();
    expiring.clear();
    hearing.lock();
    try {
      suspects.clear();
    } finally {
      hearing.unlock();
    }
  }

  // ---- looking ----

  private void look() {
    Source from = source;
    if (from == null) {
      throw new IllegalStateException("a set follows no store before a relay is opened with it");
    }
    if (off) {
      return;
    }
    if (position < 0 || !goOn(from)) {
      begin(from);
    }
    if (items.size() > maxEvents) {
      turnOff("there are more than %d events".formatted(maxEvents));
    }
    long now = from.clock().instant().getEpochSecond();
    while (!expiring.isEmpty() && expiring.first().expiresAt() <= now) {
      items = items.minus(expiring.removeFirst().item());
    }
  }

  /**
   * What has changed since the last look.
   *
   * @param came what stands behind the last look
   * @param last the place of the last of it
   * @param gone suspects that have no row, by their places
   */
  private record Changes(List<Expiring> came, long last, Map<Long, Expiring> gone) {}

  /**
   * Takes up what has changed.
   *
   * @return whether that could be told; if not, nothing was taken up
   */
  private boolean goOn(Source from) {
    ViewStore.Answer<Changes> answer = from.view().answer(this::changes);
    long reflected = answer.position();
    if (reflected == position) {
      return true;
    }
    boolean lost = lostAt >= 0;
    hearing.lock();
    try {
      lost |= suspectsLost;
      if (answer.value().last() > lastAppeared) {
        turnOff("it was not made a part of the store's view");
        return true;
      }
    } finally {
      hearing.unlock();
    }
    if (lost || lastReceipt(from.log(), reflected) > receipts) {
      return false;
    }
    answer.value().came().forEach(this::add);
    answer.value().gone().values().forEach(this::remove);
    forget(answer.value().gone());
    position = reflected;
    return true;
  }

  private Changes changes(TableReader tables) {
    List<Expiring> came = new ArrayList<>();
    long[] last = {0};
    tables.forEach(
        Scan.of(NostrView.EVENTS).after(position),
        row -> {
          if (!isLeftOut(row)) {
            came.add(expiring(row));
          }
          last[0] = row.integer("position");
        });
    return new Changes(came, last[0], gone(tables));
  }

  /** The suspects that have no row: heard of before these tables were as they are. */
  private Map<Long, Expiring> gone(TableReader tables) {
    Map<Long, Expiring> gone = new HashMap<>();
    hearing.lock();
    try {
      gone.putAll(suspects);
    } finally {
      hearing.unlock();
    }
    gone.keySet().removeIf(at -> tables.get(NostrView.EVENTS, at).isPresent());
    return gone;
  }

  private void forget(Map<Long, Expiring> known) {
    hearing.lock();
    try {
      suspects.keySet().removeAll(known.keySet());
    } finally {
      hearing.unlock();
    }
  }

  /** The kinds of which it has no events. */
  Set<Integer> withoutKinds() {
    return withoutKinds;
  }

  private boolean isLeftOut(TableRow row) {
    return withoutKinds.contains((int) row.integer("kind"));
  }

  private static Expiring expiring(TableRow row) {
    return new Expiring(
        row.isNull("expires_at") ? Long.MAX_VALUE : row.integer("expires_at"),
        new ItemTree.Item(-row.integer("created_desc"), new NostrId(row.bytes("id"))));
  }

  private void add(Expiring event) {
    items = items.plus(event.item());
    if (event.expires()) {
      expiring.add(event);
    }
  }

  private void remove(Expiring event) {
    items = items.minus(event.item());
    if (event.expires()) {
      expiring.remove(event);
    }
  }

  // ---- beginning ----

  /** Reads all events as of one position. */
  private void begin(Source from) {
    expiring.clear();
    boolean[] lost = {false};
    ViewStore.Answer<Optional<ItemTree>> answer =
        from.view()
            .answer(
                tables -> {
                  // In this order: what is lost from here on is told by the next look.
                  hearing.lock();
                  try {
                    lost[0] = suspectsLost;
                    suspectsLost = false;
                  } finally {
                    hearing.unlock();
                  }
                  forget(gone(tables));
                  return all(tables);
                });
    if (answer.value().isEmpty()) {
      turnOff("there are more than %d events".formatted(maxEvents));
      return;
    }
    items = answer.value().get();
    position = answer.position();
    receipts = lastReceipt(from.log(), position);
    lostAt = lost[0] ? position : -1;
  }

  /** All events in the order of a set; empty if they are too many. */
  private Optional<ItemTree> all(TableReader tables) {
    ItemTree.Filling filling = new ItemTree.Filling();
    // From old to new, within a second from the highest id to the lowest: that is turned round.
    List<ItemTree.Item> second = new ArrayList<>();
    long count = 0;
    Optional<Scan> left =
        Optional.of(Scan.of(NostrView.EVENTS).by("nostr_events_by_time").backwards());
    while (left.isPresent()) {
      List<TableRow> page = tables.page(left.get());
      for (TableRow row : page) {
        if (isLeftOut(row)) {
          continue;
        }
        Expiring event = expiring(row);
        if (event.expires()) {
          expiring.add(event);
        }
        if (!second.isEmpty() && second.getFirst().createdAt() != event.item().createdAt()) {
          pour(second, filling);
        }
        second.add(event.item());
      }
      count += page.size();
      if (count > maxEvents) {
        return Optional.empty();
      }
      left = left.get().rest(page);
    }
    pour(second, filling);
    return Optional.of(filling.tree());
  }

  private static void pour(List<ItemTree.Item> second, ItemTree.Filling into) {
    second.reversed().forEach(into::add);
    second.clear();
  }

  /** The last receipt at or before a position, as a revision; no earlier than the last known. */
  private long lastReceipt(LogReader log, long at) {
    long revision = log.lastRevision(Receipt.STREAM);
    while (revision > receipts) {
      List<StoredEvent> receipt = log.readStream(Receipt.STREAM, revision - 1, 1);
      if (!receipt.isEmpty() && receipt.getFirst().position() <= at) {
        break;
      }
      revision--;
    }
    return revision;
  }
}
