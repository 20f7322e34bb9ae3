package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Erasable;
import dev.stele.core.engine.FindsMany;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PendingIndex;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.SharedEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.Trimmable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of a {@link LogEngine}, as tests.
 *
 * <p>An engine's own test extends this class, opens the engine on a folder, and says whether rows
 * outlive the engine that wrote them. The rows are linked as a log links them, though no engine is
 * to know or care.
 */
public abstract class LogEngineTck {
  private static final LogId LOG = LogId.MAIN;
  private static final LogId OTHER = new LogId("other");
  private static final Comparator<IndexEntry> BY_KEY_AND_POSITION =
      Comparator.comparing(IndexEntry::key).thenComparingLong(IndexEntry::position);

  /** Where this test's engine keeps its files. */
  @TempDir protected Path folder;

  private LogEngine engine;
  private Rows rows;

  /** Made once for each test. */
  protected LogEngineTck() {
    this.engine = new ReopenableMemory();
    this.rows = new Rows();
  }

  /** Opens the engine to write, making what it needs in {@code folder}. */
  protected abstract LogEngine open(Path folder);

  /** Tells whether rows outlive the engine that wrote them. */
  protected abstract boolean persists();

  @BeforeEach
  final void openEngine() {
    engine = open(folder);
    rows = new Rows();
  }

  @AfterEach
  final void closeEngine() {
    engine.close();
  }

  private void reopen() {
    Assumptions.assumeTrue(persists(), "this engine keeps nothing");
    engine.close();
    engine = open(folder);
  }

  // ---- commit and read ----

  @Test
  void an_empty_log_ends_at_0_without_a_link() {
    assertThat(engine.head(LOG)).isEqualTo(new Head(0, new byte[0]));
    assertThat(engine.read(LOG, 0, 10)).isEmpty();
    assertThat(engine.latestCheckpoint(LOG)).isEmpty();
    assertThat(engine.find(LOG, Rows.claimOf(1))).isZero();
    assertThat(engine.lastRevision(LOG, Rows.keyOf("a"))).isZero();
    assertThat(engine.readStream(LOG, Rows.keyOf("a"), 0, 10)).isEmpty();
    assertThat(engine.scanClaims(LOG, _ -> {})).isZero();
    assertThat(engine.scanStreams(LOG, _ -> {})).isZero();
  }

  @Test
  void what_is_committed_is_read_back_byte_for_byte() {
    List<Row> written = rows.commit(engine, LOG, "a", 3);
    assertThat(engine.head(LOG)).isEqualTo(rows.head());
    assertRows(engine.read(LOG, 0, 10), written);
  }

  @Test
  void a_row_may_have_no_body_and_no_keys() {
    Row whole = rows.next("a", new byte[] {1});
    Row bare = new Row(whole.position(), whole.link(), whole.record(), null, new byte[0]);
    rows.commit(engine, LOG, Rows.batch(List.of(bare)));
    assertRows(engine.read(LOG, 0, 1), List.of(bare));
  }

  @Test
  void a_page_is_what_a_read_gives_byte_for_byte() {
    List<Row> written = rows.commit(engine, LOG, "a", 300);
    Row bare = rows.next("b", new byte[] {7});
    bare = new Row(bare.position(), bare.link(), bare.record(), null, bare.keys());
    rows.commit(engine, LOG, Rows.batch(List.of(bare)));
    assertRows(engine.readPage(LOG, 0, 256).rows(), written.subList(0, 256));
    assertRows(engine.readPage(LOG, 256, 256).rows().subList(44, 45), List.of(bare));
    assertThat(engine.readPage(LOG, 301, 10).isEmpty()).isTrue();
  }

  @Test
  void a_page_of_large_rows_has_a_bound_and_is_never_empty_before_the_end() {
    int large = (int) (LogEngine.MAX_READ_BYTES / 3);
    for (int i = 0; i < 5; i++) {
      rows.commit(engine, LOG, Rows.batch(List.of(rows.next("a", new byte[large]))));
    }
    int read = 0;
    while (read < 5) {
      RowPage page = engine.readPage(LOG, read, 100);
      assertThat(page.rows()).isNotEmpty().hasSizeLessThan(5);
      read += page.rows().size();
    }
    assertThat(engine.readPage(LOG, 5, 100).isEmpty()).isTrue();
  }

  @Test
  void what_can_be_read_can_be_found_also_while_it_is_being_committed() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Long> looking =
          () -> {
            long looks = 0;
            do {
              long size = engine.head(LOG).size();
              if (size > 0) {
                assertThat(engine.find(LOG, Rows.claimOf(size))).isEqualTo(size);
                looks++;
              }
              // A reader that was never let in meanwhile looks once behind the last commit.
            } while (!done.get() || looks == 0);
            return looks;
          };
      List<Future<Long>> readers = List.of(threads.submit(looking), threads.submit(looking));
      try {
        for (int i = 0; i < 300; i++) {
          rows.commit(engine, LOG, "a", 1);
        }
      } finally {
        done.set(true);
      }
      for (Future<Long> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    }
  }

  // ---- forgetting, where an engine can ----

  private Erasable erasable() {
    Assumptions.assumeTrue(engine instanceof Erasable, "this engine cannot erase");
    return (Erasable) engine;
  }

  private Trimmable trimmable() {
    Assumptions.assumeTrue(engine instanceof Trimmable, "this engine cannot trim");
    return (Trimmable) engine;
  }

  private static Row bare(Row row) {
    return new Row(row.position(), row.link(), row.record(), null, row.keys());
  }

  @Test
  void an_erase_drops_bodies_and_nothing_else() {
    Erasable erasable = erasable();
    List<Row> written = rows.commit(engine, LOG, "a", 6);
    Head before = rows.committed();
    Row receipt = rows.next("b", new byte[] {1});
    CommitResult result =
        erasable.commitErasing(
            LOG,
            before,
            Rows.batch(List.of(receipt)),
            List.of(new PositionRange(2, 3), new PositionRange(5, 5)),
            engine.strongest());
    assertThat(result).isInstanceOf(CommitResult.Committed.class);
    List<Row> expected =
        List.of(
            written.get(0),
            bare(written.get(1)),
            bare(written.get(2)),
            written.get(3),
            bare(written.get(4)),
            written.get(5),
            receipt);
    assertRows(engine.read(LOG, 0, 10), expected);
    assertRows(engine.readPage(LOG, 0, 10).rows(), expected);
    assertThat(engine.find(LOG, Rows.claimOf(2))).isEqualTo(2);
    assertRows(engine.readStream(LOG, Rows.keyOf("a"), 1, 1), List.of(bare(written.get(1))));
  }

  @Test
  void what_was_erased_stays_erased_after_reopening() {
    Erasable erasable = erasable();
    Assumptions.assumeTrue(persists(), "this engine keeps nothing");
    List<Row> written = rows.commit(engine, LOG, "a", 2);
    erasable.commitErasing(
        LOG,
        rows.committed(),
        Rows.batch(List.of(rows.next("a", new byte[0]))),
        List.of(new PositionRange(1, 2)),
        Durability.DURABLE);
    reopen();
    assertRows(engine.read(LOG, 0, 2), List.of(bare(written.get(0)), bare(written.get(1))));
    assertThat(engine.find(LOG, Rows.claimOf(1))).isEqualTo(1);
  }

  @Test
  void nothing_is_erased_by_a_writer_whose_head_is_old() {
    Erasable erasable = erasable();
    Head old = rows.committed();
    List<Row> written = rows.commit(engine, LOG, "a", 2);
    assertThat(
            erasable.commitErasing(
                LOG,
                old,
                Rows.batch(List.of()),
                List.of(new PositionRange(1, 1)),
                engine.strongest()))
        .isInstanceOf(CommitResult.HeadMoved.class);
    assertRows(engine.read(LOG, 0, 2), written);
  }

  @Test
  void erasing_twice_is_erasing_once() {
    Erasable erasable = erasable();
    List<Row> written = rows.commit(engine, LOG, "a", 1);
    for (int i = 0; i < 2; i++) {
      Head before = rows.committed();
      Row next = rows.next("a", new byte[0]);
      assertThat(
              erasable.commitErasing(
                  LOG,
                  before,
                  Rows.batch(List.of(next)),
                  List.of(new PositionRange(1, 1)),
                  engine.strongest()))
          .isInstanceOf(CommitResult.Committed.class);
      rows.committed(rows.head());
    }
    assertRows(engine.read(LOG, 0, 1), List.of(bare(written.get(0))));
  }

  @Test
  void a_trim_drops_the_first_rows_and_leaves_what_finds_and_proves_them() {
    Trimmable trimmable = trimmable();
    List<Row> written = new ArrayList<>(rows.commit(engine, LOG, "a", 3));
    Row expiring = rows.nextExpiring("a", new byte[] {1}, 5_000);
    written.add(expiring);
    rows.commit(engine, LOG, Rows.batch(List.of(expiring)));
    written.addAll(rows.commit(engine, LOG, "a", 2));
    Tile tile = new Tile(0, 0, new byte[8_192]);
    Head before = rows.committed();
    Row receipt = rows.next("b", new byte[] {1});
    assertThat(
            trimmable.commitTrimming(
                LOG,
                before,
                new Batch(List.of(receipt), List.of(tile), null),
                4,
                engine.strongest()))
        .isInstanceOf(CommitResult.Committed.class);
    for (int opened = 0; opened < (persists() ? 2 : 1); opened++) {
      assertThat(engine.head(LOG)).isEqualTo(rows.head());
      List<Row> left = List.of(written.get(4), written.get(5), receipt);
      assertRows(engine.read(LOG, 0, 10), left);
      assertRows(engine.read(LOG, 2, 2), left.subList(0, 2));
      assertRows(engine.readPage(LOG, 0, 10).rows(), left);
      assertRows(engine.readStream(LOG, Rows.keyOf("a"), 0, 10), left.subList(0, 2));
      assertRows(engine.readStream(LOG, Rows.keyOf("a"), 0, 1), left.subList(0, 1));
      assertRows(engine.readStream(LOG, Rows.keyOf("a"), 5, 1), left.subList(1, 2));
      assertThat(engine.lastRevision(LOG, Rows.keyOf("a"))).isEqualTo(6);
      assertThat(engine.find(LOG, Rows.claimOf(2))).isEqualTo(2);
      assertThat(engine.find(LOG, Rows.claimOf(4))).as("an expiring claim").isZero();
      assertThat(engine.tile(LOG, 0, 0)).isPresent();
      List<Long> claims = new ArrayList<>();
      engine.scanClaims(LOG, entry -> claims.add(entry.position()));
      assertThat(claims).containsExactlyInAnyOrder(1L, 2L, 3L, 5L, 6L, 7L);
      List<Long> streams = new ArrayList<>();
      engine.scanStreams(LOG, entry -> streams.add(entry.position()));
      assertThat(streams).containsExactlyInAnyOrder(1L, 2L, 3L, 4L, 5L, 6L, 7L);
      if (opened == 0 && persists()) {
        reopen();
      }
    }
  }

  @Test
  void a_trim_that_would_leave_nothing_is_refused() {
    Trimmable trimmable = trimmable();
    rows.commit(engine, LOG, "a", 3);
    assertThatThrownBy(
            () ->
                trimmable.commitTrimming(
                    LOG, rows.committed(), Rows.batch(List.of()), 3, engine.strongest()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void after_a_compaction_no_file_holds_what_was_dropped_and_everything_else_is_there()
      throws IOException {
    Trimmable trimmable = trimmable();
    Erasable erasable = erasable();
    Assumptions.assumeTrue(engine instanceof Compactable, "this engine has nothing to compact");
    byte[] secret = "a secret that must go 0x5ec2e7".getBytes(StandardCharsets.UTF_8);
    List<Row> written = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      byte[] payload = Arrays.copyOf(secret, i % 7 == 0 ? 9_000 : 200 + i);
      Row row = rows.next("a", i % 3 == 0 ? payload : new byte[] {(byte) i});
      written.add(row);
      rows.commit(engine, LOG, Rows.batch(List.of(row)));
    }
    List<PositionRange> erased = new ArrayList<>();
    for (int i = 300; i < 600; i += 3) {
      erased.add(new PositionRange(i + 1, i + 1));
      written.set(i, bare(written.get(i)));
    }
    erasable.commitErasing(
        LOG, rows.committed(), Rows.batch(List.of()), erased, Durability.DURABLE);
    trimmable.commitTrimming(LOG, rows.committed(), Rows.batch(List.of()), 300, Durability.DURABLE);
    Compactable.Compacted compacted = ((Compactable) engine).compact();
    assertThat(compacted.bytesAfter()).isPositive().isLessThan(compacted.bytesBefore());
    assertThat(filesWith(secret)).isEmpty();
    assertRows(engine.read(LOG, 0, 600), written.subList(300, 600));
    rows.commit(engine, LOG, "b", 2);
    reopen();
    assertThat(filesWith(secret)).isEmpty();
    assertRows(engine.read(LOG, 300, 300), written.subList(300, 600));
    assertThat(engine.head(LOG)).isEqualTo(rows.head());
    assertThat(engine.find(LOG, Rows.claimOf(7))).isEqualTo(7);
  }

  private List<Path> filesWith(byte[] secret) throws IOException {
    String sought = new String(secret, StandardCharsets.ISO_8859_1);
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(sought)) {
          found.add(file);
        }
      }
    }
    return found;
  }

  @Test
  void the_ack_says_at_most_what_the_engine_can_honour() {
    for (Durability asked : Durability.values()) {
      Head before = rows.head();
      CommitResult result = engine.commit(LOG, before, Rows.batch(rows.next("a", 1)), asked);
      assertThat(result).isInstanceOf(CommitResult.Committed.class);
      Durability reached = ((CommitResult.Committed) result).durability();
      assertThat(reached.weaker(engine.strongest())).isEqualTo(reached);
      assertThat(reached.stronger(asked.weaker(engine.strongest()))).isEqualTo(reached);
    }
    assertThat(engine.head(LOG).size()).isEqualTo(Durability.values().length);
  }

  @Test
  void a_batch_after_another_head_is_refused_and_leaves_nothing() {
    rows.commit(engine, LOG, "a", 2);
    Head actual = rows.head();
    for (Head wrong :
        List.of(
            new Head(0, new byte[32]),
            new Head(1, actual.link()),
            new Head(2, new byte[32]),
            new Head(3, actual.link()))) {
      Row row =
          new Row(wrong.size() + 1, new byte[32], new byte[100], null, Rows.claimOf(9).bytes());
      CommitResult result =
          engine.commit(
              LOG,
              wrong,
              Rows.batchWithCheckpoint(List.of(row), wrong.size() + 1),
              engine.strongest());
      assertThat(result).isEqualTo(new CommitResult.HeadMoved(actual));
    }
    assertThat(engine.head(LOG)).isEqualTo(actual);
    assertThat(engine.read(LOG, 0, 10)).hasSize(2);
    assertThat(engine.latestCheckpoint(LOG)).isEmpty();
    assertThat(engine.find(LOG, Rows.claimOf(9))).isZero();
    rows.commit(engine, LOG, "a", 1);
  }

  @Test
  void rows_that_do_not_follow_one_another_are_refused_and_leave_nothing() {
    rows.commit(engine, LOG, "a", 2);
    Head head = rows.head();
    Row third = rows.next("a", new byte[1]);
    Row fourth = rows.next("a", new byte[1]);
    for (List<Row> wrong :
        List.of(
            List.of(third, third),
            List.of(fourth),
            List.of(fourth, third),
            List.of(third, rows.next("b", new byte[1])))) {
      assertThatThrownBy(
              () ->
                  engine.commit(LOG, head, Rows.batchWithCheckpoint(wrong, 4), engine.strongest()))
          .isInstanceOf(RuntimeException.class);
      assertThat(engine.head(LOG)).isEqualTo(head);
      assertThat(engine.read(LOG, 0, 10)).hasSize(2);
      assertThat(engine.latestCheckpoint(LOG)).isEmpty();
      assertThat(engine.find(LOG, Rows.claimOf(3))).isZero();
      assertThat(engine.lastRevision(LOG, Rows.keyOf("a"))).isEqualTo(2);
    }
    assertThat(engine.commit(LOG, head, Rows.batch(List.of(third, fourth)), engine.strongest()))
        .isInstanceOf(CommitResult.Committed.class);
    assertThat(engine.find(LOG, Rows.claimOf(3))).isEqualTo(3);
  }

  @Test
  void a_read_begins_after_a_position_and_ends_at_its_limit() {
    List<Row> written = rows.commit(engine, LOG, "a", 10);
    assertRows(engine.read(LOG, 3, 4), written.subList(3, 7));
    assertRows(engine.read(LOG, 9, 5), written.subList(9, 10));
    assertThat(engine.read(LOG, 10, 5)).isEmpty();
    assertThat(engine.read(LOG, Long.MAX_VALUE, 5)).isEmpty();
    assertThat(engine.read(LOG, 0, Integer.MAX_VALUE)).hasSize(10);
  }

  @Test
  void a_read_ends_once_it_has_gathered_its_bytes_but_is_never_empty() {
    byte[] large = new byte[(int) (LogEngine.MAX_READ_BYTES / 4)];
    byte[] huge = new byte[(int) LogEngine.MAX_READ_BYTES + 1];
    List<Row> written = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      written.add(rows.next("a", large));
    }
    written.add(rows.next("a", huge));
    written.add(rows.next("a", huge));
    rows.commit(engine, LOG, Rows.batch(written));
    List<Row> first = engine.read(LOG, 0, 100);
    assertThat(first).hasSize(4);
    assertThat(engine.read(LOG, 6, 100)).hasSize(1);
    assertThat(engine.read(LOG, 7, 100)).hasSize(1);
    assertThat(engine.readStream(LOG, Rows.keyOf("a"), 0, 100)).hasSize(4);
    assertThat(engine.readStream(LOG, Rows.keyOf("a"), 6, 100)).hasSize(1);
  }

  // ---- logs, streams, claims, tiles, checkpoints ----

  @Test
  void two_logs_of_one_engine_do_not_see_each_other() {
    Rows others = new Rows();
    rows.commit(engine, LOG, "a", 3);
    List<Row> written = new ArrayList<>(others.next("b", 5));
    others.commit(engine, OTHER, Rows.batchWithCheckpoint(written, 5));
    assertThat(engine.head(LOG).size()).isEqualTo(3);
    assertThat(engine.head(OTHER).size()).isEqualTo(5);
    assertThat(engine.read(LOG, 0, 100)).hasSize(3);
    assertThat(engine.read(OTHER, 0, 100)).hasSize(5);
    assertThat(engine.lastRevision(LOG, Rows.keyOf("b"))).isZero();
    assertThat(engine.readStream(LOG, Rows.keyOf("b"), 0, 9)).isEmpty();
    assertThat(engine.find(LOG, Rows.claimOf(5))).isZero();
    assertThat(engine.find(OTHER, Rows.claimOf(5))).isEqualTo(5);
    assertThat(engine.latestCheckpoint(LOG)).isEmpty();
    assertThat(claims(LOG)).hasSize(3);
    assertThat(claims(OTHER)).hasSize(5);
  }

  @Test
  void a_stream_is_read_in_order_of_its_revisions() {
    List<Row> ofA = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ofA.addAll(rows.commit(engine, LOG, "a", 2));
      rows.commit(engine, LOG, "b", 1);
    }
    assertThat(engine.lastRevision(LOG, Rows.keyOf("a"))).isEqualTo(10);
    assertThat(engine.lastRevision(LOG, Rows.keyOf("b"))).isEqualTo(5);
    assertThat(engine.lastRevision(LOG, Rows.keyOf("c"))).isZero();
    assertRows(engine.readStream(LOG, Rows.keyOf("a"), 0, 100), ofA);
    assertRows(engine.readStream(LOG, Rows.keyOf("a"), 3, 4), ofA.subList(3, 7));
    assertThat(engine.readStream(LOG, Rows.keyOf("a"), 10, 4)).isEmpty();
  }

  @Test
  void a_claim_leads_to_the_last_event_that_made_it() {
    IndexKey claim = Rows.claimOf(77);
    Row first = withKeys(rows.next("a", new byte[1]), claim, Rows.claimOf(78));
    Row second = withKeys(rows.next("a", new byte[1]), claim);
    rows.commit(engine, LOG, Rows.batch(List.of(first)));
    assertThat(engine.find(LOG, claim)).isEqualTo(1);
    assertThat(engine.probe(LOG, claim)).isEqualTo(1);
    rows.commit(engine, LOG, Rows.batch(List.of(second)));
    assertThat(engine.find(LOG, claim)).isEqualTo(2);
    assertThat(engine.probe(LOG, claim)).isEqualTo(2);
    assertThat(engine.find(LOG, Rows.claimOf(78))).isEqualTo(1);
    assertThat(engine.probe(LOG, Rows.claimOf(78))).isEqualTo(1);
    assertThat(engine.find(LOG, Rows.claimOf(79))).isZero();
    assertThat(engine.probe(LOG, Rows.claimOf(79))).isZero();
    assertThat(claims(LOG)).hasSize(3).isSortedAccordingTo(BY_KEY_AND_POSITION);
  }

  @Test
  void tiles_are_found_by_level_and_index() {
    byte[] hashes = new byte[Tile.WIDTH * 32];
    Arrays.fill(hashes, (byte) 7);
    Tile tile = new Tile(1, 12, hashes);
    rows.commit(engine, LOG, new Batch(rows.next("a", 1), List.of(tile), null));
    assertThat(engine.tile(LOG, 1, 12))
        .hasValueSatisfying(found -> assertThat(found.hashes()).isEqualTo(hashes));
    assertThat(engine.tile(LOG, 1, 13)).isEmpty();
    assertThat(engine.tile(LOG, 0, 12)).isEmpty();
    assertThat(engine.tile(OTHER, 1, 12)).isEmpty();
  }

  @Test
  void checkpoints_come_in_order_of_size_and_the_last_is_the_largest() {
    for (int i = 0; i < 5; i++) {
      List<Row> next = rows.next("a", 3);
      rows.commit(engine, LOG, Rows.batchWithCheckpoint(next, rows.head().size()));
    }
    assertThat(sizes(engine.checkpoints(LOG, 0, 100))).containsExactly(3L, 6L, 9L, 12L, 15L);
    assertThat(sizes(engine.checkpoints(LOG, 6, 2))).containsExactly(6L, 9L);
    assertThat(engine.checkpoints(LOG, 16, 100)).isEmpty();
    assertThat(engine.latestCheckpoint(LOG).map(StoredCheckpoint::size)).hasValue(15L);
  }

  @Test
  void a_checkpoint_alone_is_a_batch_and_replaces_that_of_its_size() {
    rows.commit(engine, LOG, "a", 1);
    rows.commit(engine, LOG, Rows.batchWithCheckpoint(List.of(), 1));
    byte[] note = {1, 2, 3};
    rows.commit(engine, LOG, new Batch(List.of(), List.of(), new StoredCheckpoint(1, note)));
    assertThat(engine.checkpoints(LOG, 0, 9)).hasSize(1);
    assertThat(engine.latestCheckpoint(LOG))
        .hasValueSatisfying(kept -> assertThat(kept.note()).isEqualTo(note));
  }

  // ---- the whole index ----

  @Test
  @Tag("engine")
  void the_indexes_are_whole_and_in_order_also_past_a_flush() {
    int streams = 50;
    int total = PendingIndex.FLUSH_AT + 3_000;
    for (int done = 0; done < total; ) {
      List<Row> next = new ArrayList<>();
      for (int i = 0; i < 1_024; i++) {
        next.add(rows.next("stream-" + (done + i) % streams, new byte[4]));
      }
      done += next.size();
      rows.commit(engine, LOG, Rows.batch(next));
    }
    assertIndexes(streams);
    if (persists()) {
      reopen();
      assertIndexes(streams);
      rows.commit(engine, LOG, "stream-0", 1);
      assertThat(engine.find(LOG, Rows.claimOf(rows.head().size()))).isEqualTo(rows.head().size());
      assertThat(engine.probe(LOG, Rows.claimOf(rows.head().size()))).isEqualTo(rows.head().size());
    }
  }

  private void assertIndexes(int streams) {
    long size = rows.head().size();
    List<IndexEntry> claims = claims(LOG);
    assertThat(claims).hasSize((int) size).isSortedAccordingTo(BY_KEY_AND_POSITION);
    assertThat(claims.stream().mapToLong(IndexEntry::position).distinct().count()).isEqualTo(size);
    assertThat(claims).allMatch(entry -> entry.key().equals(Rows.claimOf(entry.position())));
    List<IndexEntry> ofStreams = new ArrayList<>();
    assertThat(engine.scanStreams(LOG, ofStreams::add)).isEqualTo(size);
    assertThat(ofStreams)
        .hasSize((int) size)
        .isSortedAccordingTo(
            Comparator.comparing(IndexEntry::key).thenComparingLong(IndexEntry::revision));
    for (long position : new long[] {1, size / 2, PendingIndex.FLUSH_AT, size}) {
      assertThat(engine.find(LOG, Rows.claimOf(position))).isEqualTo(position);
      assertThat(engine.probe(LOG, Rows.claimOf(position))).isEqualTo(position);
    }
    for (int stream = 0; stream < streams; stream++) {
      IndexKey key = Rows.keyOf("stream-" + stream);
      long last = ofStreams.stream().filter(entry -> entry.key().equals(key)).count();
      assertThat(engine.lastRevision(LOG, key)).isEqualTo(last);
      List<Row> read = engine.readStream(LOG, key, 0, Integer.MAX_VALUE);
      assertThat(read).hasSize((int) last);
      for (int i = 0; i < read.size(); i++) {
        assertThat(read.get(i).position()).isEqualTo((long) i * streams + stream + 1);
      }
    }
  }

  // ---- what outlives an engine ----

  @Test
  void everything_is_there_after_it_was_opened_again() {
    List<Row> written = new ArrayList<>(rows.commit(engine, LOG, "a", 3));
    List<Row> next = rows.next("b", 2);
    byte[] hashes = new byte[Tile.WIDTH * 32];
    rows.commit(
        engine,
        LOG,
        new Batch(next, List.of(new Tile(0, 0, hashes)), new StoredCheckpoint(5, new byte[] {9})));
    written.addAll(next);
    reopen();
    assertThat(engine.head(LOG)).isEqualTo(rows.head());
    assertRows(engine.read(LOG, 0, 10), written);
    assertThat(engine.find(LOG, Rows.claimOf(5))).isEqualTo(5);
    assertThat(engine.lastRevision(LOG, Rows.keyOf("b"))).isEqualTo(2);
    assertThat(engine.tile(LOG, 0, 0)).isPresent();
    assertThat(engine.latestCheckpoint(LOG).map(StoredCheckpoint::size)).hasValue(5L);
    assertThat(claims(LOG)).hasSize(5);
    rows.commit(engine, LOG, "a", 1);
    assertThat(engine.lastRevision(LOG, Rows.keyOf("a"))).isEqualTo(4);
  }

  @Test
  void many_claims_are_found_as_each_is_found_alone() {
    Assumptions.assumeTrue(engine instanceof FindsMany, "this engine is asked for each claim");
    FindsMany many = (FindsMany) engine;
    rows.commit(engine, LOG, "a", 300);
    List<IndexKey> claims = LongStream.rangeClosed(1, 600).mapToObj(Rows::claimOf).toList();
    Map<IndexKey, Long> expected = new HashMap<>();
    for (IndexKey claim : claims) {
      long position = engine.find(LOG, claim);
      if (position > 0) {
        expected.put(claim, position);
      }
    }
    assertThat(expected).isNotEmpty().hasSizeLessThan(claims.size());
    assertThat(many.findAll(LOG, claims)).isEqualTo(expected);
    assertThat(many.findAll(LOG, List.of())).isEmpty();
    assertThat(many.findAll(OTHER, claims)).isEmpty();
  }

  @Test
  void a_second_writer_is_refused_as_long_as_there_is_one() {
    Assumptions.assumeTrue(persists(), "nobody else can open what is in this heap");
    Assumptions.assumeFalse(engine instanceof SharedEngine, "this engine has several writers");
    rows.commit(engine, LOG, "a", 1);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> open(folder)).isInstanceOf(StorageFailed.class);
    }
    rows.commit(engine, LOG, "a", 1);
    reopen();
    rows.commit(engine, LOG, "a", 1);
  }

  @Test
  void a_second_writer_with_an_old_head_is_told_where_the_log_ends() {
    Assumptions.assumeTrue(engine instanceof SharedEngine, "this engine has one writer");
    rows.commit(engine, LOG, "a", 1);
    try (LogEngine second = open(folder)) {
      Head before = rows.committed();
      List<Row> next = rows.next("a", 2);
      assertThat(second.commit(LOG, before, Rows.batch(next), Durability.DURABLE))
          .isInstanceOf(CommitResult.Committed.class);
      assertThat(engine.commit(LOG, before, Rows.batch(next), Durability.DURABLE))
          .isEqualTo(new CommitResult.HeadMoved(rows.head()));
      assertThat(engine.head(LOG)).isEqualTo(rows.head());
      rows.committed(rows.head());
      rows.commit(engine, LOG, "a", 1);
      assertThat(second.head(LOG)).isEqualTo(rows.head());
    }
  }

  // ---- many threads ----

  @Test
  void readers_see_whole_batches_while_a_writer_commits() throws Exception {
    int batches = 60;
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch looking = new CountDownLatch(2);
    IndexKey stream = Rows.keyOf("a");
    Callable<Long> reader =
        () -> {
          long looks = 0;
          do {
            looking.countDown();
            assertThat(engine.head(LOG).size() % 3).isZero();
            assertThat(engine.read(LOG, 0, 1_000).size() % 3).isZero();
            assertThat(engine.readStream(LOG, stream, 0, 1_000).size() % 3).isZero();
            assertThat(engine.lastRevision(LOG, stream) % 3).isZero();
            long first = engine.head(LOG).size() + 1;
            if (engine.find(LOG, Rows.claimOf(first)) != 0) {
              assertThat(engine.find(LOG, Rows.claimOf(first + 2))).isEqualTo(first + 2);
            }
            assertThat(claims(LOG).size() % 3).isZero();
            looks++;
          } while (!done.get());
          return looks;
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<Long>> readers = List.of(threads.submit(reader), threads.submit(reader));
      try {
        looking.await();
        for (int i = 0; i < batches; i++) {
          rows.commit(engine, LOG, "a", 3);
        }
      } finally {
        done.set(true);
      }
      for (Future<Long> each : readers) {
        assertThat(each.get()).isPositive();
      }
    }
    assertThat(engine.head(LOG).size()).isEqualTo(3L * batches);
  }

  @Test
  void many_threads_read_rows_while_they_scan_an_index() throws Exception {
    rows.commit(engine, LOG, "a", 5);
    int scanners = Math.max(4, Runtime.getRuntime().availableProcessors());
    CyclicBarrier allScan = new CyclicBarrier(scanners);
    Callable<Integer> scan =
        () -> {
          List<Row> read = new ArrayList<>();
          engine.scanClaims(
              LOG,
              entry -> {
                try {
                  allScan.await(10, TimeUnit.SECONDS);
                } catch (Exception e) {
                  throw new IllegalStateException("the scans do not run beside each other", e);
                }
                read.addAll(engine.read(LOG, entry.position() - 1, 1));
              });
          return read.size();
        };
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<Integer>> scans = new ArrayList<>();
      for (int i = 0; i < scanners; i++) {
        scans.add(threads.submit(scan));
      }
      for (Future<Integer> each : scans) {
        assertThat(each.get(30, TimeUnit.SECONDS)).isEqualTo(5);
      }
    }
  }

  @Test
  void two_logs_are_written_by_two_threads_without_mixing() throws Exception {
    Callable<Rows> one = () -> writeBatches(LOG);
    Callable<Rows> two = () -> writeBatches(OTHER);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Rows> first = threads.submit(one);
      Future<Rows> second = threads.submit(two);
      assertThat(engine.head(LOG)).matches(head -> head.size() % 3 == 0);
      assertThat(first.get().head()).isEqualTo(engine.head(LOG));
      assertThat(second.get().head()).isEqualTo(engine.head(OTHER));
    }
    assertThat(engine.checkpoints(LOG, 0, 1_000)).hasSize(60);
    assertThat(engine.checkpoints(OTHER, 0, 1_000)).hasSize(60);
  }

  private Rows writeBatches(LogId log) {
    Rows written = new Rows();
    for (int i = 0; i < 60; i++) {
      List<Row> next = written.next("a", 3);
      written.commit(engine, log, Rows.batchWithCheckpoint(next, written.head().size()));
    }
    return written;
  }

  @Test
  void closing_in_the_middle_of_a_commit_leaves_whole_batches() throws Exception {
    Assumptions.assumeTrue(persists(), "this engine keeps nothing");
    try (ExecutorService threads = Executors.newFixedThreadPool(1)) {
      for (int round = 0; round < 20; round++) {
        LogId log = new LogId("round-" + round);
        LogEngine closing = engine;
        CountDownLatch begun = new CountDownLatch(1 + round % 4);
        Future<?> writer =
            threads.submit(
                () -> {
                  Rows written = new Rows();
                  while (true) {
                    List<Row> next = written.next("a", 3);
                    written.commit(
                        closing, log, Rows.batchWithCheckpoint(next, written.head().size()));
                    begun.countDown();
                  }
                });
        begun.await();
        closing.close();
        assertThatThrownBy(writer::get).hasCauseInstanceOf(LogClosed.class);
        engine = open(folder);
        long size = engine.head(log).size();
        assertThat(size).isPositive().matches(n -> n % 3 == 0);
        assertThat(engine.latestCheckpoint(log).map(StoredCheckpoint::size)).hasValue(size);
        assertThat(engine.checkpoints(log, 0, 10_000)).hasSize((int) (size / 3));
      }
    }
  }

  @Test
  void a_closed_engine_answers_nothing_and_can_be_closed_again() {
    rows.commit(engine, LOG, "a", 1);
    LogEngine closed = engine;
    closed.close();
    assertThatCode(closed::close).doesNotThrowAnyException();
    List<Row> next = rows.next("a", 1);
    for (Runnable call :
        List.<Runnable>of(
            () -> closed.head(LOG),
            () -> closed.read(LOG, 0, 1),
            () -> closed.readStream(LOG, Rows.keyOf("a"), 0, 1),
            () -> closed.lastRevision(LOG, Rows.keyOf("a")),
            () -> closed.find(LOG, Rows.claimOf(1)),
            () -> closed.tile(LOG, 0, 0),
            () -> closed.checkpoints(LOG, 0, 1),
            () -> closed.latestCheckpoint(LOG),
            () -> closed.scanClaims(LOG, _ -> {}),
            () -> closed.scanStreams(LOG, _ -> {}),
            () -> closed.commit(LOG, rows.committed(), Rows.batch(next), Durability.DURABLE))) {
      assertThatThrownBy(call::run).isInstanceOf(LogClosed.class);
    }
  }

  // ---- shared ----

  private List<IndexEntry> claims(LogId log) {
    List<IndexEntry> entries = new ArrayList<>();
    engine.scanClaims(log, entries::add);
    return entries;
  }

  private static Row withKeys(Row row, IndexKey... keys) {
    byte[] bytes = new byte[keys.length * Row.KEY_BYTES];
    for (int i = 0; i < keys.length; i++) {
      System.arraycopy(keys[i].bytes(), 0, bytes, i * Row.KEY_BYTES, Row.KEY_BYTES);
    }
    return new Row(row.position(), row.link(), row.record(), row.body(), bytes);
  }

  private static List<Long> sizes(List<StoredCheckpoint> checkpoints) {
    return checkpoints.stream().map(StoredCheckpoint::size).toList();
  }

  private static void assertRows(List<Row> actual, List<Row> expected) {
    assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
  }
}
