package dev.stele.nostr.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStore;
import dev.stele.lmdb.LmdbViewStore;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.event.PublicEvents;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.gate.SweepGate;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.Scale;
import dev.stele.testkit.TestLogs;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log of events, the view of it on some store, and the model that it must equal. */
@Tag("engine")
class FiltersOnEveryStoreTest {
  private static final long SEED = 1_618_033;
  private static final NostrGate GATE = new NostrGate();

  /** Half of the expirations have passed. */
  private static final long NOW = 1_300;

  @TempDir Path folder;

  private final Model model = new Model();

  private ViewStore store(String name) {
    return switch (name) {
      case "memory" -> new MemoryViewStore();
      case "sqlite" -> SqliteViewStore.openWriter(folder.resolve("views.db"));
      case "lmdb" -> LmdbViewStore.openWriter(folder.resolve("views.lmdb"));
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static EventLog log() {
    return EventLog.open(
        new MemoryLogEngine(),
        LogId.MAIN,
        TestLogs.keys(),
        TestLogs.options(SEED, new MemoryAnchor()));
  }

  private static NostrView view() {
    return new NostrView(Set.of(Histories.RELAY), List.of());
  }

  /** Appends without looking at signatures again: the model gets what the view gets. */
  private void append(EventLog log, List<NostrEvent> events) {
    List<Append> appends = new ArrayList<>();
    for (NostrEvent event : events) {
      if (GATE.judge(event) instanceof Admitted admitted) {
        appends.add(Append.of(admitted));
      }
      boolean _ = model.arrives(event);
    }
    var _ = log.appendAll(appends);
  }

  private void sweep(EventLog log, long time) {
    Instant at = Instant.ofEpochSecond(time);
    var _ = log.append(Append.of((Admitted) new SweepGate().judge(at, at)));
    model.sweep(time);
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "sqlite", "lmdb"})
  void give_what_a_scan_of_all_events_gives(String name) throws Exception {
    Histories histories = new Histories(SEED, 8);
    List<NostrEvent> events = histories.events(3_000);
    try (EventLog log = log();
        ViewStore store = store(name)) {
      append(log, events.subList(0, 2_000));
      sweep(log, 1_150);
      append(log, events.subList(2_000, 3_000));
      ViewRunner runner = new ViewRunner(view(), log, store);
      var _ = runner.catchUp();
      assertThat(all(store)).isEqualTo(model.visible().stream().map(NostrEvent::id).toList());
      for (int i = 0; i < Scale.of(2_000); i++) {
        List<NostrFilter> filters =
            Stream.generate(() -> histories.filter(events)).limit(1 + i % 3).toList();
        assertSame(store, filters, "filters %d of seed %d".formatted(i, SEED));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "sqlite", "lmdb"})
  void give_what_a_scan_of_all_public_events_gives(String name) throws Exception {
    Histories histories = new Histories(SEED, 1);
    List<NostrEvent> events = PublicEvents.all();
    try (EventLog log = log();
        ViewStore store = store(name)) {
      append(log, events);
      ViewRunner runner = new ViewRunner(view(), log, store);
      var _ = runner.catchUp();
      assertThat(all(store)).isEqualTo(model.visible().stream().map(NostrEvent::id).toList());
      for (int i = 0; i < Scale.of(1_000); i++) {
        assertSame(
            store, List.of(histories.filter(events)), "filter %d of seed %d".formatted(i, SEED));
      }
    }
  }

  private void assertSame(ViewStore store, List<NostrFilter> filters, String what) {
    String as = what + ": " + filters.stream().map(FilterJson::write).toList();
    Random random = new Random(SEED + what.hashCode());
    Question question = new Question(filters, NOW);
    List<NostrEvent> given = new ArrayList<>();
    while (!question.isDone()) {
      int most = 1 + random.nextInt(200);
      for (Question.Found found :
          store
              .read(NostrView.NAME, tables -> question.page(tables, most, Long.MAX_VALUE))
              .value()) {
        given.add(found.event());
      }
    }
    List<NostrEvent> expected = model.query(filters, NOW);
    assertThat(given.stream().map(NostrEvent::id).toList())
        .as(as)
        .isEqualTo(expected.stream().map(NostrEvent::id).toList());
    assertThat(question.isCut()).as(as).isEqualTo(model.isCut(filters, NOW));
    List<NostrFilter> unlimited = filters.stream().map(each -> each.limit(1_000_000)).toList();
    Question count = new Question(unlimited, NOW);
    int counted = 0;
    while (!count.isDone()) {
      counted += store.read(NostrView.NAME, tables -> count.count(tables, 700)).value();
    }
    assertThat(counted).as(as).isEqualTo(model.query(unlimited, NOW).size());
  }

  private static List<String> all(ViewStore store) {
    List<String> ids = new ArrayList<>();
    var _ =
        store.read(
            NostrView.NAME,
            tables -> {
              tables.forEach(
                  Scan.of(NostrView.EVENTS).by("nostr_events_by_time"),
                  row -> ids.add(HexFormat.of().formatHex(row.bytes("id"))));
              return ids;
            });
    return ids;
  }

  @Test
  void leave_the_same_tables_however_the_log_was_cut_into_batches_and_on_every_store()
      throws Exception {
    Histories histories = new Histories(SEED + 1, 6);
    List<NostrEvent> events = histories.events(1_500);
    Random random = new Random(SEED);
    try (EventLog log = log();
        ViewStore along = new MemoryViewStore();
        ViewStore sqlite = store("sqlite");
        ViewStore lmdb = store("lmdb")) {
      ViewRunner live = new ViewRunner(view(), log, along);
      for (int at = 0; at < events.size(); ) {
        int to = Math.min(events.size(), at + 1 + random.nextInt(100));
        append(log, events.subList(at, to));
        if (random.nextInt(5) == 0) {
          sweep(log, 1_000L + random.nextInt(200));
        }
        var _ = live.catchUp();
        at = to;
      }
      String hash = live.stateHash().value();
      for (ViewStore store : List.of(new MemoryViewStore(), sqlite, lmdb)) {
        ViewRunner replayed = new ViewRunner(view(), log, store);
        var _ = replayed.catchUp();
        assertThat(replayed.stateHash().value()).as("seed %d", SEED).isEqualTo(hash);
      }
    }
  }

  @Test
  void count_rows_only_where_no_order_has_all_conditions() throws Exception {
    Histories histories = new Histories(SEED + 2, 8);
    List<NostrEvent> events = histories.events(500);
    try (EventLog log = log();
        ViewStore store = store("memory")) {
      append(log, events);
      var _ = new ViewRunner(view(), log, store).catchUp();
      PublicKey author = PublicKey.ofHex(events.getFirst().pubkey());
      NostrFilter rareTag = filter(Optional.of(Set.of(author)), Optional.empty(), "0".repeat(64));
      assertThat(plan(store, rareTag)).isEqualTo(new Plan.By.Tag('t'));
      NostrFilter noAuthor =
          filter(Optional.of(Set.of(PublicKey.ofHex("7".repeat(64)))), Optional.empty(), "nostr");
      assertThat(plan(store, noAuthor)).isEqualTo(new Plan.By.Author());
      assertThat(plan(store, filter(Optional.empty(), Optional.of(Set.of(1)), "nostr")))
          .isEqualTo(new Plan.By.Tag('t'));
      assertThat(plan(store, NostrFilter.ALL)).isEqualTo(new Plan.By.Time());
      Set<String> words =
          Stream.iterate(1, i -> i + 1)
              .limit(Planner.MAX_SEARCHES + 1)
              .map(String::valueOf)
              .collect(Collectors.toSet());
      assertThat(plan(store, filter(words))).isEqualTo(new Plan.By.Time());
      Set<PublicKey> many =
          Stream.iterate(1, i -> i + 1)
              .limit(Planner.MAX_SEARCHES + 1)
              .map(i -> PublicKey.ofHex("%064x".formatted(i)))
              .collect(Collectors.toSet());
      NostrFilter crowd =
          new NostrFilter(
              Optional.empty(),
              Optional.of(many),
              Optional.of(Set.of(1)),
              Map.of(),
              NostrFilter.ALL.since(),
              NostrFilter.ALL.until(),
              NostrFilter.ALL.limit(),
              Optional.empty());
      assertThat(plan(store, crowd)).isEqualTo(new Plan.By.Kind());
      NostrFilter one =
          new NostrFilter(
              Optional.of(Set.of(NostrId.ofHex(events.getFirst().id()))),
              Optional.of(many),
              Optional.empty(),
              Map.of(),
              NostrFilter.ALL.since(),
              NostrFilter.ALL.until(),
              NostrFilter.ALL.limit(),
              Optional.empty());
      assertThat(plan(store, one)).isEqualTo(new Plan.By.Ids());
    }
  }

  private static NostrFilter filter(Set<String> words) {
    return filter(Optional.empty(), Optional.empty(), words);
  }

  private static NostrFilter filter(
      Optional<Set<PublicKey>> authors, Optional<Set<Integer>> kinds, String word) {
    return filter(authors, kinds, Set.of(word));
  }

  private static NostrFilter filter(
      Optional<Set<PublicKey>> authors, Optional<Set<Integer>> kinds, Set<String> words) {
    return new NostrFilter(
        Optional.empty(),
        authors,
        kinds,
        Map.of('t', words),
        NostrFilter.ALL.since(),
        NostrFilter.ALL.until(),
        NostrFilter.ALL.limit(),
        Optional.empty());
  }

  private static Plan.By plan(ViewStore store, NostrFilter filter) {
    return store.read(NostrView.NAME, tables -> Planner.plan(filter, tables)).value().by();
  }

  /** Counts the rows that somebody reads. */
  private static final class Counting implements TableReader {
    private final TableReader tables;
    long rows;

    Counting(TableReader tables) {
      this.tables = tables;
    }

    @Override
    public Optional<TableRow> get(Table table, Object... key) {
      rows++;
      return tables.get(table, key);
    }

    @Override
    public List<TableRow> page(Scan scan) {
      List<TableRow> page = tables.page(scan);
      rows += page.size();
      return page;
    }
  }

  @Test
  void read_no_more_rows_for_a_deep_page_than_for_the_first() throws Exception {
    NostrKey key = NostrKey.fromSecret(HexFormat.of().parseHex("%064x".formatted(7)));
    List<NostrEvent> events = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      events.add(key.sign(1_000L + i / 10, 1, List.of(List.of("t", "nostr")), "note " + i));
    }
    try (EventLog log = log();
        ViewStore store = store("memory")) {
      append(log, events);
      var _ = new ViewRunner(view(), log, store).catchUp();
      for (NostrFilter filter :
          List.of(NostrFilter.ALL, filter(Optional.empty(), Optional.of(Set.of(1)), "nostr"))) {
        Question question = new Question(List.of(filter), NOW);
        long first = rows(store, question);
        for (int page = 1; page < 60; page++) {
          assertThat(rows(store, question)).as("page %d", page).isLessThanOrEqualTo(first);
        }
        assertThat(rows(store, question)).isZero();
        assertThat(question.isDone()).isTrue();
      }
    }
  }

  private static long rows(ViewStore store, Question question) {
    return store
        .read(
            NostrView.NAME,
            tables -> {
              Counting counting = new Counting(tables);
              var _ = question.page(counting, 50, Long.MAX_VALUE);
              return counting.rows;
            })
        .value();
  }

  /** A part that keeps the contents of what is visible. */
  private static final class Mirror implements Part {
    static final Table CONTENTS =
        Table.named("contents")
            .integer("position")
            .text("id")
            .text("content")
            .key("position")
            .build();

    @Override
    public List<Table> tables() {
      return List.of(CONTENTS);
    }

    @Override
    public void appears(NostrEvent event, long position, Tables tables) {
      assertThat(tables.get(CONTENTS, position)).isEmpty();
      tables.put(CONTENTS, position, event.id(), event.content());
    }

    @Override
    public void goes(NostrEvent event, long position, Tables tables) {
      TableRow row = tables.get(CONTENTS, position).orElseThrow();
      assertThat(row.text("content")).isEqualTo(event.content());
      tables.delete(CONTENTS, position);
    }
  }

  @Test
  void tell_parts_of_each_event_that_appears_and_goes() throws Exception {
    try (EventLog log = log();
        ViewStore store = store("memory")) {
      append(log, new Histories(SEED + 3, 6).events(1_500));
      sweep(log, 1_150);
      ViewRunner runner =
          new ViewRunner(new NostrView(Set.of(Histories.RELAY), List.of(new Mirror())), log, store);
      assertThat(runner.catchUp().state()).isInstanceOf(ViewState.Live.class);
      Set<String> mirrored = new HashSet<>();
      var _ =
          runner.read(
              tables -> {
                tables.forEach(Scan.of(Mirror.CONTENTS), row -> mirrored.add(row.text("id")));
                return mirrored;
              });
      assertThat(mirrored)
          .containsExactlyInAnyOrderElementsOf(
              model.visible().stream().map(NostrEvent::id).toList());
    }
  }

  @Test
  void stand_in_another_version_where_the_store_has_other_names() {
    int one = view().version();
    assertThat(new NostrView(Set.of("WSS://Relay.example/"), List.of()).version()).isEqualTo(one);
    assertThat(new NostrView(Set.of("wss://other.example"), List.of()).version()).isNotEqualTo(one);
    assertThat(new NostrView(Set.of(), List.of()).version()).isEqualTo(3);
  }
}
