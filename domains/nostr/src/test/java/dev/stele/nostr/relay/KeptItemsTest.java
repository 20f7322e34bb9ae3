package dev.stele.nostr.relay;

import static dev.stele.nostr.relay.Talk.ALICE;
import static dev.stele.nostr.relay.Talk.BOB;
import static dev.stele.nostr.relay.Talk.note;
import static dev.stele.nostr.relay.Talk.say;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.Erasure;
import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.negentropy.Initiator;
import dev.stele.nostr.negentropy.ItemTree;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.store.StoreOutcome;
import dev.stele.nostr.view.Histories;
import dev.stele.nostr.view.NostrView;
import dev.stele.nostr.view.Part;
import dev.stele.testkit.Scale;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The set of all events is what a query for all of them gives, whatever comes and goes. */
@Tag("engine")
@Timeout(120)
class KeptItemsTest {
  private static final long SEED = 77;
  private static final int FEW = 100;

  @TempDir Path folder;

  private volatile Instant now = Instant.ofEpochSecond(900);
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  private NostrStore store(String name, List<Part> parts) {
    NostrStore store =
        NostrStores.open(
            name.equals("memory") ? "memory:" : name + ":" + folder.resolve("store"),
            NostrStoreOptions.DEFAULT
                .with(() -> now, new Random(SEED))
                .reachedAt(Set.of(Histories.RELAY))
                .sweepingEvery(Duration.ofSeconds(20))
                .anchoredIn(folder.resolve("anchor"))
                .at(Durability.OS),
            parts);
    opened.add(store);
    return store;
  }

  /** A relay that refuses to reconcile more than {@link #FEW} events by a scan. */
  private Relay relay(NostrStore store, KeptItems kept) {
    RelayLimits limits =
        new RelayLimits(512 * 1024, 8, 3, 50, 20, 2, FEW, 5_000, 5, Duration.ofMinutes(10));
    Relay relay =
        Relay.open(
            store, new Relay.Setup(Talk.URL, limits, List.of(), () -> now, new Random(SEED)), kept);
    opened.add(relay);
    return relay;
  }

  private static ItemTree.Item item(NostrEvent event) {
    return new ItemTree.Item(event.createdAt(), NostrId.ofHex(event.id()));
  }

  private static List<ItemTree.Item> scan(NostrStore store) {
    List<ItemTree.Item> items = new ArrayList<>();
    var _ = store.query(List.of(NostrFilter.ALL), each -> items.add(item(each.event())));
    items.sort(Comparator.comparingLong(ItemTree.Item::createdAt).thenComparing(ItemTree.Item::id));
    return items;
  }

  private static List<ItemTree.Item> kept(KeptItems kept) {
    ItemTree tree = kept.snapshot().orElseThrow();
    return IntStream.range(0, tree.size()).mapToObj(tree::get).toList();
  }

  private static void stored(StoreOutcome outcome) {
    assertThat(outcome).isInstanceOf(StoreOutcome.Stored.class);
  }

  /** A part that does something when an event appears. */
  private static Part whenOneAppears(BiConsumer<NostrEvent, Tables> act) {
    return new Part() {
      @Override
      public List<Table> tables() {
        return List.of();
      }

      @Override
      public void appears(NostrEvent event, long position, Tables tables) {
        act.accept(event, tables);
      }

      @Override
      public void goes(NostrEvent event, long position, Tables tables) {}
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "sqlite", "lmdb"})
  void random_histories_leave_what_a_scan_finds_at_every_step(String name) {
    List<NostrEvent> events = new Histories(SEED, 5).events(Scale.of(10_000));
    Random random = new Random(SEED);
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    NostrStore store = store(name, List.of(kept));
    Relay _ = relay(store, kept);
    int changes = 0;
    List<ItemTree.Item> before = List.of();
    for (int from = 0; from < events.size(); ) {
      int to = Math.min(events.size(), from + 1 + random.nextInt(30));
      List<NostrEvent> next = events.subList(from, to);
      if (random.nextBoolean()) {
        List<StoreOutcome> _ = store.importAll(next);
      } else {
        next.forEach(
            each -> {
              StoreOutcome _ = store.store(each);
            });
      }
      if (random.nextInt(4) == 0) {
        now = now.plusSeconds(random.nextInt(40));
      }
      List<ItemTree.Item> items = kept(kept);
      assertThat(items).as("seed %d, event %d of %s", SEED, to, name).isEqualTo(scan(store));
      changes += items.equals(before) ? 0 : 1;
      before = items;
      from = to;
    }
    assertThat(changes).isGreaterThan(20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void a_store_that_is_opened_again_has_the_set_that_it_had(String name) {
    KeptItems first = new KeptItems(KeptItems.MAX_EVENTS);
    NostrStore store = store(name, List.of(first));
    Relay relay = relay(store, first);
    List<StoreOutcome> _ = store.importAll(new Histories(SEED, 5).events(500));
    List<ItemTree.Item> items = kept(first);
    relay.close();
    store.close();

    KeptItems second = new KeptItems(KeptItems.MAX_EVENTS);
    Relay _ = relay(store(name, List.of(second)), second);
    assertThat(kept(second)).hasSizeGreaterThan(100).isEqualTo(items);
  }

  @Test
  void what_a_transaction_says_that_never_comes_true_is_not_believed() {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    NostrEvent first = note(ALICE, 1, "stays");
    // The log begins with where the store is served.
    long itsPlace = 2;
    NostrStore store =
        store(
            "memory",
            List.of(kept, whenOneAppears((_, tables) -> kept.goes(first, itsPlace, tables))));
    Relay _ = relay(store, kept);
    assertThat(store.store(first)).isEqualTo(new StoreOutcome.Stored(itsPlace));
    stored(store.store(note(BOB, 2, "second")));
    assertThat(kept(kept)).hasSize(2).isEqualTo(scan(store));

    stored(store.store(ALICE.sign(3, 5, List.of(List.of("e", first.id())), "")));
    assertThat(kept(kept)).hasSize(2).doesNotContain(item(first)).isEqualTo(scan(store));
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "sqlite", "lmdb"})
  void a_transaction_that_is_rolled_back_and_comes_again_counts_once(String name) {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    AtomicBoolean broken = new AtomicBoolean(true);
    NostrStore store =
        store(
            name,
            List.of(
                kept,
                whenOneAppears(
                    (event, _) -> {
                      if (event.content().equals("new") && broken.getAndSet(false)) {
                        throw new IllegalStateException("rolls back, once");
                      }
                    })));
    Relay _ = relay(store, kept);
    NostrEvent old = ALICE.sign(1, 0, List.of(), "old");
    NostrEvent young = ALICE.sign(2, 0, List.of(), "new");
    stored(store.store(old));
    assertThat(kept(kept)).containsExactly(item(old));

    stored(store.store(young));
    assertThat(broken).isFalse();
    assertThat(kept(kept)).containsExactly(item(young));
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "sqlite", "lmdb"})
  void what_an_erased_event_had_deleted_is_in_the_set_again(String name) throws Exception {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    NostrStore store = store(name, List.of(kept));
    Relay _ = relay(store, kept);
    NostrEvent note = note(ALICE, 1, "note");
    NostrEvent deletion = ALICE.sign(2, 5, List.of(List.of("e", note.id())), "");
    stored(store.store(note));
    assertThat(kept(kept)).containsExactly(item(note));
    stored(store.store(deletion));
    assertThat(kept(kept)).containsExactly(item(deletion));

    var _ = NostrStores.log(store).erase(new Erasure.OfRevisions(NostrGate.STREAM, 2, 2));
    assertThat(kept(kept)).containsExactly(item(note)).isEqualTo(scan(store));
    stored(store.store(note(BOB, 3, "goes on")));
    NostrStores.views(store).rebuild(NostrView.NAME);
    stored(store.store(note(BOB, 4, "goes on behind a rebuild")));
    assertThat(kept(kept)).hasSize(3).isEqualTo(scan(store));
  }

  @Test
  void suspects_beyond_their_bound_make_it_look_anew_until_none_can_be_missed() {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    NostrEvent any = note(BOB, 1, "any");
    NostrStore store =
        store(
            "memory",
            List.of(
                whenOneAppears(
                    (event, tables) -> {
                      for (int i = 0;
                          event.content().equals("many") && i < KeptItems.MAX_SUSPECTS;
                          i++) {
                        kept.goes(any, 10_000 + i, tables);
                      }
                    }),
                kept));
    Relay _ = relay(store, kept);
    NostrEvent gone = ALICE.sign(1, 0, List.of(), "gone");
    stored(store.store(gone));
    stored(store.store(note(BOB, 1, "many")));
    stored(store.store(ALICE.sign(2, 0, List.of(), "not heard of any more")));
    assertThat(kept(kept)).hasSize(2).doesNotContain(item(gone)).isEqualTo(scan(store));
    stored(store.store(ALICE.sign(3, 0, List.of(), "heard again")));
    assertThat(kept(kept)).hasSize(2).isEqualTo(scan(store));
  }

  @Test
  void a_set_without_kinds_that_are_kept_back_serves_whoever_has_told_no_key() {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS, Set.of(1_059));
    NostrStore store = store("memory", List.of(kept));
    stored(store.store(note(ALICE, 1, "for everybody")));
    NostrEvent wrapped = ALICE.sign(2, 1_059, List.of(List.of("p", ALICE.pubkey())), "");
    stored(store.store(wrapped));
    Relay _ = relay(store, kept);
    assertThat(kept(kept)).hasSize(1);
    stored(store.store(ALICE.sign(3, 1_059, List.of(List.of("p", ALICE.pubkey())), "")));
    stored(store.store(ALICE.sign(4, 5, List.of(List.of("e", wrapped.id())), "")));
    assertThat(kept(kept)).extracting(ItemTree.Item::createdAt).containsExactly(1L, 4L);
  }

  @Test
  void there_is_a_set_of_as_many_as_were_allowed_and_none_of_more() {
    KeptItems kept = new KeptItems(2);
    NostrStore store = store("memory", List.of(kept));
    Relay relay = relay(store, kept);
    stored(store.store(note(ALICE, 1, "one")));
    stored(store.store(note(ALICE, 2, "two")));
    assertThat(kept.snapshot()).isPresent();
    stored(store.store(note(ALICE, 3, "three")));
    assertThat(kept.snapshot()).isEmpty();
    assertThat(say(relay.connect("a", () -> {}), "[\"NEG-OPEN\",\"n\",{},\"6100000200\"]"))
        .as("answered by a scan")
        .singleElement()
        .asString()
        .startsWith("[\"NEG-MSG\",\"n\",\"61");
  }

  @Test
  void a_set_that_is_no_part_of_the_store_is_not_used_once_something_came() {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    NostrStore store = store("memory", List.of());
    Relay _ = relay(store, kept);
    assertThat(kept.snapshot()).isPresent();
    stored(store.store(note(ALICE, 1, "unheard")));
    assertThat(kept.snapshot()).isEqualTo(Optional.empty());
  }

  @Test
  void what_has_expired_by_the_clock_is_out_before_any_sweep() {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    NostrStore store = store("memory", List.of(kept));
    Relay _ = relay(store, kept);
    stored(store.store(note(ALICE, 1, "brief", List.of("expiration", "1000"))));
    now = Instant.ofEpochSecond(999);
    assertThat(kept(kept)).hasSize(1);
    now = Instant.ofEpochSecond(1_000);
    assertThat(kept(kept)).isEmpty();
  }

  // ---- over frames ----

  private static final class Client {
    final Initiator initiator;
    final Set<String> have = new HashSet<>();
    final Set<String> need = new HashSet<>();

    Client(List<ItemTree.Item> items) {
      this.initiator = Initiator.of(ItemTree.of(items));
    }

    void reconcile(RelaySession session) {
      String frame =
          "[\"NEG-OPEN\",\"n\",{},\"" + HexFormat.of().formatHex(initiator.opening()) + "\"]";
      for (boolean more = true; more; ) {
        List<String> answers = session.receive(frame);
        assertThat(answers).singleElement().asString().startsWith("[\"NEG-MSG\",\"n\",\"");
        String hex = answers.getFirst().split("\"")[5];
        switch (initiator.receive(HexFormat.of().parseHex(hex))) {
          case Initiator.Next(byte[] next, List<NostrId> ours, List<NostrId> theirs) -> {
            add(ours, theirs);
            frame = "[\"NEG-MSG\",\"n\",\"" + HexFormat.of().formatHex(next) + "\"]";
          }
          case Initiator.Done(List<NostrId> ours, List<NostrId> theirs) -> {
            add(ours, theirs);
            more = false;
          }
          case Initiator.Failed(String reason) -> throw new AssertionError(reason);
        }
      }
    }

    private void add(List<NostrId> ours, List<NostrId> theirs) {
      ours.forEach(id -> have.add(id.hex()));
      theirs.forEach(id -> need.add(id.hex()));
    }
  }

  @Test
  void everything_is_reconciled_without_a_scan_and_without_its_bound() {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    NostrStore store = store("memory", List.of(kept));
    RelaySession session = relay(store, kept).connect("a", () -> {});
    List<NostrEvent> notes =
        IntStream.range(0, FEW + 20).mapToObj(i -> note(ALICE, i / 3, "note " + i)).toList();
    List<StoreOutcome> _ = store.importAll(notes.subList(0, FEW + 10));

    Client client =
        new Client(notes.subList(5, FEW + 20).stream().map(KeptItemsTest::item).toList());
    client.reconcile(session);
    assertThat(client.need)
        .containsExactlyInAnyOrderElementsOf(
            notes.subList(0, 5).stream().map(NostrEvent::id).toList());
    assertThat(client.have)
        .containsExactlyInAnyOrderElementsOf(
            notes.subList(FEW + 10, FEW + 20).stream().map(NostrEvent::id).toList());
    assertThat(say(session, "[\"NEG-OPEN\",\"few\",{\"kinds\":[1]},\"6100000200\"]"))
        .singleElement()
        .asString()
        .as("what is asked for in part is scanned, within its bound")
        .startsWith("[\"NEG-ERR\",\"few\",\"blocked: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "sqlite", "lmdb"})
  void whoever_reconciles_while_events_come_in_gets_all_that_was_there_when_they_began(String name)
      throws Exception {
    KeptItems kept = new KeptItems(KeptItems.MAX_EVENTS);
    NostrStore store = store(name, List.of(kept));
    Relay relay = relay(store, kept);
    List<NostrEvent> notes =
        IntStream.range(0, Scale.of(6_000)).mapToObj(i -> note(ALICE, i, "note " + i)).toList();
    List<String> acked = new ArrayList<>();
    Object guard = new Object();
    try (ExecutorService writer = Executors.newSingleThreadExecutor()) {
      Future<?> written =
          writer.submit(
              () -> {
                for (int i = 0; i < notes.size(); i++) {
                  // Profiles replace each other, so that events go as well.
                  StoreOutcome _ = store.store(BOB.sign(i, 0, List.of(), "profile " + i));
                  stored(store.store(notes.get(i)));
                  synchronized (guard) {
                    acked.add(notes.get(i).id());
                  }
                }
              });
      RelaySession session = relay.connect("a", () -> {});
      int rounds = 0;
      for (boolean last = false; !last; rounds++) {
        last = written.isDone();
        List<String> there;
        synchronized (guard) {
          there = List.copyOf(acked);
        }
        Client client = new Client(List.of());
        client.reconcile(session);
        assertThat(client.need).as("round %d", rounds).containsAll(there);
        assertThat(client.need.size()).isLessThanOrEqualTo(kept(kept).size());
      }
      written.get();
      assertThat(rounds).isGreaterThan(1);
    }
    Client all = new Client(scan(store));
    all.reconcile(relay.connect("b", () -> {}));
    assertThat(all.need).isEmpty();
    assertThat(all.have).isEmpty();
  }
}
