package dev.stele.nostr.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStore;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.event.PublicEvents;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.event.SyncProgress;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.filter.ParsedFilter;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.gate.ProgressGate;
import dev.stele.nostr.gate.SweepGate;
import dev.stele.nostr.view.Aggregates;
import dev.stele.nostr.view.Graph;
import dev.stele.nostr.view.Histories;
import dev.stele.nostr.view.Model;
import dev.stele.nostr.view.NostrView;
import dev.stele.nostr.view.RelayHints;
import dev.stele.nostr.view.SyncState;
import dev.stele.testkit.Scale;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every store does: a test class opens one, and nothing more. */
abstract class NostrStoreTck {
  private static final long SEED = 20_261_122;
  private static final long NOW = 10_000;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  static final NostrKey ALICE = key(1);
  static final NostrKey BOB = key(2);

  /** A clock that tests set. */
  static final class HandClock implements InstantSource {
    private volatile Instant now = Instant.ofEpochSecond(NOW);

    void set(long seconds) {
      now = Instant.ofEpochSecond(seconds);
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  final HandClock clock = new HandClock();
  private final List<NostrStore> opened = new ArrayList<>();

  static NostrKey key(int number) {
    byte[] secret = new byte[32];
    secret[31] = (byte) number;
    return NostrKey.fromSecret(secret);
  }

  static NostrFilter filter(String json) {
    return ((ParsedFilter.Wellformed) FilterJson.parse(json)).filter();
  }

  /** Opens a new and empty store. */
  abstract NostrStore open(NostrStoreOptions options);

  NostrStoreOptions options() {
    return NostrStoreOptions.DEFAULT
        .with(clock, new Random(SEED))
        .named("test.example/nostr")
        .reachedAt(Set.of(Histories.RELAY))
        .at(Durability.OS);
  }

  final NostrStore store() {
    return store(options());
  }

  final NostrStore store(NostrStoreOptions options) {
    NostrStore store = open(options);
    opened.add(store);
    return store;
  }

  @AfterEach
  void closeAll() {
    opened.forEach(NostrStore::close);
  }

  static List<NostrEvent> query(NostrStore store, String... filters) {
    List<NostrEvent> events = new ArrayList<>();
    var _ =
        store.query(
            java.util.Arrays.stream(filters).map(NostrStoreTck::filter).toList(),
            found -> events.add(found.event()));
    return events;
  }

  /** How many events are in the log, seen or not. */
  private static long appended(NostrStore store) {
    return NostrStores.log(store).lastRevision(NostrGate.STREAM);
  }

  private static long sweeps(NostrStore store) {
    return NostrStores.log(store).lastRevision(SweepGate.STREAM);
  }

  private static long stored(StoreOutcome outcome) {
    assertThat(outcome).isInstanceOf(StoreOutcome.Stored.class);
    return ((StoreOutcome.Stored) outcome).position();
  }

  // ---- what is derived ----

  private static <T> T tables(NostrStore store, ViewStore.Reading<T> reading) {
    // Whoever reads the tables by himself waits for what was appended, as a query does.
    var _ = store.count(List.of(NostrFilter.ALL));
    return NostrStores.views(store).read(NostrView.NAME, reading).value();
  }

  @Test
  void derives_hints_graph_aggregates_and_cursors_in_the_transaction_of_the_events() {
    NostrStore store = store(options().withOwner(PublicKey.ofHex(ALICE.pubkey())));
    NostrEvent note = BOB.sign(3, 1, List.of(), "note");
    List<NostrEvent> events =
        List.of(
            ALICE.sign(1, 3, List.of(List.of("p", BOB.pubkey())), ""),
            BOB.sign(2, 10_002, List.of(List.of("r", "wss://Relay.example")), ""),
            note,
            ALICE.sign(4, 7, List.of(List.of("e", note.id()), List.of("p", BOB.pubkey())), "+"),
            ALICE.sign(
                5, 1, List.of(List.of("e", note.id(), "", "root")), "an answer by a marker alone"));
    assertThat(store.importAll(events)).hasOnlyElementsOfType(StoreOutcome.Stored.class);
    SyncProgress progress = new SyncProgress("wss://relay.example", List.of(1, 7), 9_000, NOW - 1);
    Admitted admitted = (Admitted) new ProgressGate().judge(progress, clock.instant());
    assertThat(NostrStores.log(store).append(Append.of(admitted)))
        .isInstanceOf(AppendResult.Appended.class);

    List<RelayHints.Hint> hints = tables(store, each -> RelayHints.of(each, BOB.pubkey()));
    assertThat(hints).extracting(RelayHints.Hint::relay).containsExactly("wss://relay.example");
    List<Graph.Node> near = tables(store, each -> Graph.within(each, ALICE.pubkey(), 1));
    assertThat(near).extracting(Graph.Node::pubkey).containsExactly(BOB.pubkey());
    Aggregates.Totals totals = tables(store, each -> Aggregates.of(each, note.id()));
    assertThat(totals.replies()).isOne();
    assertThat(totals.reactions()).isOne();
    long since = tables(store, each -> SyncState.since(each, "wss://relay.example", List.of(1, 7)));
    assertThat(since).isEqualTo(9_000);
    assertThat(store.store(ALICE.sign(7, 5, List.of(List.of("e", events.get(3).id())), "")))
        .isInstanceOf(StoreOutcome.Stored.class);
    Aggregates.Totals less = tables(store, each -> Aggregates.of(each, note.id()));
    assertThat(less.reactions()).isZero();
  }

  @Test
  void gives_what_is_searched_for_by_rank_and_within_the_rest_of_its_filter() {
    NostrStore store = store();
    NostrEvent much = ALICE.sign(1, 1, List.of(), "stone stone");
    NostrEvent little = BOB.sign(2, 1, List.of(), "a stone among many other words in a long note");
    NostrEvent article = BOB.sign(3, 30_023, List.of(List.of("title", "Stone")), "of granite");
    var _ = store.importAll(List.of(much, little, article, ALICE.sign(9, 1, List.of(), "clay")));

    assertThat(query(store, "{\"search\":\"stone\",\"kinds\":[1]}")).containsExactly(much, little);
    assertThat(query(store, "{\"search\":\"STONE\",\"limit\":1,\"kinds\":[1]}"))
        .containsExactly(much);
    assertThat(query(store, "{\"search\":\"stone\",\"authors\":[\"%s\"]}".formatted(BOB.pubkey())))
        .containsExactlyInAnyOrder(little, article);
    assertThat(query(store, "{\"search\":\"stone\",\"until\":1}", "{\"until\":2}"))
        .containsExactly(much, little);
    assertThat(query(store, "{\"search\":\"language:en\",\"kinds\":[30023]}"))
        .containsExactly(article);
    assertThat(query(store, "{\"search\":\"...\"}")).isEmpty();
    assertThat(store.count(List.of(filter("{\"search\":\"stone\"}")))).isEqualTo(3);
    var _ = store.store(BOB.sign(10, 5, List.of(List.of("e", little.id())), ""));
    assertThat(query(store, "{\"search\":\"stone\",\"kinds\":[1]}")).containsExactly(much);
  }

  // ---- storing ----

  @Test
  void gives_an_event_back_with_its_place_and_the_text_that_was_admitted() {
    NostrStore store = store();
    NostrEvent note = ALICE.sign(1, 1, List.of(List.of("t", "🪨\n\u0000")), "a \"note\"");
    // What the store was told stands before it.
    assertThat(store.store(note)).isEqualTo(new StoreOutcome.Stored(2));
    List<StoredNostrEvent> found = new ArrayList<>();
    assertThat(store.query(List.of(NostrFilter.ALL), found::add))
        .isEqualTo(new QueryEnd.Complete());
    assertThat(found)
        .containsExactly(
            new StoredNostrEvent(
                2,
                note,
                new String(EventJson.write(note), java.nio.charset.StandardCharsets.UTF_8)));
    assertThat(store.position()).isEqualTo(2);
  }

  @Test
  void takes_an_event_once_and_looks_at_no_signature_of_a_copy() {
    NostrStore store = store();
    NostrEvent note = ALICE.sign(1, 1, List.of(), "once");
    long _ = stored(store.store(note));
    NostrEvent forged =
        new NostrEvent(note.id(), note.pubkey(), 1, 1, List.of(), "twice", "0".repeat(128));
    assertThat(store.store(note)).isEqualTo(new StoreOutcome.Duplicate());
    assertThat(store.store(forged)).isEqualTo(new StoreOutcome.Duplicate());
    assertThat(query(store, "{}")).containsExactly(note);
  }

  @Test
  void refuses_what_nobody_signed_and_says_why() {
    NostrStore store = store();
    NostrEvent note = ALICE.sign(1, 1, List.of(), "mine");
    NostrEvent other =
        new NostrEvent(note.id(), note.pubkey(), 1, 1, List.of(), "yours", note.sig());
    NostrEvent unsigned =
        new NostrEvent(note.id(), note.pubkey(), 1, 1, List.of(), "mine", "0".repeat(128));
    assertThat(((StoreOutcome.Refused) store.store(other)).code()).isEqualTo("id-mismatch");
    assertThat(((StoreOutcome.Refused) store.store(unsigned)).code()).isEqualTo("bad-signature");
    assertThat(store.count(List.of(NostrFilter.ALL))).isZero();
    assertThat(appended(store)).isZero();
  }

  @Test
  void keeps_the_newest_version_and_of_equally_new_ones_the_lowest_id() {
    NostrStore store = store();
    NostrEvent old = ALICE.sign(1, 0, List.of(), "old");
    NostrEvent one = ALICE.sign(2, 0, List.of(), "one");
    NostrEvent two = ALICE.sign(2, 0, List.of(), "two");
    NostrEvent low = one.id().compareTo(two.id()) < 0 ? one : two;
    NostrEvent high = low.equals(one) ? two : one;
    long _ = stored(store.store(high));
    assertThat(store.store(old)).isEqualTo(new StoreOutcome.Superseded());
    long _ = stored(store.store(low));
    assertThat(store.store(high)).isEqualTo(new StoreOutcome.Superseded());
    assertThat(query(store, "{}")).containsExactly(low);
    assertThat(appended(store)).isEqualTo(2);
  }

  @Test
  void tells_versions_apart_by_their_whole_d_however_long() {
    NostrStore store = store();
    String d = "d".repeat(300);
    NostrEvent one = ALICE.sign(1, 30_023, List.of(List.of("d", d + "1")), "");
    NostrEvent two = ALICE.sign(1, 30_023, List.of(List.of("d", d + "2")), "");
    NostrEvent none = ALICE.sign(1, 30_023, List.of(List.of("d")), "no value");
    NostrEvent empty = ALICE.sign(2, 30_023, List.of(List.of("d", "")), "the same address");
    for (NostrEvent event : List.of(one, two, none, empty)) {
      long _ = stored(store.store(event));
    }
    assertThat(query(store, "{}")).containsExactlyInAnyOrder(one, two, empty);
    assertThat(query(store, "{\"#d\":[\"%s1\"]}".formatted(d))).containsExactly(one);
  }

  @Test
  void lets_nobody_but_the_author_delete_now_and_later() {
    NostrStore store = store();
    NostrEvent before = ALICE.sign(1, 1, List.of(), "before");
    NostrEvent after = ALICE.sign(2, 1, List.of(), "after");
    List<List<String>> both = List.of(List.of("e", before.id()), List.of("e", after.id()));
    long _ = stored(store.store(before));
    long _ = stored(store.store(BOB.sign(3, 5, both, "not his")));
    assertThat(store.store(before)).isEqualTo(new StoreOutcome.Duplicate());
    NostrEvent deletion = ALICE.sign(3, 5, both, "");
    long _ = stored(store.store(deletion));
    assertThat(store.store(before)).isEqualTo(new StoreOutcome.Deleted());
    assertThat(store.store(after)).isEqualTo(new StoreOutcome.Deleted());
    NostrEvent undo = ALICE.sign(4, 5, List.of(List.of("e", deletion.id())), "no effect");
    long _ = stored(store.store(undo));
    assertThat(query(store, "{\"authors\":[\"%s\"]}".formatted(ALICE.pubkey())))
        .containsExactly(undo, deletion);
  }

  @Test
  void deletes_an_address_up_to_the_deletion_and_no_newer() {
    NostrStore store = store();
    List<List<String>> d = List.of(List.of("d", "a:b"));
    List<List<String>> address = List.of(List.of("a", "30023:" + ALICE.pubkey() + ":a:b"));
    long _ = stored(store.store(ALICE.sign(5, 30_023, d, "gone")));
    long _ = stored(store.store(ALICE.sign(6, 5, address, "")));
    assertThat(store.store(ALICE.sign(6, 30_023, d, "as old")))
        .isEqualTo(new StoreOutcome.Deleted());
    NostrEvent newer = ALICE.sign(7, 30_023, d, "newer");
    long _ = stored(store.store(newer));
    assertThat(query(store, "{\"kinds\":[30023]}")).containsExactly(newer);
  }

  @Test
  void lets_an_author_vanish_with_what_is_wrapped_for_them() {
    NostrStore store = store();
    NostrEvent later = ALICE.sign(11, 1, List.of(), "later");
    NostrEvent hers = ALICE.sign(9, 1, List.of(), "hers");
    NostrEvent wrap = BOB.sign(9, 1_059, List.of(List.of("p", ALICE.pubkey())), "sealed");
    NostrEvent mention = BOB.sign(9, 1, List.of(List.of("p", ALICE.pubkey())), "open");
    for (NostrEvent event : List.of(later, hers, wrap, mention)) {
      long _ = stored(store.store(event));
    }
    long _ =
        stored(
            store.store(ALICE.sign(10, 62, List.of(List.of("relay", "wss://other.example")), "")));
    assertThat(query(store, "{}")).hasSize(5);
    NostrEvent request = ALICE.sign(10, 62, List.of(List.of("relay", Histories.RELAY)), "");
    long _ = stored(store.store(request));
    assertThat(query(store, "{\"kinds\":[1,1059]}")).containsExactly(later, mention);
    assertThat(store.store(hers)).isEqualTo(new StoreOutcome.Vanished());
    assertThat(store.store(wrap)).isEqualTo(new StoreOutcome.Vanished());
    assertThat(store.store(ALICE.sign(10, 7, List.of(), "+")))
        .isEqualTo(new StoreOutcome.Vanished());
  }

  @Test
  void leaves_out_what_has_expired_and_drops_it_with_the_next_sweep() {
    NostrStore store = store();
    NostrEvent brief = ALICE.sign(1, 1, List.of(List.of("expiration", "10060")), "brief");
    long _ = stored(store.store(brief));
    assertThat(query(store, "{}")).containsExactly(brief);
    clock.set(NOW + 60);
    assertThat(query(store, "{}")).isEmpty();
    assertThat(store.count(List.of(NostrFilter.ALL))).isZero();
    assertThat(store.store(brief)).isEqualTo(new StoreOutcome.Expired());
    assertThat(store.store(ALICE.sign(2, 1, List.of(List.of("expiration", "10060")), "late")))
        .isEqualTo(new StoreOutcome.Expired());
    long _ = stored(store.store(ALICE.sign(3, 1, List.of(), "lasting")));
    assertThat(sweeps(store)).isEqualTo(1);
    assertThat(query(store, "{}")).hasSize(1);
    long left =
        NostrStores.views(store)
            .read(
                NostrView.NAME,
                tables -> tables.page(dev.stele.core.view.Scan.of(NostrView.EVENTS)).size())
            .value();
    assertThat(left).isEqualTo(1);
    assertThat(store.store(brief)).isEqualTo(new StoreOutcome.Expired());
  }

  @Test
  void sweeps_no_more_often_than_it_was_told_and_only_where_something_expired() {
    NostrStore store = store(options().sweepingEvery(Duration.ofSeconds(100)));
    long _ = stored(store.store(ALICE.sign(1, 1, List.of(), "lasting")));
    clock.set(NOW + 100);
    long _ = stored(store.store(ALICE.sign(2, 1, List.of(), "lasting too")));
    assertThat(sweeps(store)).isZero();
    long _ = stored(store.store(ALICE.sign(3, 1, List.of(List.of("expiration", "10150")), "")));
    clock.set(NOW + 199);
    long _ = stored(store.store(ALICE.sign(4, 1, List.of(), "")));
    assertThat(sweeps(store)).isZero();
    clock.set(NOW + 200);
    long _ = stored(store.store(ALICE.sign(5, 1, List.of(), "")));
    assertThat(sweeps(store)).isEqualTo(1);
  }

  @Test
  void sweeps_once_what_has_expired_however_soon_the_same_events_come_again() {
    NostrStore store = store(options().sweepingEvery(Duration.ZERO));
    for (int i = 1; i <= 20; i++) {
      List<NostrEvent> expired =
          List.of(ALICE.sign(i, 1, List.of(List.of("expiration", "10")), "brief"));
      for (int j = 0; j < 3; j++) {
        assertThat(store.importAll(expired)).containsExactly(new StoreOutcome.Expired());
      }
      assertThat(sweeps(store)).isEqualTo(i);
    }
  }

  // ---- several at once ----

  /** Events that touch each other, with copies, forgeries and what is passed on among them. */
  private static List<NostrEvent> mixed(Random random) {
    List<NostrEvent> events =
        new ArrayList<>(new Histories(random.nextLong(), 3).events(100 + Scale.of(2_000)));
    for (int i = events.size() / 5; i > 0; i--) {
      NostrEvent any = events.get(random.nextInt(events.size()));
      NostrEvent more =
          switch (random.nextInt(3)) {
            case 0 -> any;
            case 1 ->
                new NostrEvent(
                    any.id(), any.pubkey(), 1, any.kind(), any.tags(), "other", any.sig());
            default -> ALICE.sign(1_000, 20_000 + random.nextInt(3), List.of(), "typing");
          };
      events.add(random.nextInt(events.size()), more);
    }
    return events;
  }

  /** How the events of a list are told apart where only their outcomes matter. */
  private static List<String> kinds(List<StoreOutcome> outcomes) {
    return outcomes.stream()
        .map(
            each ->
                each instanceof StoreOutcome.Refused(String code, String _)
                    ? code
                    : each.getClass().getSimpleName())
        .toList();
  }

  @Test
  void says_of_events_in_any_batches_what_it_says_of_each_alone() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    clock.set(1_200);
    NostrStore alone = NostrStores.inMemory(options());
    opened.add(alone);
    NostrStore batched = store();
    List<NostrEvent> events = mixed(random);
    List<StoreOutcome> wanted = events.stream().map(alone::store).toList();
    List<StoreOutcome> outcomes = new ArrayList<>();
    for (int from = 0; from < events.size(); ) {
      int to = Math.min(events.size(), from + random.nextInt(80));
      outcomes.addAll(batched.storeAll(events.subList(from, to)));
      from = to;
    }
    assertThat(kinds(outcomes)).as("seed %d", seed).isEqualTo(kinds(wanted));
    assertThat(query(batched, "{}")).as("seed %d", seed).isEqualTo(query(alone, "{}"));
  }

  @Test
  void passes_on_what_is_ephemeral_in_a_batch_and_stores_the_rest() throws Exception {
    NostrStore store = store();
    BlockingQueue<Arrived> arrived = new ArrayBlockingQueue<>(10);
    try (Feed _ = store.follow(arrived::add)) {
      NostrEvent typing = ALICE.sign(1, 20_001, List.of(), "typing");
      NostrEvent note = ALICE.sign(1, 1, List.of(), "note");
      NostrEvent other = BOB.sign(1, 1, List.of(), "note");
      assertThat(store.storeAll(List.of(note, typing, other)))
          .containsExactly(
              new StoreOutcome.Stored(2), new StoreOutcome.Ephemeral(), new StoreOutcome.Stored(3));
      assertThat(List.of(take(arrived), take(arrived), take(arrived)))
          .containsExactlyInAnyOrder(
              new Arrived(2, note, false),
              new Arrived(3, other, false),
              new Arrived(3, typing, true));
    }
    assertThat(store.storeAll(List.of())).isEmpty();
  }

  // ---- history ----

  @Test
  void takes_history_whole_and_says_what_is_not_visible() {
    NostrStore store = store();
    NostrEvent newer = ALICE.sign(2, 0, List.of(), "newer");
    NostrEvent older = ALICE.sign(1, 0, List.of(), "older");
    NostrEvent gone = ALICE.sign(1, 1, List.of(List.of("expiration", "5")), "gone");
    NostrEvent guarded = ALICE.sign(1, 1, List.of(List.of("-")), "protected");
    NostrEvent forged =
        new NostrEvent("0".repeat(64), ALICE.pubkey(), 1, 1, List.of(), "", "0".repeat(128));
    assertThat(
            store.importAll(
                List.of(
                    newer,
                    older,
                    gone,
                    guarded,
                    forged,
                    guarded,
                    ALICE.sign(1, 20_001, List.of(), ""))))
        .satisfiesExactly(
            each -> assertThat(each).isEqualTo(new StoreOutcome.Stored(2)),
            each -> assertThat(each).isEqualTo(new StoreOutcome.Superseded()),
            each -> assertThat(each).isEqualTo(new StoreOutcome.Expired()),
            each -> assertThat(each).isEqualTo(new StoreOutcome.Stored(5)),
            each -> assertThat(each).isInstanceOf(StoreOutcome.Refused.class),
            each -> assertThat(each).isEqualTo(new StoreOutcome.Duplicate()),
            each -> assertThat(each).isEqualTo(new StoreOutcome.Ephemeral()));
    assertThat(query(store, "{}").stream().map(NostrEvent::content))
        .containsExactlyInAnyOrder("newer", "protected");
  }

  @Test
  void takes_history_batch_by_batch_and_tells_at_the_end_what_came_of_it() {
    NostrStore store = store();
    NostrEvent first = ALICE.sign(1, 0, List.of(), "first");
    NostrEvent gone = ALICE.sign(1, 1, List.of(List.of("expiration", "5")), "gone");
    List<History.Taken> taken = new ArrayList<>();
    History history = store.history();
    try (history) {
      taken.addAll(history.append(List.of(first, gone)));
      taken.addAll(history.append(List.of(first, ALICE.sign(2, 0, List.of(), "second"))));
      assertThat(query(store, "{}").stream().map(NostrEvent::content)).containsExactly("second");
    }
    List<StoreOutcome> outcomes = history.outcomes(taken);
    assertThat(outcomes).hasSize(4);
    assertThat(outcomes.get(1)).isEqualTo(new StoreOutcome.Expired());
    assertThat(outcomes.get(3)).isInstanceOf(StoreOutcome.Stored.class);
    assertThat(query(store, "{}").stream().map(NostrEvent::content)).containsExactly("second");
  }

  @Test
  void comes_to_the_same_as_the_model_from_all_public_events() throws Exception {
    NostrStore store = store();
    List<NostrEvent> events = PublicEvents.all();
    clock.set(0);
    List<StoreOutcome> outcomes = store.importAll(events);
    assertThat(outcomes).hasSize(events.size());
    Model model = new Model();
    for (NostrEvent event : events) {
      boolean _ = model.arrives(event);
    }
    assertThat(query(store, "{}")).isEqualTo(model.visible());
    assertThat(store.importAll(events))
        .noneMatch(outcome -> outcome instanceof StoreOutcome.Stored);
  }

  // ---- asking ----

  @Test
  void says_when_a_limit_or_the_asker_has_cut_the_answer() {
    NostrStore store = store();
    List<NostrEvent> notes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      notes.addFirst(ALICE.sign(i, 1, List.of(), "note " + i));
    }
    List<StoreOutcome> _ = store.importAll(notes);
    assertThat(store.query(List.of(filter("{\"limit\":2}")), _ -> true))
        .isEqualTo(new QueryEnd.More());
    assertThat(store.query(List.of(filter("{\"limit\":3}")), _ -> true))
        .isEqualTo(new QueryEnd.Complete());
    assertThat(store.query(List.of(filter("{\"limit\":0}")), _ -> true))
        .isEqualTo(new QueryEnd.More());
    List<NostrEvent> taken = new ArrayList<>();
    assertThat(
            store.query(
                List.of(NostrFilter.ALL),
                found -> {
                  taken.add(found.event());
                  return taken.size() < 2;
                }))
        .isEqualTo(new QueryEnd.More());
    assertThat(taken).isEqualTo(notes.subList(0, 2));
    List<NostrEvent> all = new ArrayList<>();
    assertThat(
            store.query(
                List.of(NostrFilter.ALL),
                found -> {
                  all.add(found.event());
                  return all.size() < 3;
                }))
        .isEqualTo(new QueryEnd.Complete());
    assertThat(query(store, "{\"kinds\":[]}")).isEmpty();
  }

  @Test
  void answers_in_pages_that_leave_out_what_came_meanwhile() {
    NostrStore store = store();
    List<NostrEvent> notes = new ArrayList<>();
    for (int i = 0; i < 1_201; i++) {
      notes.add(ALICE.sign(100 + i / 7, 1, List.of(), "note " + i));
    }
    List<StoreOutcome> _ = store.importAll(notes);
    notes.sort(Model.NEWEST_FIRST);
    NostrEvent meanwhile = ALICE.sign(100, 1, List.of(), "meanwhile");
    List<NostrEvent> given = new ArrayList<>();
    assertThat(
            store.query(
                List.of(NostrFilter.ALL),
                found -> {
                  if (given.isEmpty()) {
                    long _ = stored(store.store(meanwhile));
                  }
                  return given.add(found.event());
                }))
        .isEqualTo(new QueryEnd.Complete());
    assertThat(given).isEqualTo(notes);
    assertThat(store.count(List.of(filter("{\"limit\":3}"), filter("{\"kinds\":[1]}"))))
        .isEqualTo(1_202);
  }

  // ---- following ----

  @Test
  void passes_on_what_comes_in_the_order_of_the_log_and_what_is_ephemeral() throws Exception {
    NostrStore store = store();
    long _ = stored(store.store(ALICE.sign(1, 1, List.of(), "before")));
    BlockingQueue<Arrived> arrived = new ArrayBlockingQueue<>(10);
    try (Feed feed = store.follow(arrived::add)) {
      NostrEvent note = ALICE.sign(2, 1, List.of(), "note");
      NostrEvent typing = ALICE.sign(3, 20_001, List.of(), "typing");
      long _ = stored(store.store(note));
      assertThat(take(arrived)).isEqualTo(new Arrived(3, note, false));
      assertThat(store.store(typing)).isEqualTo(new StoreOutcome.Ephemeral());
      assertThat(take(arrived)).isEqualTo(new Arrived(3, typing, true));
      assertThat(store.store(note)).isEqualTo(new StoreOutcome.Duplicate());
      NostrEvent last = BOB.sign(1, 0, List.of(), "older than others, and new here");
      assertThat(
              store.importAll(
                  List.of(
                      ALICE.sign(9, 0, List.of(), "v9"), ALICE.sign(8, 0, List.of(), "v8"), last)))
          .hasSize(3);
      assertThat(take(arrived).event().content()).isEqualTo("v9");
      assertThat(take(arrived)).isEqualTo(new Arrived(6, last, false));
      assertThat(feed.lost()).isZero();
    }
    assertThat(query(store, "{\"kinds\":[20001]}")).isEmpty();
  }

  private static Arrived take(BlockingQueue<Arrived> arrived) throws InterruptedException {
    Arrived next = arrived.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(next).as("nothing came within %s", PATIENCE).isNotNull();
    return next;
  }

  @Test
  void waits_for_no_follower_and_counts_what_a_slow_one_loses() throws Exception {
    NostrStore store = store(options().queueing(2));
    CountDownLatch mayGoOn = new CountDownLatch(1);
    BlockingQueue<Arrived> slow = new ArrayBlockingQueue<>(100);
    BlockingQueue<Arrived> quick = new ArrayBlockingQueue<>(100);
    try (Feed slowFeed =
            store.follow(
                next -> {
                  try {
                    mayGoOn.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  slow.add(next);
                });
        Feed _ = store.follow(quick::add)) {
      for (int i = 0; i < 20; i++) {
        NostrEvent note = ALICE.sign(i, 1, List.of(), "note " + i);
        long _ = stored(store.store(note));
        assertThat(take(quick).event()).isEqualTo(note);
      }
      mayGoOn.countDown();
      for (int i = 0; i < 20 - slowFeed.lost(); i++) {
        assertThat(take(slow).position()).isBetween(2L, 4L);
      }
      assertThat(slowFeed.lost()).isBetween(17L, 18L);
    }
  }

  // ---- many at once, and later ----

  @Test
  void comes_to_the_same_as_the_model_in_the_order_of_its_log_when_many_store_at_once()
      throws Exception {
    NostrStore store = store();
    clock.set(0);
    List<NostrEvent> events = new Histories(SEED, 5).events(Scale.of(4_000));
    List<Future<List<StoreOutcome>>> callers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int caller = 0; caller < 4; caller++) {
        int first = caller;
        callers.add(
            threads.submit(
                () -> {
                  List<StoreOutcome> outcomes = new ArrayList<>();
                  for (int i = first; i < events.size(); i += 4) {
                    outcomes.add(store.store(events.get(i)));
                  }
                  return outcomes;
                }));
      }
    }
    Set<Long> positions = new HashSet<>();
    for (Future<List<StoreOutcome>> caller : callers) {
      for (StoreOutcome outcome : caller.get()) {
        if (outcome instanceof StoreOutcome.Stored(long position)) {
          assertThat(positions.add(position)).isTrue();
        }
      }
    }
    Model model = new Model();
    int appended = (int) appended(store);
    for (StoredEvent event : NostrStores.log(store).readStream(NostrGate.STREAM, 0, appended)) {
      boolean visible = model.arrives(read(event));
      // What was told stored was visible; what was not may have been, and have gone at once.
      assertThat(visible || !positions.contains(event.position()))
          .as("event %d of seed %d", event.position(), SEED)
          .isTrue();
    }
    assertThat(query(store, "{}")).as("seed %d", SEED).isEqualTo(model.visible());
  }

  @Test
  void tells_each_of_many_what_became_of_his_own_and_an_interrupt_is_of_one_alone()
      throws Exception {
    NostrStore store = store();
    List<Future<Integer>> callers = new ArrayList<>();
    CountDownLatch together = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int caller = 0; caller < 8; caller++) {
        int number = caller;
        callers.add(
            threads.submit(
                () -> {
                  together.await();
                  int stored = 0;
                  for (int i = 0; i < 20; i++) {
                    NostrEvent own = ALICE.sign(i, 1, List.of(), "of " + number);
                    if (number == 0) {
                      Thread.currentThread().interrupt();
                    }
                    try {
                      stored += store.store(own) instanceof StoreOutcome.Stored ? 1 : 0;
                    } catch (StorageFailed e) {
                      assertThat(number).as("who was interrupted").isZero();
                    }
                  }
                  return stored;
                }));
      }
      together.countDown();
      for (int caller = 1; caller < callers.size(); caller++) {
        assertThat(callers.get(caller).get()).as("caller %d", caller).isEqualTo(20);
      }
    }
    assertThat(query(store, "{}")).hasSize(160);
  }

  private static NostrEvent read(StoredEvent event) {
    return ((ParsedEvent.Wellformed) EventJson.parse(event.payload().orElseThrow())).event();
  }

  static String stateHash(NostrStore store) {
    return NostrStores.views(store)
        .read(
            NostrView.NAME,
            tables ->
                StateHash.of(new NostrView(Set.of(Histories.RELAY), List.of()).tables(), tables))
        .value();
  }

  /** Waits, without sleeping, until a view that was told to is built again. */
  private static void awaitRebuilt(NostrStore store, long after) throws InterruptedException {
    // A rebuild ends with a swap, which everyone who waits for a later position sees.
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      var _ = NostrStores.views(store).await(NostrView.NAME, after, PATIENCE);
      if (NostrStores.views(store).status().getFirst().state() instanceof ViewState.Live) {
        return;
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("the view was not built again within " + PATIENCE);
  }

  @Test
  void builds_its_view_again_to_the_last_bit() throws Exception {
    NostrStore store = store();
    List<NostrEvent> events = new Histories(SEED, 5).events(500);
    for (NostrEvent event : events) {
      StoreOutcome _ = store.store(event);
    }
    String hash = stateHash(store);
    List<NostrEvent> answer = query(store, "{}");
    NostrStores.views(store).rebuild(NostrView.NAME);
    awaitRebuilt(store, NostrStores.log(store).head().size());
    assertThat(stateHash(store)).isEqualTo(hash);
    assertThat(query(store, "{}")).isEqualTo(answer);
  }

  @Test
  void shows_again_what_an_erased_event_had_superseded_or_deleted() {
    NostrStore store = store();
    NostrEvent first = ALICE.sign(1, 0, List.of(), "first");
    NostrEvent second = ALICE.sign(2, 0, List.of(), "second");
    NostrEvent note = ALICE.sign(3, 1, List.of(), "note");
    NostrEvent deletion = ALICE.sign(4, 5, List.of(List.of("e", note.id())), "");
    for (NostrEvent event : List.of(first, note, second, deletion)) {
      long _ = stored(store.store(event));
    }
    assertThat(query(store, "{}")).containsExactly(deletion, second);
    var _ = NostrStores.log(store).erase(new Erasure.OfRevisions(NostrGate.STREAM, 3, 4));
    assertThat(query(store, "{}")).containsExactly(note, first);
    assertThat(store.store(second)).isEqualTo(new StoreOutcome.Duplicate());
  }
}
