package dev.stele.nostr.relay;

import static dev.stele.nostr.relay.Talk.ALICE;
import static dev.stele.nostr.relay.Talk.BOB;
import static dev.stele.nostr.relay.Talk.note;
import static dev.stele.nostr.relay.Talk.ok;
import static dev.stele.nostr.relay.Talk.publish;
import static dev.stele.nostr.relay.Talk.refused;
import static dev.stele.nostr.relay.Talk.told;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.filter.ParsedFilter;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.store.QueryEnd;
import dev.stele.nostr.store.StoreOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What other relays and their stores get wrong, and ours does not, from frame to disk: {@code
 * docs/internals/nostr-faults.md} says whose each is. A test class names a storage, and nothing
 * more.
 */
@Timeout(60)
abstract class WeaknessesOfOtherRelaysTck {
  private static final long NOW = 1_800_000_000L;
  private static final long PATIENCE_SECONDS = 30;

  @TempDir Path folder;

  private volatile Instant now = Instant.ofEpochSecond(NOW);
  private NostrStore store;
  private Relay relay;
  private RelaySession session;

  /** The URI of a new storage, or of the same again. */
  abstract String uri(Path inFolder);

  @BeforeEach
  final void open() {
    store =
        NostrStores.open(
            uri(folder),
            NostrStoreOptions.DEFAULT
                .with(() -> now, new Random(1))
                .reachedAt(Set.of(Talk.URL))
                .sweepingEvery(Duration.ofDays(1))
                .anchoredIn(folder.resolve("anchor"))
                .at(Durability.OS));
    relay =
        Relay.open(
            store,
            new Relay.Setup(Talk.URL, RelayLimits.DEFAULT, List.of(), () -> now, new Random(2)));
    session = relay.connect("127.0.0.1", () -> {}).hinting();
  }

  @AfterEach
  final void close() {
    relay.close();
    store.close();
  }

  private void take(NostrEvent... events) {
    for (NostrEvent event : events) {
      assertThat(say(publish(event))).as(event.content()).containsExactly(ok(event));
    }
  }

  private List<String> say(String frame) {
    return Talk.say(session, frame);
  }

  private String only(String frame) {
    List<String> frames = say(frame);
    assertThat(frames).as(frame).hasSize(1);
    return frames.getFirst();
  }

  /** The events of an answer, which is all there is. */
  private List<NostrEvent> ask(String... filters) {
    List<NostrEvent> found = new ArrayList<>();
    QueryEnd end =
        store.query(
            Stream.of(filters).map(WeaknessesOfOtherRelaysTck::filter).toList(),
            each -> found.add(each.event()));
    assertThat(end).isEqualTo(new QueryEnd.Complete());
    return found;
  }

  private static NostrFilter filter(String json) {
    return ((ParsedFilter.Wellformed) FilterJson.parse(json)).filter();
  }

  private static List<String> tag(String... parts) {
    return List.of(parts);
  }

  private static List<NostrEvent> inOrder(NostrEvent... events) {
    return Stream.of(events)
        .sorted(
            Comparator.comparingLong(NostrEvent::createdAt)
                .reversed()
                .thenComparing(NostrEvent::id))
        .toList();
  }

  private static String words(IntStream numbers, String form) {
    return String.join(",", numbers.mapToObj(form::formatted).toList());
  }

  // ---- khatru: deletions ----

  @Test
  void a_stranger_cannot_keep_out_an_event_that_has_not_come_yet() {
    NostrEvent note = note(ALICE, NOW, "to come");
    NostrEvent article = ALICE.sign(NOW, 30_023, List.of(tag("d", "x")), "to come");
    take(
        BOB.sign(NOW + 1, 5, List.of(tag("e", note.id()), tag("a", address(article, "x"))), "no"),
        note,
        article);

    assertThat(ask("{\"kinds\":[1,30023]}")).hasSize(2);
  }

  private static String address(NostrEvent event, String d) {
    return event.kind() + ":" + event.pubkey() + ":" + d;
  }

  @Test
  void one_foreign_target_of_a_deletion_spares_none_of_the_others() {
    NostrEvent first = note(ALICE, NOW, "first");
    NostrEvent foreign = note(BOB, NOW, "foreign");
    NostrEvent last = note(ALICE, NOW, "last");
    NostrEvent deletion =
        ALICE.sign(
            NOW + 1,
            5,
            List.of(tag("e", first.id()), tag("e", foreign.id()), tag("e", last.id())),
            "");
    take(first, foreign, last, deletion);

    assertThat(ask("{}")).isEqualTo(inOrder(deletion, foreign));
  }

  @Test
  void a_deletion_takes_every_event_that_it_names_and_every_version_of_an_address() {
    List<NostrEvent> notes =
        IntStream.range(0, 20).mapToObj(i -> note(ALICE, NOW, "note " + i)).toList();
    List<List<String>> targets =
        new ArrayList<>(notes.stream().map(each -> tag("e", each.id())).toList());
    NostrEvent one = ALICE.sign(NOW, 30_023, List.of(tag("d", "1")), "");
    NostrEvent two = ALICE.sign(NOW, 30_024, List.of(tag("d", "2")), "");
    targets.add(tag("a", address(one, "1")));
    targets.add(tag("a", address(two, "2")));
    NostrEvent deletion = ALICE.sign(NOW + 1, 5, targets, "");
    take(notes.toArray(NostrEvent[]::new));
    take(one, two, deletion);

    assertThat(ask("{}")).containsExactly(deletion);
    NostrEvent older = ALICE.sign(NOW - 5, 30_023, List.of(tag("d", "1")), "an older version");
    assertThat(only(publish(older))).startsWith(refused(older, "blocked: "));
  }

  // ---- strfry: deletions ----

  @Test
  void what_replaces_without_a_d_is_deleted_by_its_address_too() {
    NostrEvent relays = ALICE.sign(NOW, 10_002, List.of(tag("r", "wss://a.example")), "");
    NostrEvent profile = ALICE.sign(NOW, 0, List.of(), "{}");
    NostrEvent deletion =
        ALICE.sign(
            NOW,
            5,
            List.of(tag("a", address(relays, "")), tag("a", "0:" + ALICE.pubkey() + ":")),
            "");
    take(relays, profile, deletion);

    assertThat(ask("{}")).containsExactly(deletion);
    assertThat(only(publish(relays))).startsWith(refused(relays, "blocked: "));
  }

  @Test
  void a_deletion_that_is_deleted_is_still_there_and_still_binds() {
    NostrEvent note = note(ALICE, NOW, "gone");
    NostrEvent deletion = ALICE.sign(NOW + 1, 5, List.of(tag("e", note.id())), "");
    NostrEvent undo = ALICE.sign(NOW + 2, 5, List.of(tag("e", deletion.id())), "");
    take(note, deletion, undo);

    assertThat(ask("{}")).containsExactly(undo, deletion);
    assertThat(only(publish(note))).startsWith(refused(note, "blocked: "));
  }

  // ---- khatru: what replaces ----

  @Test
  void a_d_without_a_value_is_an_empty_one_and_nobody_falls_over_it() {
    NostrEvent bare = ALICE.sign(NOW, 30_023, List.of(tag("d")), "bare");
    NostrEvent none = ALICE.sign(NOW + 1, 30_023, List.of(), "none");
    NostrEvent empty = ALICE.sign(NOW + 2, 30_023, List.of(List.of(), tag("d", "")), "empty");
    take(bare, none, empty);

    assertThat(ask("{}")).containsExactly(empty);
    NostrEvent deletion = ALICE.sign(NOW + 3, 5, List.of(tag("a"), tag("e"), List.of()), "");
    take(deletion);
    assertThat(ask("{}")).containsExactly(deletion, empty);
  }

  @Test
  void an_older_version_is_refused_and_told_to_nobody_and_a_copy_is_told_to_be_one()
      throws InterruptedException {
    Semaphore woken = new Semaphore(0);
    RelaySession reader = relay.connect("127.0.0.2", woken::release);
    var _ = Talk.say(reader, "[\"REQ\",\"s\",{\"limit\":0}]");
    NostrEvent profile = ALICE.sign(NOW, 0, List.of(), "new");
    NostrEvent older = ALICE.sign(NOW - 1, 0, List.of(), "old");
    NostrEvent last = note(BOB, NOW, "comes behind whatever else was told");
    take(profile);

    assertThat(only(publish(older))).startsWith(refused(older, "replaced: "));
    assertThat(only(publish(profile)))
        .startsWith("[\"OK\",\"" + profile.id() + "\",true,\"duplicate: ");
    take(last);
    List<String> live = new ArrayList<>();
    while (!live.contains(told("s", last))) {
      assertThat(woken.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      live.addAll(Talk.rest(reader));
    }
    assertThat(live).containsExactly(told("s", profile), told("s", last));
  }

  @Test
  void kinds_that_nobody_has_defined_replace_nothing() {
    List<NostrEvent> events = new ArrayList<>();
    for (int kind : new int[] {4, 41, 45, 999, 1_000, 9_999, 40_000, 65_535}) {
      events.add(ALICE.sign(NOW, kind, List.of(tag("d", "x")), "one"));
      events.add(ALICE.sign(NOW + 1, kind, List.of(tag("d", "x")), "two"));
    }
    take(events.toArray(NostrEvent[]::new));

    assertThat(ask("{}")).isEqualTo(inOrder(events.toArray(NostrEvent[]::new)));
  }

  // ---- eventstore: what replaces ----

  @Test
  void an_article_takes_no_other_from_its_author() {
    NostrEvent other =
        ALICE.sign(NOW, 30_023, List.of(tag("d", "other"), tag("v", "1"), tag("x", "d", "1")), "");
    NostrEvent prefix = ALICE.sign(NOW, 30_023, List.of(tag("d", "12")), "");
    NostrEvent wild = ALICE.sign(NOW, 30_023, List.of(tag("d", "_")), "");
    NostrEvent percent = ALICE.sign(NOW, 30_023, List.of(tag("d", "%")), "");
    NostrEvent one = ALICE.sign(NOW + 1, 30_023, List.of(tag("d", "1")), "");
    NostrEvent empty = ALICE.sign(NOW + 1, 30_023, List.of(tag("d", "")), "");
    NostrEvent second = ALICE.sign(NOW + 2, 30_023, List.of(tag("t", "x"), tag("d", "1")), "");
    take(other, prefix, wild, percent, one, empty, second);

    assertThat(ask("{}")).isEqualTo(inOrder(other, prefix, wild, percent, empty, second));
  }

  @Test
  void a_long_d_replaces_like_a_short_one_whatever_it_begins_with() {
    for (int length : new int[] {1, 30, 64, 65, 100, 101, 256, 1_000, 10_000}) {
      String d = "d".repeat(length);
      NostrEvent old = ALICE.sign(NOW, 30_023, List.of(tag("d", d)), "old " + length);
      NostrEvent longer = ALICE.sign(NOW, 30_023, List.of(tag("d", d + "!")), "other " + length);
      NostrEvent young = ALICE.sign(NOW + 1, 30_023, List.of(tag("d", d)), "new " + length);
      take(old, longer, young);
      assertThat(ask("{\"kinds\":[30023]}")).contains(longer, young).doesNotContain(old);
    }
  }

  @Test
  void one_version_is_left_of_many_that_were_there_before() {
    List<NostrEvent> versions =
        IntStream.range(0, 30).mapToObj(i -> ALICE.sign(NOW + i, 0, List.of(), "v" + i)).toList();
    List<StoreOutcome> _ = store.importAll(versions);
    NostrEvent last = ALICE.sign(NOW + 30, 0, List.of(), "last");
    take(last);

    assertThat(ask("{}")).containsExactly(last);
  }

  // ---- eventstore: what is found ----

  @Test
  void a_value_is_found_under_its_tag_in_its_place_and_letter_by_letter() {
    NostrEvent here = note(ALICE, NOW, "here", tag("t", "a_b"));
    take(
        here,
        note(ALICE, NOW, "a wildcard would match", tag("t", "axb")),
        note(ALICE, NOW, "another tag", tag("r", "a_b")),
        note(ALICE, NOW, "another place", tag("t", "x", "a_b")),
        note(ALICE, NOW, "another case", tag("t", "A_B")),
        note(ALICE, NOW, "a part of it", tag("t", "a_b_c")),
        note(ALICE, NOW, "content: [\"t\",\"a_b\"]"));

    assertThat(ask("{\"#t\":[\"a_b\"]}")).containsExactly(here);
  }

  @Test
  void values_with_quotes_backslashes_and_controls_are_found() {
    String value = "say \"\\n\"\n\u0001 100% 🪨";
    NostrEvent note = note(ALICE, NOW, "odd", tag("t", value));
    take(note);

    assertThat(ask("{\"#t\":[\"say \\\"\\\\n\\\"\\n\\u0001 100% 🪨\"]}")).containsExactly(note);
  }

  @Test
  void long_values_are_found_and_by_all_of_their_letters() {
    for (int length : new int[] {64, 65, 100, 101, 255, 256, 1_023}) {
      NostrEvent note = note(ALICE, NOW, "long", tag("t", "x".repeat(length) + "y"));
      take(note, note(BOB, NOW, "near", tag("t", "x".repeat(length) + "z")));
      assertThat(ask("{\"#t\":[\"%sy\"]}".formatted("x".repeat(length)))).containsExactly(note);
    }
  }

  @Test
  void every_condition_holds_however_many_there_are() {
    NostrEvent all =
        ALICE.sign(NOW, 1, List.of(tag("a", "1:x:y"), tag("k", "1"), tag("n", "2")), "all");
    take(
        all,
        ALICE.sign(NOW, 1, List.of(tag("a", "1:x:y"), tag("k", "1"), tag("n", "3")), "not n"),
        ALICE.sign(NOW, 1, List.of(tag("a", "1:x:y"), tag("k", "2"), tag("n", "2")), "not k"),
        ALICE.sign(NOW, 1, List.of(tag("a", "1:x:z"), tag("k", "1"), tag("n", "2")), "not a"),
        ALICE.sign(NOW, 7, List.of(tag("a", "1:x:y"), tag("k", "1"), tag("n", "2")), "not kind"),
        BOB.sign(NOW, 1, List.of(tag("a", "1:x:y"), tag("k", "1"), tag("n", "2")), "not author"),
        ALICE.sign(9, 1, List.of(tag("a", "1:x:y"), tag("k", "1"), tag("n", "2")), "not time"));
    String filter =
        "{\"#a\":[\"1:x:y\"],\"#k\":[\"1\"],\"#n\":[\"2\"],\"kinds\":[1],\"authors\":[\"%s\"],\"since\":10}"
            .formatted(ALICE.pubkey());

    assertThat(ask(filter)).containsExactly(all);
    assertThat(store.count(List.of(filter(filter)))).isEqualTo(1);
    String ids = "\"ids\":[\"" + all.id() + "\"]";
    assertThat(ask("{" + ids + ",\"kinds\":[7]}")).as("ids besides kinds").isEmpty();
    assertThat(ask("{" + ids + ",\"#n\":[\"3\"]}")).as("ids besides a tag").isEmpty();
  }

  @Test
  void an_empty_list_finds_nothing_and_stands_for_no_absent_one() {
    take(note(ALICE, NOW, "note", tag("t", "x")));
    for (String field : List.of("ids", "authors", "kinds", "#t")) {
      assertThat(ask("{\"" + field + "\":[]}")).as(field).isEmpty();
    }
  }

  @Test
  void a_key_that_begins_like_another_is_another() {
    take(note(ALICE, NOW, "hers", tag("p", BOB.pubkey())));
    String hers = ALICE.pubkey();
    char last = hers.charAt(63) == '0' ? '1' : '0';
    assertThat(ask("{\"authors\":[\"%s%c\"]}".formatted(hers.substring(0, 63), last))).isEmpty();
    char other = BOB.pubkey().charAt(63) == '0' ? '1' : '0';
    assertThat(ask("{\"#p\":[\"%s%c\"]}".formatted(BOB.pubkey().substring(0, 63), other)))
        .isEmpty();
  }

  @Test
  void letters_to_somebody_come_newest_first_whatever_their_kinds() {
    NostrEvent[] letters = new NostrEvent[40];
    for (int i = 0; i < letters.length; i++) {
      letters[i] =
          ALICE.sign(NOW + 7 * i % 40, 6 + i % 3, List.of(tag("p", BOB.pubkey())), "letter " + i);
    }
    take(letters);

    assertThat(ask("{\"#p\":[\"%s\"]}".formatted(BOB.pubkey()))).isEqualTo(inOrder(letters));
  }

  @Test
  void events_of_one_second_stand_by_their_ids_and_not_as_they_came() {
    NostrEvent[] notes =
        IntStream.range(0, 30)
            .mapToObj(i -> note(i % 2 == 0 ? ALICE : BOB, NOW, "note " + i))
            .toArray(NostrEvent[]::new);
    take(notes);
    List<NostrEvent> order = inOrder(notes);

    assertThat(ask("{}")).isEqualTo(order);
    List<NostrEvent> two = new ArrayList<>();
    var _ = store.query(List.of(filter("{\"limit\":2}")), each -> two.add(each.event()));
    assertThat(two).isEqualTo(order.subList(0, 2));
  }

  @Test
  void long_lists_and_long_answers_are_neither_refused_nor_cut_unsaid() {
    NostrEvent[] notes =
        IntStream.range(0, 600)
            .mapToObj(i -> ALICE.sign(NOW - i, 1 + i % 30, List.of(tag("t", "v" + i)), ""))
            .filter(each -> each.kind() != 5 && each.kind() != 3)
            .toArray(NostrEvent[]::new);
    List<StoreOutcome> _ = store.importAll(List.of(notes));
    String ids = String.join("\",\"", Stream.of(notes).map(NostrEvent::id).toList());
    String authors = words(IntStream.range(0, 600), "\"%064x\"");

    assertThat(ask("{}")).as("unlimited").hasSize(notes.length);
    assertThat(ask("{\"ids\":[\"" + ids + "\"]}")).hasSize(notes.length);
    assertThat(ask("{\"authors\":[" + authors + ",\"" + ALICE.pubkey() + "\"]}"))
        .hasSize(notes.length);
    assertThat(ask("{\"kinds\":[" + words(IntStream.range(0, 31), "%d") + "]}"))
        .hasSize(notes.length);
    assertThat(ask("{\"#t\":[" + words(IntStream.range(0, 600), "\"v%d\"") + "]}"))
        .hasSize(notes.length);
    List<String> frames = say("[\"REQ\",\"s\",{\"limit\":5000}]");
    assertThat(frames).hasSize(notes.length + 1);
    assertThat(frames.getLast()).isEqualTo("[\"EOSE\",\"s\",[\"finish\"]]");
    assertThat(say("[\"REQ\",\"s\",{\"limit\":10}]").getLast()).isEqualTo("[\"EOSE\",\"s\"]");
  }

  // ---- eventstore: how it is stored and counted ----

  @Test
  void an_event_is_there_once_whoever_brings_it_and_however_often() throws Exception {
    NostrEvent note = note(ALICE, NOW, "once");
    List<Future<StoreOutcome>> callers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 40; i++) {
        callers.add(threads.submit(() -> store.store(note)));
      }
    }
    int stored = 0;
    for (Future<StoreOutcome> caller : callers) {
      stored += caller.get() instanceof StoreOutcome.Stored ? 1 : 0;
    }
    assertThat(stored).isEqualTo(1);
    assertThat(ask("{}", "{\"kinds\":[1]}")).containsExactly(note);
    assertThat(store.count(List.of(filter("{}"), filter("{\"kinds\":[1]}")))).isEqualTo(1);
    assertThat(NostrStores.log(store).lastRevision(NostrGate.STREAM)).isEqualTo(1);
  }

  @Test
  void a_count_ends_and_is_exact_with_and_without_further_conditions() {
    List<NostrEvent> notes = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      notes.add(ALICE.sign(NOW - i, 1, List.of(tag("t", "x"), tag("r", "y" + i % 3)), "" + i));
    }
    List<StoreOutcome> _ = store.importAll(notes);

    assertThat(only("[\"COUNT\",\"c\",{\"kinds\":[1]}]"))
        .isEqualTo("[\"COUNT\",\"c\",{\"count\":300}]");
    assertThat(only("[\"COUNT\",\"c\",{\"#t\":[\"x\"],\"#r\":[\"y1\"],\"kinds\":[1,2]}]"))
        .isEqualTo("[\"COUNT\",\"c\",{\"count\":100}]");
    assertThat(only("[\"COUNT\",\"c\",{\"#t\":[\"x\"]}]"))
        .as("with registers")
        .startsWith("[\"COUNT\",\"c\",{\"count\":300,\"hll\":\"");
  }

  @Test
  void who_takes_one_event_and_goes_leaves_nothing_open() {
    List<NostrEvent> notes =
        IntStream.range(0, 50).mapToObj(i -> note(ALICE, NOW - i, "note " + i)).toList();
    List<StoreOutcome> _ = store.importAll(notes);
    for (int i = 0; i < 2_000; i++) {
      assertThat(store.query(List.of(NostrFilter.ALL), _ -> false)).isEqualTo(new QueryEnd.More());
    }
    NostrEvent last = note(BOB, NOW + 1, "still writable");
    take(last);
    assertThat(ask("{}")).hasSize(51).startsWith(last);
  }

  @Test
  void long_contents_many_values_and_late_dates_are_given_back_as_they_were() {
    List<String> wide = new ArrayList<>(List.of("wide"));
    for (int i = 0; i < 300; i++) {
      wide.add("value " + i);
    }
    NostrEvent odd =
        ALICE.sign(1L << 33, 1, List.of(wide, tag("long", "x".repeat(70_000))), "y".repeat(70_000));
    take(odd);

    assertThat(ask("{}")).containsExactly(odd);
    assertThat(ask("{\"since\":4294967297}")).containsExactly(odd);
  }

  // ---- time ----

  @Test
  void what_has_expired_is_served_to_nobody_before_any_sweep_and_after_a_restart() {
    NostrEvent brief = note(ALICE, NOW, "brief", tag("expiration", "" + (NOW + 10)));
    NostrEvent lasting = note(ALICE, NOW, "lasting");
    take(brief, lasting);
    now = Instant.ofEpochSecond(NOW + 9);
    assertThat(ask("{}")).isEqualTo(inOrder(brief, lasting));
    now = Instant.ofEpochSecond(NOW + 10);
    assertThat(ask("{}")).containsExactly(lasting);
    assertThat(say("[\"REQ\",\"s\",{\"ids\":[\"%s\"]}]".formatted(brief.id()))).hasSize(1);
    assertThat(only("[\"COUNT\",\"c\",{}]")).isEqualTo("[\"COUNT\",\"c\",{\"count\":1}]");

    if (outlivesItsStore()) {
      close();
      open();
      assertThat(ask("{}")).containsExactly(lasting);
    }
  }

  /** Whether the storage is there when it is opened again. */
  abstract boolean outlivesItsStore();

  @Test
  void a_flood_of_ephemeral_events_leaves_nothing_on_the_disk() {
    for (int i = 0; i < 500; i++) {
      NostrEvent fleeting = ALICE.sign(NOW, 20_000 + i, List.of(), "now");
      take(fleeting);
    }
    assertThat(ask("{}")).isEmpty();
    assertThat(NostrStores.log(store).lastRevision(NostrGate.STREAM)).isZero();
  }

  // ---- who may say what an event is ----

  @Test
  void a_genuine_body_under_another_id_is_refused_also_in_history() {
    NostrEvent genuine = note(ALICE, NOW, "mine");
    NostrEvent renamed =
        new NostrEvent(
            "ab".repeat(32),
            genuine.pubkey(),
            genuine.createdAt(),
            genuine.kind(),
            genuine.tags(),
            genuine.content(),
            genuine.sig());

    assertThat(only(publish(renamed))).startsWith(refused(renamed, "invalid: "));
    assertThat(store.importAll(List.of(renamed)).getFirst())
        .isEqualTo(
            new StoreOutcome.Refused(
                "id-mismatch", "the id is not the hash of the event's content"));
    assertThat(NostrStores.log(store).lastRevision(NostrGate.STREAM)).isZero();
  }
}
