package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.backup.CopyResult;
import dev.stele.core.backup.LogCopy;
import dev.stele.core.backup.Progress;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.TrimResult;
import dev.stele.core.proof.Verdict;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.Views;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Copies of a log from an engine into another of its kind: as tests. The engine can erase, trim,
 * and begin behind what was trimmed.
 *
 * <p>An engine's own test extends this class and opens the engine on a folder.
 */
public abstract class CopyTck {
  /** More than two pages of rows, and not a whole number of tiles. */
  private static final int SOME_PAGES = 2_500;

  private static final LogCopy.Checks CHECKS =
      new LogCopy.Checks(Optional.empty(), Optional.of(TestLogs.keys().indexKey()), _ -> List.of());

  /** Where this test's engines keep their files. */
  @TempDir protected Path folder;

  private LogEngine engine = new ReopenableMemory();
  private LogEngine copy = new ReopenableMemory();
  private EventLog log =
      EventLog.open(engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(0, new MemoryAnchor()));
  private int made;

  /** Made once for each test. */
  protected CopyTck() {}

  /** Opens the engine on a folder. */
  protected abstract LogEngine open(Path folder);

  @BeforeEach
  final void openBoth() throws IOException {
    engine = open(Files.createDirectories(folder.resolve("log")));
    copy = open(Files.createDirectories(folder.resolve("copy")));
    log =
        EventLog.open(engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(7, new MemoryAnchor()));
  }

  @AfterEach
  final void closeBoth() {
    log.close();
    copy.close();
  }

  private void append(int count) {
    List<Append> appends = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = "id-" + ++made;
      appends.add(Append.of(TestGate.event("stream-" + i % 7, id, "payload of " + id)));
    }
    assertThat(log.appendAll(appends)).allMatch(AppendResult.Appended.class::isInstance);
  }

  private CopyResult copy(LogEngine to, Progress progress) {
    return LogCopy.run(engine, to, LogId.MAIN, log.verifierKey(), CHECKS, progress);
  }

  private CopyResult.Copied copied() {
    var _ = log.checkpoint();
    CopyResult result = copy(copy, Progress.SILENT);
    assertThat(result).isInstanceOf(CopyResult.Copied.class);
    return (CopyResult.Copied) result;
  }

  /** The copy as a log to write; closed with the test's engine. */
  private EventLog opened() {
    EventLog opened =
        EventLog.open(copy, LogId.MAIN, TestLogs.keys(), TestLogs.options(9, new MemoryAnchor()));
    assertThat(opened.verdict()).isInstanceOf(Verdict.Intact.class);
    return opened;
  }

  private void assertSame(String as) {
    long size = log.head().size();
    assertThat(copy.head(LogId.MAIN)).as(as).isEqualTo(engine.head(LogId.MAIN));
    for (long after = 0; after < size; ) {
      List<Row> expected = engine.read(LogId.MAIN, after, 500);
      List<Row> actual = copy.read(LogId.MAIN, after, expected.size());
      assertThat(actual).as(as).hasSameSizeAs(expected);
      for (int i = 0; i < actual.size(); i++) {
        assertThat(actual.get(i).position()).as(as).isEqualTo(expected.get(i).position());
        assertThat(actual.get(i).record()).as(as).isEqualTo(expected.get(i).record());
        assertThat(actual.get(i).keys()).as(as).isEqualTo(expected.get(i).keys());
        assertThat(body(actual.get(i))).as(as).isEqualTo(body(expected.get(i)));
      }
      after = expected.getLast().position();
    }
    assertThat(copy.checkpoints(LogId.MAIN, 0, 10_000))
        .as(as)
        .usingRecursiveComparison()
        .isEqualTo(engine.checkpoints(LogId.MAIN, 0, 10_000));
  }

  private static Optional<List<Byte>> body(Row row) {
    byte[] body = row.body();
    if (body == null) {
      return Optional.empty();
    }
    List<Byte> bytes = new ArrayList<>();
    for (byte each : body) {
      bytes.add(each);
    }
    return Optional.of(bytes);
  }

  // ---- a whole copy ----

  @Test
  void a_copy_is_the_same_log_and_can_go_on() {
    append(SOME_PAGES);
    CopyResult.Copied result = copied();
    assertThat(result.before()).isZero();
    assertThat(result.signed().root()).isEqualTo(log.root(SOME_PAGES));
    assertThat(result.verdict().scope().claimsRecomputed()).isTrue();
    assertSame("a whole copy");
    EventLog opened = opened();
    assertThat(opened.append(Append.of(TestGate.event("stream-1", "id-3", "payload of id-3"))))
        .isEqualTo(new AppendResult.AlreadyPresent(3));
    assertThat(opened.append(Append.of(TestGate.event("stream-1", "new", "new"))))
        .isInstanceOf(AppendResult.Appended.class);
    assertThat(opened.lastRevision("stream-1")).isEqualTo(log.lastRevision("stream-1") + 1);
    assertThat(opened.scrub(List::of, _ -> {})).isInstanceOf(Verdict.Intact.class);
  }

  @Test
  void an_empty_log_is_copied_as_well() {
    assertThat(copied().signed().size()).isZero();
    assertSame("an empty log");
  }

  @Test
  void it_goes_into_an_engine_of_another_kind_and_back() throws IOException {
    append(700);
    log.erase(new Erasure.OfEvent(30));
    ReopenableMemory other = new ReopenableMemory();
    assertThat(copy(other, Progress.SILENT)).isInstanceOf(CopyResult.Copied.class);
    assertThat(LogCopy.run(other, copy, LogId.MAIN, log.verifierKey(), CHECKS, Progress.SILENT))
        .isInstanceOf(CopyResult.Copied.class);
    assertSame("there and back");
  }

  @Test
  void every_checkpoint_that_was_signed_is_copied() {
    for (int i = 0; i < 5; i++) {
      append(10);
      var _ = log.checkpoint();
    }
    copied();
    assertThat(copy.checkpoints(LogId.MAIN, 0, 100)).hasSizeGreaterThanOrEqualTo(5);
    assertSame("with checkpoints");
  }

  @Test
  void a_view_of_the_copy_is_that_of_the_log() throws InterruptedException {
    append(900);
    log.erase(new Erasure.OfEvent(12));
    copied();
    assertThat(stateHash(opened())).isEqualTo(stateHash(log));
  }

  private static String stateHash(EventLog of) throws InterruptedException {
    MemoryViewStore store = new MemoryViewStore();
    StreamsView view = new StreamsView();
    try (Views views = Views.of(of).keep(view, store).start()) {
      var _ = views.await(view.name(), of.head().size(), Duration.ofMinutes(1));
      return StateHash.of(store, view.name(), ViewStore.Slot.LIVE).value();
    }
  }

  // ---- a log that does not stand still ----

  @Test
  void what_is_appended_meanwhile_is_left_for_the_next_time() {
    append(SOME_PAGES);
    long signed = log.checkpoint().checkpoint().size();
    CopyResult result = copy(copy, (_, _) -> append(3));
    assertThat(result)
        .isInstanceOfSatisfying(
            CopyResult.Copied.class,
            copied -> {
              assertThat(copied.signed().size()).isEqualTo(signed);
              assertThat(copied.sourceSize()).isGreaterThan(signed);
            });
    CopyResult.Copied later = copied();
    assertThat(later.before()).isEqualTo(signed);
    assertSame("the next time");
  }

  @Test
  void a_copy_is_gone_on_with_whatever_tiles_it_ends_in() {
    for (int more : new int[] {1, 254, 1, 1, 511, 256, 700}) {
      append(more);
      copied();
      assertSame("with %d more".formatted(more));
    }
    assertThat(opened().prove(3, 1_724)).isEqualTo(log.prove(3, 1_724));
  }

  @Test
  void what_is_erased_while_it_is_copied_is_erased_in_the_copy() {
    append(SOME_PAGES);
    var _ = log.checkpoint();
    boolean[] done = {false};
    CopyResult result =
        copy(
            copy,
            (at, _) -> {
              // Behind the first page: one that was copied already, and one that was not.
              if (!done[0] && at > SOME_PAGES + 1_000) {
                done[0] = true;
                log.erase(new Erasure.OfEvent(5));
                log.erase(new Erasure.OfEvent(2_400));
              }
            });
    assertThat(result)
        .isInstanceOfSatisfying(
            CopyResult.Copied.class,
            copied -> assertThat(copied.signed().size()).isEqualTo(SOME_PAGES + 2L));
    assertSame("erased meanwhile");
  }

  @Test
  void what_was_erased_since_goes_from_the_copy_with_its_receipt() {
    append(300);
    copied();
    assertThat(log.erase(new Erasure.OfEvent(30))).isInstanceOf(EraseResult.Erased.class);
    append(5);
    copied();
    assertSame("erased since");
    EventLog opened = opened();
    assertThat(opened.get(30).map(StoredEvent::erased)).contains(true);
    assertThat(opened.append(Append.of(TestGate.event("a", "id-30", "again"))))
        .isEqualTo(new AppendResult.AlreadyPresent(30));
  }

  @Test
  void a_trimmed_log_is_copied_as_it_is() {
    append(1_000);
    assertThat(log.trim(600)).isInstanceOf(TrimResult.Trimmed.class);
    append(20);
    copied();
    assertSame("trimmed");
    EventLog opened = opened();
    assertThat(opened.firstPosition()).isEqualTo(513);
    assertThat(opened.prove(7, 1_000)).isEqualTo(log.prove(7, 1_000));
    assertThat(opened.append(Append.of(TestGate.event("a", "id-30", "again"))))
        .isEqualTo(new AppendResult.AlreadyPresent(30));
    assertThat(opened.lastRevision("stream-3")).isEqualTo(log.lastRevision("stream-3"));
  }

  @Test
  void what_was_trimmed_since_goes_from_the_copy_with_its_receipt() {
    append(1_000);
    copied();
    assertThat(log.trim(600)).isInstanceOf(TrimResult.Trimmed.class);
    append(300);
    copied();
    assertSame("trimmed since");
    assertThat(opened().firstPosition()).isEqualTo(513);
  }

  @Test
  void a_log_that_has_trimmed_more_than_was_copied_is_begun_anew() {
    append(300);
    copied();
    append(700);
    assertThat(log.trim(600)).isInstanceOf(TrimResult.Trimmed.class);
    assertThat(copy(copy, Progress.SILENT))
        .isInstanceOfSatisfying(
            CopyResult.NotContinued.class,
            not -> assertThat(not.reason()).contains("300").contains("trimmed"));
    assertThat(copy.head(LogId.MAIN).size()).isEqualTo(300);
  }

  // ---- stopped in the middle ----

  @Test
  void whenever_it_is_stopped_it_goes_on_where_it_was() {
    for (int history = 0; history < Math.max(3, Scale.of(60)); history++) {
      stopAndGoOn(history);
    }
  }

  /** A history of its own on engines in memory, copied into this test's engine under its own id. */
  private void stopAndGoOn(int seed) {
    Random random = new Random(seed);
    LogId id = new LogId("history-" + seed);
    ReopenableMemory source = new ReopenableMemory();
    int stops = 0;
    try (EventLog history =
        EventLog.open(source, id, TestLogs.keys(), TestLogs.options(seed, new MemoryAnchor()))) {
      for (int round = 0; round < 6; round++) {
        change(history, random);
        var _ = history.checkpoint();
        stops += copyWithStops(source, id, history, random);
      }
      String as = "seed %d".formatted(seed);
      CopyResult last =
          LogCopy.run(source, copy, id, history.verifierKey(), CHECKS, Progress.SILENT);
      if (last instanceof CopyResult.NotContinued) {
        assertThat(history.firstPosition()).as(as).isGreaterThan(1);
        return;
      }
      assertThat(last).as(as).isInstanceOf(CopyResult.Copied.class);
      assertThat(stops).as(as).isPositive();
      assertThat(copy.head(id)).as(as).isEqualTo(source.head(id));
      for (long at = history.firstPosition(); at <= history.head().size(); at++) {
        Row expected = source.read(id, at - 1, 1).getFirst();
        Row actual = copy.read(id, at - 1, 1).getFirst();
        assertThat(actual.record()).as(as).isEqualTo(expected.record());
        assertThat(body(actual)).as(as).isEqualTo(body(expected));
      }
    }
  }

  private static void change(EventLog history, Random random) {
    List<Append> appends = new ArrayList<>();
    for (int i = random.nextInt(900); i >= 0; i--) {
      String id = "id-" + (history.head().size() + i + 1) + "-" + random.nextLong();
      appends.add(Append.of(TestGate.event("stream-" + random.nextInt(5), id, "of " + id)));
    }
    assertThat(history.appendAll(appends)).allMatch(AppendResult.Appended.class::isInstance);
    for (int i = random.nextInt(4); i > 0; i--) {
      history.erase(
          new Erasure.OfEvent(random.nextLong(history.firstPosition(), history.head().size())));
    }
    if (random.nextInt(6) == 0) {
      history.trim(random.nextLong(1, history.head().size() + 1));
    }
  }

  /** Copies, stopped at some moments, or not at all; how often it was. */
  private int copyWithStops(LogEngine source, LogId id, EventLog history, Random random) {
    int stops = 0;
    for (int attempt = 0; attempt < 3; attempt++) {
      long stopAt = random.nextLong(3 * history.head().size() + 1);
      try {
        var _ =
            LogCopy.run(
                source,
                copy,
                id,
                history.verifierKey(),
                CHECKS,
                (done, _) -> {
                  if (done >= stopAt) {
                    throw new IllegalStateException("stopped at " + stopAt);
                  }
                });
      } catch (IllegalStateException stopped) {
        assertThat(stopped).hasMessage("stopped at " + stopAt);
        stops++;
      }
    }
    return stops;
  }

  // ---- what is refused ----

  @Test
  void another_log_is_never_written_over() {
    append(20);
    var _ = log.checkpoint();
    EventLog other =
        EventLog.open(copy, LogId.MAIN, TestLogs.keys(), TestLogs.options(8, new MemoryAnchor()));
    other.append(Append.of(TestGate.event("x", "1", "x")));
    byte[] root = other.root(1);
    assertThat(copy(copy, Progress.SILENT))
        .isInstanceOfSatisfying(
            CopyResult.NotContinued.class,
            not -> assertThat(not.reason()).contains("not the first"));
    assertThat(other.root(1)).isEqualTo(root);
    assertThat(copy.head(LogId.MAIN).size()).isEqualTo(1);
  }

  @Test
  void a_copy_that_has_gone_on_by_itself_is_not_gone_on_with() {
    append(20);
    copied();
    opened().append(Append.of(TestGate.event("x", "mine", "x")));
    assertThat(copy(copy, Progress.SILENT))
        .isInstanceOfSatisfying(
            CopyResult.NotContinued.class,
            not -> assertThat(not.reason()).contains("21").contains("20"));
    append(5);
    var _ = log.checkpoint();
    assertThat(copy(copy, Progress.SILENT)).isInstanceOf(CopyResult.NotContinued.class);
    assertThat(copy.head(LogId.MAIN).size()).isEqualTo(21);
  }

  @Test
  void nothing_is_copied_of_a_log_that_does_not_verify() {
    append(400);
    var _ = log.checkpoint();
    LogEngine altered =
        new ForwardingEngine(engine) {
          @Override
          public List<Row> read(LogId id, long after, int limit) {
            return super.read(id, after, limit).stream().map(CopyTck::altered).toList();
          }

          @Override
          public RowPage readPage(LogId id, long after, int limit) {
            return RowPage.of(read(id, after, limit));
          }

          @Override
          public void close() {
            // It is the test's.
          }
        };
    assertThat(LogCopy.run(altered, copy, LogId.MAIN, log.verifierKey(), CHECKS, Progress.SILENT))
        .isInstanceOfSatisfying(
            CopyResult.SourceUnsound.class, unsound -> assertThat(unsound.at()).isEqualTo(77));
    assertThat(copy.head(LogId.MAIN).size()).isZero();
  }

  private static Row altered(Row row) {
    byte[] body = row.body();
    if (row.position() != 77 || body == null) {
      return row;
    }
    byte[] other = body.clone();
    other[other.length - 1] ^= 1;
    return new Row(row.position(), row.link(), row.record(), other, row.keys());
  }

  @Test
  void a_log_that_is_behind_its_anchor_is_not_copied() {
    append(10);
    var _ = log.checkpoint();
    ReopenableMemory later = new ReopenableMemory();
    assertThat(copy(later, Progress.SILENT)).isInstanceOf(CopyResult.Copied.class);
    EventLog ahead =
        EventLog.open(later, LogId.MAIN, TestLogs.keys(), TestLogs.options(3, new MemoryAnchor()));
    ahead.append(Append.of(TestGate.event("x", "later", "x")));
    byte[] known = ahead.checkpoint().bytes();
    LogCopy.Checks anchored =
        new LogCopy.Checks(Optional.of(known), CHECKS.indexKey(), CHECKS.auditors());
    assertThat(LogCopy.run(engine, copy, LogId.MAIN, log.verifierKey(), anchored, Progress.SILENT))
        .isInstanceOf(CopyResult.SourceUnsound.class);
    assertThat(copy.head(LogId.MAIN).size()).isZero();
  }

  @Test
  void what_stops_it_is_thrown_to_whoever_asked_for_it() {
    append(SOME_PAGES);
    var _ = log.checkpoint();
    IllegalStateException stop = new IllegalStateException("stop");
    assertThatThrownBy(
            () ->
                copy(
                    copy,
                    (_, _) -> {
                      throw stop;
                    }))
        .isSameAs(stop);
    copied();
    assertSame("after a stop");
  }
}
