package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.ReleaseResult;
import dev.stele.core.log.TrimResult;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.Scan;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStatus;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Slot;
import dev.stele.core.view.Views;
import dev.stele.testkit.gate.TestGate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What views do over a log, on any store: followed, failed, rebuilt, forgotten. */
public abstract class ViewRunnerTck {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration AT_ONCE = Duration.ZERO;

  /** As many events as a step takes. */
  private static final int BATCH = ViewRunner.MAX_BATCH;

  /** Where this test's stores keep their files. */
  @TempDir protected Path folder;

  private final EventLog log =
      EventLog.open(
          new MemoryLogEngine(),
          LogId.MAIN,
          TestLogs.keys(),
          TestLogs.options(5, new MemoryAnchor()));
  private @Nullable ViewStore opened;

  /** Made once for each test. */
  protected ViewRunnerTck() {}

  /** Opens the store of a name, making it where it is not there. */
  protected abstract ViewStore open(Path folder, String name);

  /** Tells whether what is kept outlives the store. */
  protected abstract boolean persists();

  @BeforeEach
  final void openStore() {
    opened = open(folder, "views");
  }

  @AfterEach
  final void closeAll() {
    store().close();
    log.close();
  }

  private ViewStore store() {
    ViewStore store = opened;
    if (store == null) {
      throw new IllegalStateException("the store was not opened");
    }
    return store;
  }

  /** As after the end of the process, where the store can. */
  private void restart() {
    if (persists()) {
      store().close();
      opened = open(folder, "views");
    }
  }

  private long append(String stream, String payload) {
    long next = log.head().size() + 1;
    AppendResult result = log.append(Append.of(TestGate.event(stream, "id-" + next, payload)));
    assertThat(result).isInstanceOf(AppendResult.Appended.class);
    return next;
  }

  /** As {@link #append(int)}, for as many as a step takes at once, and more. */
  private void appendMany(int count) {
    long first = log.head().size() + 1;
    List<Append> appends = new ArrayList<>();
    for (long next = first; next < first + count; next++) {
      appends.add(
          Append.of(TestGate.event("stream-" + next % 5, "id-" + next, "payload of " + next)));
    }
    assertThat(log.appendAll(appends)).hasOnlyElementsOfType(AppendResult.Appended.class);
  }

  private void append(int count) {
    for (int i = 0; i < count; i++) {
      long next = log.head().size() + 1;
      append("stream-" + next % 5, "payload of " + next);
    }
  }

  /** Drops a body; the receipt's position, 0 when there was none to drop. */
  private long erase(long position) {
    return switch (log.erase(new Erasure.OfEvent(position))) {
      case EraseResult.Erased(long events, List<Long> receipts) -> {
        assertThat(events).isOne();
        yield receipts.getLast();
      }
      case EraseResult.NothingToErase _, EraseResult.Kept _ -> 0;
      case EraseResult.ReadOnly readOnly -> throw new AssertionError(readOnly.toString());
    };
  }

  /** Drops the first 256 events, which is the least that goes. */
  private void trim() {
    assertThat(log.trim(257)).isInstanceOf(TrimResult.Trimmed.class);
  }

  private ViewRunner runner(View view) {
    return new ViewRunner(view, log, store());
  }

  private ViewStatus project(View view) throws InterruptedException {
    return runner(view).catchUp();
  }

  private String hash(String view) {
    return StateHash.of(store(), view, Slot.LIVE).value();
  }

  /** What a replay of the whole log comes to, somewhere else and all at once. */
  private String replayed(View view) throws InterruptedException {
    try (ViewStore clean = new MemoryViewStore()) {
      ViewStatus status = new ViewRunner(view, log, clean).catchUp();
      assertThat(status.state()).isEqualTo(new ViewState.Live());
      return StateHash.of(clean, view.name(), Slot.LIVE).value();
    }
  }

  private List<TableRow> rows(String view, Scan scan) {
    return store()
        .read(
            view,
            tables -> {
              List<TableRow> rows = new ArrayList<>();
              tables.forEach(scan, rows::add);
              return rows;
            })
        .value();
  }

  // ---- following ----

  @Test
  void a_view_of_an_empty_log_is_live_at_0() throws Exception {
    ViewStatus status = project(new EntriesView());
    assertThat(status).isEqualTo(new ViewStatus("entries", 1, 0, 0, new ViewState.Live()));
  }

  @Test
  void a_view_retells_what_is_there_and_then_what_comes() throws Exception {
    append(2_345);
    ViewRunner runner = runner(new EntriesView());
    assertThat(runner.catchUp())
        .isEqualTo(new ViewStatus("entries", 1, 2_345, 2_345, new ViewState.Live()));
    append(3);
    assertThat(runner.status().lag()).isEqualTo(3);
    runner.catchUp();
    assertThat(runner.read(tables -> tables.get(EntriesView.ENTRIES, 2_348).isPresent()))
        .isEqualTo(new ViewStore.Answer<>(true, 2_348));
    assertThat(rows("entries", Scan.of(EntriesView.ENTRIES).by("entries_by_stream")))
        .hasSize(2_348);
    assertThat(runner.stateHash().value()).isEqualTo(replayed(new EntriesView()));
  }

  @Test
  void a_view_goes_on_where_it_was_after_a_restart() throws Exception {
    append(10);
    project(new StreamsView());
    restart();
    append(10);
    AtomicInteger applied = new AtomicInteger();
    View counting =
        new Delegating(new StreamsView()) {
          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            applied.addAndGet(events.size());
            super.apply(events, tables);
          }
        };
    project(counting);
    assertThat(applied).hasValue(10);
    assertThat(hash("streams")).isEqualTo(replayed(new StreamsView()));
  }

  @Test
  void where_batches_end_changes_nothing() throws Exception {
    for (long seed = 0; seed < Scale.of(100); seed++) {
      Random random = new Random(seed);
      ViewRunner runner = runner(new StreamsView());
      for (int i = 0; i < 12; i++) {
        append(1 + random.nextInt(9));
        if (random.nextBoolean()) {
          assertThat(runner.step(AT_ONCE)).as("seed %d", seed).isTrue();
        }
      }
      runner.catchUp();
      assertThat(hash("streams")).as("seed %d", seed).isEqualTo(replayed(new StreamsView()));
      restart();
    }
  }

  @Test
  void a_rebuild_comes_to_the_same_bytes() throws Exception {
    int size = BATCH + 200;
    appendMany(size);
    ViewRunner runner = runner(new StreamsView());
    runner.catchUp();
    String before = hash("streams");
    runner.rebuild();
    assertThat(runner.status().state()).isEqualTo(new ViewState.Rebuilding(0, size));
    assertThat(runner.step(AT_ONCE)).isTrue();
    assertThat(runner.status().state()).isEqualTo(new ViewState.Rebuilding(BATCH, size));
    assertThat(runner.status().position()).isEqualTo(size);
    assertThat(runner.catchUp().state()).isEqualTo(new ViewState.Live());
    assertThat(hash("streams")).isEqualTo(before);
    assertThat(store().generations()).hasSize(1);
  }

  // ---- versions ----

  @Test
  void a_new_version_is_built_beside_the_old_which_answers_until_the_swap() throws Exception {
    int first = BATCH + 500;
    appendMany(first);
    project(new StreamsView(1));
    String old = hash("streams");
    restart();
    append(100);
    ViewRunner runner = runner(new StreamsView(2));
    assertThat(runner.step(AT_ONCE)).isTrue();
    assertThat(runner.status())
        .isEqualTo(
            new ViewStatus(
                "streams", 1, first, first + 100, new ViewState.Rebuilding(BATCH, first + 100)));
    assertThat(hash("streams")).isEqualTo(old);
    assertThat(runner.catchUp())
        .isEqualTo(new ViewStatus("streams", 2, first + 100, first + 100, new ViewState.Live()));
    assertThat(hash("streams")).isEqualTo(replayed(new StreamsView(2))).isNotEqualTo(old);
  }

  @Test
  void a_rebuild_that_was_interrupted_goes_on_and_swaps() throws Exception {
    int size = 2 * BATCH + 500;
    appendMany(size);
    project(new StreamsView(1));
    ViewRunner first = runner(new StreamsView(2));
    assertThat(first.step(AT_ONCE)).isTrue();
    restart();
    ViewRunner second = runner(new StreamsView(2));
    assertThat(second.step(AT_ONCE)).isTrue();
    assertThat(second.status().state()).isEqualTo(new ViewState.Rebuilding(2 * BATCH, size));
    second.catchUp();
    assertThat(hash("streams")).isEqualTo(replayed(new StreamsView(2)));
  }

  @Test
  void a_rebuild_of_code_that_is_gone_begins_again() throws Exception {
    int size = 2 * BATCH + 500;
    appendMany(size);
    project(new StreamsView(1));
    assertThat(runner(new StreamsView(2)).step(AT_ONCE)).isTrue();
    restart();
    ViewRunner third = runner(new StreamsView(3));
    assertThat(third.step(AT_ONCE)).isTrue();
    assertThat(third.status().state()).isEqualTo(new ViewState.Rebuilding(BATCH, size));
    assertThat(third.catchUp().version()).isEqualTo(3);
    assertThat(hash("streams")).isEqualTo(replayed(new StreamsView(3)));
    assertThat(store().generations()).hasSize(1);
  }

  @Test
  void tables_that_changed_without_a_version_are_rebuilt_all_the_same() throws Exception {
    append(10);
    project(new Delegating(new EntriesView()));
    Table wider = Table.named("entries").integer("position").text("stream").key("position").build();
    View changed =
        new Delegating(new EntriesView()) {
          @Override
          public List<Table> tables() {
            return List.of(wider);
          }

          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            events.forEach(event -> tables.put(wider, event.position(), event.stream()));
          }
        };
    project(changed);
    assertThat(rows("entries", Scan.of(wider))).hasSize(10);
  }

  @Test
  void a_view_that_stands_on_another_history_is_rebuilt() throws Exception {
    append(10);
    project(new EntriesView());
    store()
        .change(
            "entries",
            Slot.LIVE,
            tables -> {
              tables.put(EntriesView.ENTRIES, 10, "of another log", "", 0, "", null);
              return new Head(10, new byte[32]);
            });
    project(new EntriesView());
    assertThat(hash("entries")).isEqualTo(replayed(new EntriesView()));
  }

  @Test
  void a_view_that_is_ahead_of_its_log_is_rebuilt() throws Exception {
    append(10);
    project(new EntriesView());
    store().change("entries", Slot.LIVE, _ -> new Head(11, new byte[32]));
    assertThat(project(new EntriesView()).position()).isEqualTo(10);
    assertThat(hash("entries")).isEqualTo(replayed(new EntriesView()));
  }

  // ---- waiting ----

  @Test
  void who_waits_for_a_position_reads_what_it_wrote() throws Exception {
    try (Views views = Views.of(log).keep(new EntriesView(), store()).start()) {
      for (int i = 0; i < Scale.of(1_000); i++) {
        long position = append("a", "mine");
        assertThat(views.await("entries", position, LONG)).isInstanceOf(Awaited.Reached.class);
        ViewStore.Answer<Optional<TableRow>> answer =
            views.read("entries", tables -> tables.get(EntriesView.ENTRIES, position));
        assertThat(answer.value()).isPresent();
        assertThat(answer.position()).isGreaterThanOrEqualTo(position);
      }
    }
  }

  @Test
  void a_view_rests_while_many_events_come_but_for_whoever_awaits_one() throws Exception {
    try (Views views = Views.of(log).keep(new EntriesView(), store()).start()) {
      assertThat(views.await("entries", 0, LONG)).isInstanceOf(Awaited.Reached.class);
      KeptViews.Gathering gathering = views.gather();
      append(10);
      Thread.sleep(100);
      assertThat(views.status("entries").position()).isZero();
      assertThat(views.await("entries", 10, LONG)).isEqualTo(new Awaited.Reached(10));
      append(5);
      Thread.sleep(100);
      assertThat(views.status("entries").position()).isEqualTo(10);
      gathering.close();
      gathering.close();
      while (views.status("entries").position() < 15) {
        Thread.sleep(1);
      }
      // Twice closed is once ended: another one holds the view still.
      try (KeptViews.Gathering _ = views.gather()) {
        append(1);
        Thread.sleep(100);
        assertThat(views.status("entries").position()).isEqualTo(15);
      }
    }
  }

  @Test
  void events_that_come_one_by_one_are_gathered_unless_somebody_awaits_them() throws Exception {
    AtomicInteger batches = new AtomicInteger();
    View counting =
        new Delegating(new EntriesView()) {
          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            batches.incrementAndGet();
            super.apply(events, tables);
          }
        };
    try (Views views = Views.of(log).keep(counting, store()).start()) {
      assertThat(views.await("entries", 0, LONG)).isInstanceOf(Awaited.Reached.class);
      long begun = System.nanoTime();
      for (int event = 0; event < 2_000; event++) {
        append(1);
      }
      long end = log.head().size();
      assertThat(views.await("entries", end, LONG)).isEqualTo(new Awaited.Reached(end));
      // One for each rest that fits, one more for the start, one for the wait, one full page.
      long rests = Duration.ofNanos(System.nanoTime() - begun).toMillis() / 10;
      assertThat((long) batches.get()).isLessThanOrEqualTo(rests + 3);
      long shortest = Long.MAX_VALUE;
      for (int event = 0; event < 100; event++) {
        append(1);
        long position = log.head().size();
        long asked = System.nanoTime();
        assertThat(views.await("entries", position, LONG)).isEqualTo(new Awaited.Reached(position));
        shortest = Math.min(shortest, System.nanoTime() - asked);
      }
      // Half a rest: had each been waited for, none would have come so soon.
      assertThat(Duration.ofNanos(shortest)).isLessThan(Duration.ofMillis(5));
    }
  }

  @Test
  void a_view_that_was_never_opened_is_waited_for_even_at_0() throws Exception {
    ViewRunner runner = runner(new EntriesView());
    assertThat(runner.await(0, AT_ONCE)).isInstanceOf(Awaited.NotReached.class);
    runner.catchUp();
    assertThat(runner.await(0, AT_ONCE)).isEqualTo(new Awaited.Reached(0));
    assertThat(runner.<Long>read(_ -> 7L).value()).isEqualTo(7);
  }

  @Test
  void waiting_ends_when_the_time_is_up_and_says_how_far_the_view_is() throws Exception {
    append(3);
    ViewRunner runner = runner(new EntriesView());
    runner.catchUp();
    assertThat(runner.await(3, AT_ONCE)).isEqualTo(new Awaited.Reached(3));
    assertThat(runner.await(4, Duration.ofMillis(1)))
        .isEqualTo(
            new Awaited.NotReached(new ViewStatus("entries", 1, 3, 3, new ViewState.Live())));
  }

  @Test
  void waiting_for_a_view_that_has_failed_ends_at_once() throws Exception {
    append("a", "fail");
    ViewRunner runner = runner(new StreamsView());
    runner.catchUp();
    assertThat(runner.await(1, LONG)).isInstanceOf(Awaited.NotReached.class);
  }

  // ---- failing ----

  @Test
  void a_view_that_fails_stands_before_the_event_and_remembers_why() throws Exception {
    append(7);
    append("a", "fail");
    append(7);
    ViewStatus status = project(new StreamsView());
    assertThat(status)
        .isEqualTo(
            new ViewStatus("streams", 1, 7, 15, new ViewState.Failed(8, "event 8 says fail")));
    restart();
    ViewRunner again = runner(new StreamsView());
    assertThat(again.step(AT_ONCE)).isFalse();
    assertThat(again.status().state()).isEqualTo(new ViewState.Failed(8, "event 8 says fail"));
    assertThat(rows("streams", Scan.of(StreamsView.STREAMS))).hasSize(5);
  }

  @Test
  void a_retry_goes_on_where_the_view_failed() throws Exception {
    append(7);
    append("a", "fail");
    append(7);
    StreamsView view = new StreamsView();
    ViewRunner runner = runner(view);
    runner.catchUp();
    runner.retry();
    assertThat(runner.catchUp().state()).isEqualTo(new ViewState.Failed(8, "event 8 says fail"));
    view.fails(false);
    runner.retry();
    assertThat(runner.catchUp())
        .isEqualTo(new ViewStatus("streams", 1, 15, 15, new ViewState.Live()));
    assertThat(hash("streams")).isEqualTo(replayed(view));
  }

  @Test
  void a_rebuild_that_fails_leaves_the_old_answering() throws Exception {
    StreamsView old = new StreamsView(1);
    old.fails(false);
    append("a", "fail");
    project(old);
    String before = hash("streams");
    ViewRunner runner = runner(new StreamsView(2));
    assertThat(runner.catchUp())
        .isEqualTo(
            new ViewStatus("streams", 1, 1, 1, new ViewState.Failed(1, "event 1 says fail")));
    assertThat(hash("streams")).isEqualTo(before);
    project(old);
    assertThat(store().generations()).hasSize(1);
    assertThat(hash("streams")).isEqualTo(before);
  }

  @Test
  void a_value_that_does_not_fit_is_a_failure_like_any_other() throws Exception {
    append(2);
    View misusing =
        new Delegating(new EntriesView()) {
          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            tables.put(EntriesView.ENTRIES, "not a position");
          }
        };
    ViewState state = project(misusing).state();
    assertThat(state).isInstanceOf(ViewState.Failed.class);
    assertThat(state.toString()).contains("position=1", "6 columns, not 1");
  }

  @Test
  void one_view_that_fails_stops_no_other_and_not_the_log() throws Exception {
    try (Views views =
        Views.of(log).keep(new StreamsView(), store()).keep(new EntriesView(), store()).start()) {
      append(5);
      append("a", "fail");
      long last = append("a", "after it");
      assertThat(views.await("entries", last, LONG)).isInstanceOf(Awaited.Reached.class);
      assertThat(views.await("streams", last, LONG)).isInstanceOf(Awaited.NotReached.class);
      assertThat(views.status())
          .containsExactly(
              new ViewStatus("streams", 1, 5, last, new ViewState.Failed(6, "event 6 says fail")),
              new ViewStatus("entries", 1, last, last, views.status("entries").state()));
    }
  }

  // ---- forgetting ----

  @Test
  void what_was_made_of_an_erased_event_goes_when_its_receipt_comes() throws Exception {
    append(20);
    long secret = append("secrets", "the secret");
    ViewRunner runner = runner(new EntriesView());
    runner.catchUp();
    erase(secret);
    append(5);
    assertThat(runner.catchUp().state()).isEqualTo(new ViewState.Live());
    TableRow row =
        store()
            .read("entries", tables -> tables.get(EntriesView.ENTRIES, secret))
            .value()
            .orElseThrow();
    assertThat(row.isNull("payload")).isTrue();
    assertThat(hash("entries")).isEqualTo(replayed(new EntriesView()));
  }

  @Test
  void no_answer_reflects_a_receipt_and_what_it_erased() throws Exception {
    append(1_100);
    ViewRunner runner = runner(new EntriesView());
    runner.catchUp();
    long receipt = erase(7);
    append(5);
    boolean forgotten = false;
    while (runner.step(AT_ONCE)) {
      ViewStore.Answer<Boolean> answer =
          runner.read(tables -> tables.get(EntriesView.ENTRIES, 7).orElseThrow().isNull("payload"));
      assertThat(answer.value() || answer.position() < receipt).isTrue();
      forgotten = answer.value();
    }
    assertThat(forgotten).isTrue();
    assertThat(runner.await(receipt, AT_ONCE)).isInstanceOf(Awaited.Reached.class);
  }

  @Test
  void several_receipts_seen_together_are_one_rebuild() throws Exception {
    append(10);
    AtomicInteger begun = new AtomicInteger();
    View view =
        new Delegating(new EntriesView()) {
          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            begun.addAndGet(events.getFirst().position() == 1 ? 1 : 0);
            super.apply(events, tables);
          }
        };
    ViewRunner runner = runner(view);
    runner.catchUp();
    erase(1);
    erase(2);
    erase(3);
    append(2);
    erase(4);
    runner.catchUp();
    assertThat(begun).hasValue(2);
    assertThat(hash("entries")).isEqualTo(replayed(new EntriesView()));
  }

  @Test
  void an_erase_during_a_rebuild_is_not_missed() throws Exception {
    appendMany(2 * BATCH + 500);
    ViewRunner runner = runner(new EntriesView());
    runner.catchUp();
    erase(3);
    assertThat(runner.step(AT_ONCE)).isTrue();
    assertThat(runner.step(AT_ONCE)).isTrue();
    erase(4);
    erase(5);
    runner.catchUp();
    assertThat(hash("entries")).isEqualTo(replayed(new EntriesView()));
  }

  @Test
  void receipts_that_were_there_when_a_build_began_ask_for_nothing() throws Exception {
    append(10);
    erase(1);
    AtomicInteger applied = new AtomicInteger();
    View view =
        new Delegating(new EntriesView()) {
          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            applied.addAndGet(events.size());
            super.apply(events, tables);
          }
        };
    project(view);
    assertThat(applied).hasValue(11);
  }

  @Test
  void a_view_that_forgets_by_itself_is_given_the_receipt_and_not_rebuilt() throws Exception {
    append(10);
    AtomicInteger applied = new AtomicInteger();
    View view =
        new Delegating(new EntriesView()) {
          @Override
          public Forgetting forgetting() {
            return Forgetting.BY_ITSELF;
          }

          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            applied.addAndGet(events.size());
            super.apply(events, tables);
            for (StoredEvent event : events) {
              if (event.stream().equals(Receipt.STREAM)) {
                TableRow first = tables.get(EntriesView.ENTRIES, 1).orElseThrow();
                tables.put(
                    EntriesView.ENTRIES,
                    1,
                    first.text("stream"),
                    first.text("type"),
                    first.integer("recorded_at"),
                    first.text("id"),
                    null);
              }
            }
          }
        };
    project(view);
    erase(1);
    project(view);
    assertThat(applied).hasValue(11);
    assertThat(hash("entries")).isEqualTo(replayed(new EntriesView()));
  }

  @Test
  void random_erases_and_batches_come_to_what_a_replay_comes_to() throws Exception {
    int steps = 0;
    for (long seed = 0; seed < Scale.of(100); seed++) {
      Random random = new Random(seed);
      ViewRunner runner = runner(new StreamsView());
      append(5);
      for (int i = 0; i < 20; i++) {
        int action = random.nextInt(6);
        if (action < 3) {
          append(1 + random.nextInt(6));
        } else if (action < 4) {
          erase(1 + random.nextLong(log.head().size()));
        } else if (action < 5) {
          steps += runner.step(AT_ONCE) ? 1 : 0;
        } else {
          restart();
          runner = runner(new StreamsView());
        }
      }
      runner.catchUp();
      assertThat(hash("streams")).as("seed %d", seed).isEqualTo(replayed(new StreamsView()));
    }
    assertThat(steps).isPositive();
  }

  @Test
  void a_release_of_claims_is_no_loss_and_rebuilds_nothing() throws Exception {
    append(5);
    AtomicInteger applied = new AtomicInteger();
    View view =
        new Delegating(new EntriesView()) {
          @Override
          public void apply(List<StoredEvent> events, Tables tables) {
            applied.addAndGet(events.size());
            super.apply(events, tables);
          }
        };
    ViewRunner runner = runner(view);
    runner.catchUp();
    assertThat(log.release(log.get(1).orElseThrow().recordedAt().minusMillis(1)))
        .isInstanceOf(ReleaseResult.Released.class);
    runner.catchUp();
    assertThat(applied).hasValue(6);
  }

  // ---- trimmed logs ----

  @Test
  void a_view_of_the_whole_history_keeps_what_trimmed_events_gave_it() throws Exception {
    append(300);
    ViewRunner runner = runner(new StreamsView());
    runner.catchUp();
    trim();
    append(1);
    assertThat(runner.catchUp())
        .isEqualTo(new ViewStatus("streams", 1, 302, 302, new ViewState.Live()));
    long events =
        rows("streams", Scan.of(StreamsView.STREAMS)).stream()
            .mapToLong(row -> row.integer("events"))
            .sum();
    assertThat(events).isEqualTo(302);
  }

  @Test
  void a_view_of_the_whole_history_is_not_rebuilt_over_a_trimmed_log() throws Exception {
    append(300);
    ViewRunner runner = runner(new StreamsView());
    trim();
    ViewStatus never = runner.catchUp();
    assertThat(never.state().toString()).contains("Failed", "the log begins at 257");
    assertThat(never.position()).isZero();
  }

  @Test
  void a_rebuild_that_is_refused_leaves_what_is_there_and_a_retry_goes_on() throws Exception {
    append(300);
    ViewRunner runner = runner(new StreamsView());
    runner.catchUp();
    trim();
    runner.catchUp();
    String before = hash("streams");
    runner.rebuild();
    ViewStatus status = runner.catchUp();
    assertThat(status.state().toString()).contains("Failed", "the log begins at 257");
    assertThat(hash("streams")).isEqualTo(before);
    restart();
    ViewRunner again = runner(new StreamsView());
    assertThat(again.catchUp().state()).isEqualTo(status.state());
    again.retry();
    append(1);
    assertThat(again.catchUp())
        .isEqualTo(new ViewStatus("streams", 1, 302, 302, new ViewState.Live()));
  }

  /** Tells what is left, after each trim too. */
  private static View whatIsLeft() {
    return new Delegating(new EntriesView()) {
      @Override
      public History history() {
        return History.WHAT_IS_LEFT;
      }
    };
  }

  @Test
  void a_view_of_what_is_left_tells_no_more_after_a_trim() throws Exception {
    append(300);
    ViewRunner runner = runner(whatIsLeft());
    runner.catchUp();
    assertThat(rows("entries", Scan.of(EntriesView.ENTRIES))).hasSize(300);
    trim();
    assertThat(runner.catchUp().state()).isEqualTo(new ViewState.Live());
    assertThat(rows("entries", Scan.of(EntriesView.ENTRIES))).hasSize(45);
    assertThat(hash("entries")).isEqualTo(replayed(whatIsLeft()));
  }

  @Test
  void a_view_that_a_trim_has_overtaken_says_so() throws Exception {
    append(5);
    project(new StreamsView());
    append(300);
    trim();
    ViewState state = project(new StreamsView()).state();
    assertThat(state.toString()).contains("Failed", "trimmed up to 256", "come to 5");
  }

  // ---- many ----

  @Test
  void views_stop_without_losing_anything_and_go_on_later() throws Exception {
    int rounds = 5;
    for (int round = 0; round < rounds; round++) {
      Views views =
          Views.of(log).keep(new StreamsView(), store()).keep(new EntriesView(), store()).start();
      append(Scale.of(500));
      views.close();
      views.close();
      assertThat(views.status())
          .extracting(ViewStatus::state)
          .containsOnly(new ViewState.Stopped());
      restart();
    }
    try (Views views =
        Views.of(log).keep(new StreamsView(), store()).keep(new EntriesView(), store()).start()) {
      long end = log.head().size();
      for (String name : List.of("streams", "entries")) {
        assertThat(views.await(name, end, LONG)).isEqualTo(new Awaited.Reached(end));
      }
      assertThat(views.stateHash("streams").value()).isEqualTo(replayed(new StreamsView()));
      assertThat(views.stateHash("entries"))
          .isEqualTo(new ViewStore.Answer<>(replayed(new EntriesView()), end));
    }
  }

  @Test
  void a_rebuild_and_a_retry_that_were_asked_for_happen_beside_the_others() throws Exception {
    StreamsView streams = new StreamsView();
    append("a", "fail");
    append(1_500);
    try (Views views =
        Views.of(log).keep(streams, store()).keep(new EntriesView(), store()).start()) {
      long end = log.head().size();
      assertThat(views.await("streams", end, LONG)).isInstanceOf(Awaited.NotReached.class);
      streams.fails(false);
      views.retry("streams");
      assertThat(views.await("streams", end, LONG)).isInstanceOf(Awaited.Reached.class);
      views.rebuild("entries");
      long more = append("a", "more");
      assertThat(views.await("entries", more, LONG)).isInstanceOf(Awaited.Reached.class);
      assertThat(views.stateHash("entries").value()).isEqualTo(replayed(new EntriesView()));
      assertThatIllegalArgumentException().isThrownBy(() -> views.rebuild("unknown"));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Views.of(log).keep(streams, store()).keep(new StreamsView(), store()));
  }

  @Test
  void a_log_that_closes_stops_its_views() throws Exception {
    append(3);
    try (Views views = Views.of(log).keep(new EntriesView(), store()).start()) {
      assertThat(views.await("entries", 3, LONG)).isInstanceOf(Awaited.Reached.class);
      log.close();
      assertThat(views.await("entries", 4, LONG)).isInstanceOf(Awaited.NotReached.class);
      assertThat(views.status("entries").state()).isEqualTo(new ViewState.Stopped());
      assertThatThrownBy(() -> log.read(0, 1)).isInstanceOf(LogClosed.class);
    }
  }

  /** Does what another view does, but for what a test changes. */
  private static class Delegating implements View {
    private final View view;

    Delegating(View view) {
      this.view = view;
    }

    @Override
    public String name() {
      return view.name();
    }

    @Override
    public int version() {
      return view.version();
    }

    @Override
    public List<Table> tables() {
      return view.tables();
    }

    @Override
    public void apply(List<StoredEvent> events, Tables tables) {
      view.apply(events, tables);
    }
  }
}
