package dev.stele.nostr.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Durability;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Verdict;
import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.event.StoreSettings;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.gate.NostrAuditor;
import dev.stele.nostr.gate.SettingsGate;
import dev.stele.nostr.view.Graph;
import dev.stele.nostr.view.NostrView;
import dev.stele.nostr.view.Part;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a store was told holds until it is told something else. */
@Tag("engine")
class AStoreThatRemembersTest {
  private static final NostrKey ALICE = NostrStoreTck.ALICE;
  private static final NostrKey BOB = NostrStoreTck.BOB;
  private static final NostrKey CAROL = NostrStoreTck.key(3);
  private static final String URL = "wss://relay.example";

  @TempDir Path folder;

  /** Hears which events a view is told of: all of them where it is built anew. */
  private static final class Told implements Part {
    private final AtomicInteger events = new AtomicInteger();

    @Override
    public List<Table> tables() {
      return List.of();
    }

    @Override
    public void appears(NostrEvent event, long position, Tables tables) {
      events.incrementAndGet();
    }

    @Override
    public void goes(NostrEvent event, long position, Tables tables) {}
  }

  private NostrStoreOptions nothingSaid() {
    return NostrStoreOptions.DEFAULT
        .with(new NostrStoreTck.HandClock(), new Random(1))
        .anchoredIn(folder.resolve("anchor"))
        .at(Durability.OS);
  }

  private NostrStoreOptions owned(NostrKey owner) {
    return nothingSaid().withOwner(PublicKey.ofHex(owner.pubkey()));
  }

  private NostrStore open(String engine, NostrStoreOptions options, Told told) {
    return NostrStores.open(engine + ":" + folder.resolve("store"), options, List.of(told));
  }

  private static void follow(NostrStore store, NostrKey who, NostrKey whom) {
    assertThat(store.store(who.sign(1, 3, List.of(List.of("p", whom.pubkey())), "")))
        .isInstanceOf(StoreOutcome.Stored.class);
  }

  private static List<String> near(NostrStore store, NostrKey owner) {
    var _ = store.count(List.of(NostrFilter.ALL));
    return NostrStores.views(store)
        .read(NostrView.NAME, tables -> Graph.within(tables, owner.pubkey(), 1))
        .value()
        .stream()
        .map(Graph.Node::pubkey)
        .toList();
  }

  private static List<StoreSettings> said(NostrStore store) {
    return NostrStores.log(store).readStream(SettingsGate.STREAM, 0, 100).stream()
        .map(event -> StoreSettings.parse(event.payload().orElseThrow()).orElseThrow())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void keeps_its_owner_and_urls_where_nothing_is_said_and_builds_nothing_anew(String engine) {
    try (NostrStore store = open(engine, owned(ALICE).reachedAt(Set.of(URL)), new Told())) {
      follow(store, ALICE, BOB);
      follow(store, CAROL, ALICE);
    }
    for (int i = 0; i < 3; i++) {
      Told again = new Told();
      try (NostrStore store = open(engine, nothingSaid(), again)) {
        assertThat(near(store, ALICE)).containsExactly(BOB.pubkey());
        assertThat(again.events).hasValue(0);
        assertThat(said(store)).hasSize(1);
      }
    }
    try (NostrStore store = open(engine, nothingSaid(), new Told())) {
      assertThat(store.store(CAROL.sign(9, 62, List.of(List.of("relay", URL)), "")))
          .isInstanceOf(StoreOutcome.Stored.class);
      assertThat(NostrStoreTck.query(store, "{\"kinds\":[3]}"))
          .as("whoever vanishes from its URL does so without its being said again")
          .extracting(NostrEvent::pubkey)
          .containsExactly(ALICE.pubkey());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void another_owner_builds_the_view_anew_and_is_remembered_then(String engine) {
    try (NostrStore store = open(engine, owned(ALICE).reachedAt(Set.of(URL)), new Told())) {
      follow(store, ALICE, BOB);
      follow(store, CAROL, ALICE);
    }
    Told told = new Told();
    try (NostrStore store = open(engine, owned(CAROL), told)) {
      assertThat(near(store, CAROL)).containsExactly(ALICE.pubkey());
      assertThat(told.events).hasValue(2);
    }
    Told again = new Told();
    try (NostrStore store = open(engine, nothingSaid(), again)) {
      assertThat(near(store, CAROL)).containsExactly(ALICE.pubkey());
      assertThat(again.events).hasValue(0);
      assertThat(said(store))
          .extracting(StoreSettings::relays)
          .as("URLs of which nothing was said stay")
          .containsExactly(Set.of(URL), Set.of(URL));
      assertThat(NostrStores.log(store).scrub(() -> List.of(new NostrAuditor()), _ -> {}))
          .isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void one_who_only_listens_comes_and_goes_and_nothing_is_built_anew() {
    try (NostrStore store = open("sqlite", owned(ALICE), new Told())) {
      follow(store, ALICE, BOB);
    }
    String uri = "sqlite:" + folder.resolve("store");
    try (NostrStore store = NostrStores.open(uri, nothingSaid())) {
      assertThat(near(store, ALICE)).containsExactly(BOB.pubkey());
    }
    Told again = new Told();
    try (NostrStore store = open("sqlite", nothingSaid(), again)) {
      assertThat(near(store, ALICE)).containsExactly(BOB.pubkey());
      assertThat(again.events).hasValue(0);
    }
  }

  @Test
  void a_store_that_was_told_nothing_has_nothing_of_it_in_its_log() {
    try (NostrStore store = open("sqlite", nothingSaid(), new Told())) {
      assertThat(NostrStores.log(store).head().size()).isZero();
    }
    try (NostrStore store = open("sqlite", owned(ALICE), new Told())) {
      StoredEvent first = NostrStores.log(store).get(1).orElseThrow();
      assertThat(first.admittedBy()).isEqualTo(SettingsGate.ADMITTED_BY);
      assertThat(first.type()).isEqualTo(StoreSettings.TYPE);
    }
  }

  @Test
  void nobody_who_sends_events_can_say_it_for_the_store() {
    NostrStoreOptions options = owned(ALICE);
    String payload = new String(settings(BOB).write(), UTF_8);
    try (NostrStore store = open("sqlite", options, new Told())) {
      List<NostrEvent> forged =
          IntStream.of(1, 62, 30_078)
              .mapToObj(
                  kind -> BOB.sign(1, kind, List.of(List.of("d", SettingsGate.STREAM)), payload))
              .toList();
      assertThat(store.importAll(forged)).hasOnlyElementsOfType(StoreOutcome.Stored.class);
    }
    Told again = new Told();
    try (NostrStore store = open("sqlite", nothingSaid(), again)) {
      assertThat(said(store)).containsExactly(settings(ALICE));
      assertThat(again.events).hasValue(0);
    }
  }

  private static StoreSettings settings(NostrKey owner) {
    return new StoreSettings(Optional.of(PublicKey.ofHex(owner.pubkey())), Set.of());
  }

  @Test
  void what_is_read_is_what_was_written_and_nothing_else() {
    StoreSettings both =
        new StoreSettings(
            Optional.of(PublicKey.ofHex(ALICE.pubkey())), Set.of("wss://b.example", URL, "ä b"));
    for (StoreSettings each : List.of(StoreSettings.NONE, settings(BOB), both)) {
      assertThat(StoreSettings.parse(each.write())).contains(each);
    }
    String text = new String(both.write(), UTF_8);
    List<String> lines = text.lines().toList();
    for (String other :
        List.of(
            text.substring(0, text.length() - 1),
            text + "\n",
            text + "colour red\n",
            text + lines.getLast() + "\n",
            lines.reversed().stream().map(line -> line + "\n").collect(Collectors.joining()),
            text.replace("\n", "\r\n"),
            text.replace(ALICE.pubkey(), ALICE.pubkey().substring(1)),
            "relay \n")) {
      assertThat(StoreSettings.parse(other.getBytes(UTF_8))).as(other).isEmpty();
    }
  }

  @Test
  void urls_have_bounds() {
    Set<String> most = urls(StoreSettings.MAX_RELAYS);
    assertThat(new StoreSettings(Optional.empty(), most).relays()).isEqualTo(most);
    String longest = "x".repeat(StoreSettings.MAX_RELAY_CHARS);
    assertThat(new StoreSettings(Optional.empty(), Set.of(longest)).relays()).hasSize(1);
    for (Set<String> wrong :
        List.of(
            urls(StoreSettings.MAX_RELAYS + 1),
            Set.of(longest + "x"),
            Set.of(""),
            Set.of("a\nb"))) {
      assertThatThrownBy(() -> new StoreSettings(Optional.empty(), wrong))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static Set<String> urls(int count) {
    return IntStream.range(0, count).mapToObj(i -> URL + "/" + i).collect(Collectors.toSet());
  }
}
