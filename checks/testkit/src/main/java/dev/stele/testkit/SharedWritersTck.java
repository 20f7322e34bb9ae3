package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Erasable;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.SharedEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.Trimmable;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.ReleaseResult;
import dev.stele.core.log.Subscription;
import dev.stele.core.log.TrimResult;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.testkit.gate.TestGate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Several writers of one log on an engine that can be shared, as tests.
 *
 * <p>An engine's own test extends this class and opens the engine again and again on the same rows,
 * while the others are open.
 */
public abstract class SharedWritersTck {
  /** How long an event may take from one process to a subscriber in another: never so long. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Where this test's engine may keep files. */
  @TempDir protected Path folder;

  private final List<EventLog> logs = new ArrayList<>();
  private final List<MemoryAnchor> anchors = new ArrayList<>();

  /** Made once for each test. */
  protected SharedWritersTck() {}

  /** Opens one more engine on the rows that all of them share. */
  protected abstract LogEngine open(Path folder);

  private EventLog another() {
    return another(UnaryOperator.identity(), UnaryOperator.identity());
  }

  /** A log with an engine and an anchor of its own, as another process has. */
  private EventLog another(UnaryOperator<LogEngine> around, UnaryOperator<LogOptions> with) {
    MemoryAnchor anchor = new MemoryAnchor();
    LogOptions options =
        TestLogs.options(logs.size(), anchor)
            .with(InstantSource.system(), new Random(logs.size()))
            .checkpointEvery(Duration.ofMillis(20));
    EventLog log =
        EventLog.open(around.apply(open(folder)), LogId.MAIN, TestLogs.keys(), with.apply(options));
    logs.add(log);
    anchors.add(anchor);
    return log;
  }

  @AfterEach
  final void closeLogs() {
    logs.forEach(EventLog::close);
  }

  private static AppendResult append(EventLog log, String stream, String id) {
    return log.append(Append.of(TestGate.event(stream, id, "payload of " + id)));
  }

  private static long appended(EventLog log, String stream, String id) {
    return ((AppendResult.Appended) append(log, stream, id)).first();
  }

  /**
   * The whole log and each anchor by itself, by a verifier that shares nothing with the writers.
   */
  private void assertIntact() {
    for (MemoryAnchor anchor : anchors) {
      try (LogEngine engine = open(folder)) {
        assertThat(
                Verifier.of(engine, LogId.MAIN, TestLogs.keys().signer().vkey())
                    .withIndexKey(TestLogs.keys().indexKey())
                    .withAnchor(anchor.last())
                    .verify())
            .isInstanceOf(Verdict.Intact.class);
      }
    }
  }

  @Test
  void an_engine_that_is_shared_says_so() {
    try (LogEngine engine = open(folder)) {
      assertThat(engine).isInstanceOf(SharedEngine.class);
      assertThat(((SharedEngine) engine).lookEvery()).isPositive();
    }
  }

  @Test
  void what_one_appends_the_other_reads_finds_and_continues() {
    EventLog one = another();
    EventLog two = another();
    assertThat(appended(one, "a", "x")).isEqualTo(1);
    assertThat(two.head()).isEqualTo(one.head());
    assertThat(two.findById("x")).map(StoredEvent::position).hasValue(1L);
    assertThat(append(two, "a", "x")).isEqualTo(new AppendResult.AlreadyPresent(1));
    assertThat(appended(two, "a", "y")).isEqualTo(2);
    assertThat(one.read(0, 10)).extracting(StoredEvent::revision).containsExactly(1L, 2L);
    assertThat(appended(one, "a", "z")).isEqualTo(3);
    assertIntact();
  }

  @Test
  void an_expected_revision_is_compared_with_what_the_others_have_appended() {
    EventLog one = another();
    EventLog two = another();
    appended(two, "a", "mine");
    appended(one, "a", "theirs");
    Append stale = Append.of(TestGate.event("a", "p", "p")).expecting(1);
    assertThat(two.append(stale)).isEqualTo(new AppendResult.Conflict("a", 1, 2));
    appended(one, "a", "more");
    Append known = Append.of(TestGate.event("a", "q", "q")).expecting(3);
    assertThat(two.append(known)).isInstanceOf(AppendResult.Appended.class);
  }

  @Test
  void a_proof_that_comes_with_an_ack_is_of_the_commit_that_was_stored() {
    EventLog one = another();
    EventLog two = another();
    for (int i = 0; i < 300; i++) {
      appended(one, "a", "one-" + i);
      AppendResult.Appended ack =
          (AppendResult.Appended)
              two.append(Append.of(TestGate.event("b", "two-" + i, "payload")).proven());
      AppendResult.AckProof proof = ack.proof().orElseThrow();
      assertThat(
              proof
                  .path()
                  .verify(
                      two.get(ack.first()).orElseThrow().link(),
                      proof.checkpoint().checkpoint().root()))
          .isTrue();
      assertThat(proof.checkpoint().checkpoint().root())
          .isEqualTo(one.root(proof.checkpoint().checkpoint().size()));
    }
    assertIntact();
  }

  @Test
  void many_writers_race_and_make_one_log_without_a_gap() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    int writers = 3;
    int threads = 4;
    int each = Scale.of(600);
    for (int i = 0; i < writers; i++) {
      another();
    }
    Map<Long, String> acks = new ConcurrentHashMap<>();
    AtomicInteger tokens = new AtomicInteger();
    List<Callable<Void>> work = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      EventLog log = logs.get(writer);
      for (int thread = 0; thread < threads; thread++) {
        String name = writer + "-" + thread;
        Random random = new Random(seed + name.hashCode());
        work.add(
            () -> {
              for (int i = 0; i < each; i++) {
                race(log, name + "-" + i, random, acks, tokens);
              }
              return null;
            });
      }
    }
    List<Callable<List<Long>>> readers = new ArrayList<>();
    int expected = writers * threads * each;
    for (EventLog log : logs) {
      readers.add(() -> follow(log, expected));
    }
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Long>>> following = new ArrayList<>();
      readers.forEach(reader -> following.add(pool.submit(reader)));
      for (Future<Void> done : pool.invokeAll(work)) {
        done.get();
      }
      for (Future<List<Long>> positions : following) {
        assertThat(positions.get()).as("seed %d", seed).hasSize(expected).isSorted();
        assertThat(new HashSet<>(positions.get())).as("seed %d", seed).hasSize(expected);
      }
    }
    List<StoredEvent> all = new ArrayList<>();
    while (all.size() < expected) {
      all.addAll(logs.getFirst().read(all.size(), 1_000));
    }
    assertThat(logs.getFirst().head().size()).as("seed %d", seed).isEqualTo(expected);
    acks.forEach(
        (position, id) ->
            assertThat(all.get((int) (position - 1)).id()).as("seed %d", seed).isEqualTo(id));
    assertThat(acks).hasSize(expected);
    Set<String> ids = new HashSet<>();
    all.forEach(event -> assertThat(ids.add(event.id())).as(event.id()).isTrue());
    assertIntact();
  }

  /** Appends one event that nobody else has, after trying in vain to take what others may have. */
  private static void race(
      EventLog log, String id, Random random, Map<Long, String> acks, AtomicInteger tokens) {
    byte[] token = {(byte) random.nextInt(100)};
    List<Claim> claims =
        List.of(
            Claim.ofEventId("t-" + token[0], OnDuplicate.REFUSE),
            new Claim("token", token, OnDuplicate.REFUSE, Claim.NEVER));
    String streamOfAll = "s-" + random.nextInt(3);
    EventDraft taken =
        new EventDraft(streamOfAll, "token", "t-" + token[0], new byte[0], claims, "");
    String mine = id;
    switch (log.append(Append.of(TestGate.admit(taken)))) {
      case AppendResult.Appended ack -> {
        tokens.incrementAndGet();
        acks.put(ack.first(), "t-" + token[0]);
        return;
      }
      case AppendResult.Refused(Claim _, long holder) -> assertThat(holder).isPositive();
      case AppendResult.AlreadyPresent _, AppendResult.Conflict _, AppendResult.ReadOnly _ ->
          throw new AssertionError("a token is taken or refused");
    }
    Append append = Append.of(TestGate.event(streamOfAll, mine, "payload of " + mine));
    switch (log.append(random.nextInt(8) == 0 ? append.proven() : append)) {
      case AppendResult.Appended ack -> acks.put(ack.first(), mine);
      case AppendResult.AlreadyPresent _,
          AppendResult.Refused _,
          AppendResult.Conflict _,
          AppendResult.ReadOnly _ ->
          throw new AssertionError("nobody else has " + mine);
    }
  }

  private static List<Long> follow(EventLog log, int count) throws InterruptedException {
    List<Long> positions = Collections.synchronizedList(new ArrayList<>());
    Subscription subscription = log.subscribe(Cursor.BEGINNING);
    while (positions.size() < count) {
      List<StoredEvent> events = subscription.next(PATIENCE);
      if (events.isEmpty()) {
        throw new AssertionError("nothing came after " + positions.size());
      }
      events.forEach(event -> positions.add(event.position()));
    }
    return positions;
  }

  @Test
  void a_subscription_sees_what_another_process_appends_while_it_waits() throws Exception {
    EventLog one = another();
    EventLog two = another();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<List<StoredEvent>> waiting =
          pool.submit(() -> two.subscribe(Cursor.BEGINNING).next(PATIENCE));
      appended(one, "a", "x");
      assertThat(waiting.get()).extracting(StoredEvent::id).containsExactly("x");
    }
    assertThat(two.subscribe(new Cursor(1)).next(Duration.ofMillis(30))).isEmpty();
  }

  @Test
  void a_checkpoint_covers_what_the_others_have_appended() {
    EventLog one = another();
    EventLog two = another();
    appended(one, "a", "x");
    SignedCheckpoint signed = two.checkpoint();
    assertThat(signed.checkpoint().size()).isEqualTo(1);
    assertThat(signed.checkpoint().root()).isEqualTo(one.root(1));
  }

  /** An engine between whose decision and commit something else is done, once. */
  private static final class Overtaken extends ForwardingEngine implements SharedEngine {
    private @Nullable Runnable first;
    private boolean always;
    private boolean answerLost;

    Overtaken(LogEngine engine) {
      super(engine);
    }

    @Override
    public Duration lookEvery() {
      return ((SharedEngine) engine).lookEvery();
    }

    private void overtake() {
      Runnable once = first;
      first = null;
      if (once != null) {
        once.run();
      }
    }

    @Override
    public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
      overtake();
      if (always) {
        return new CommitResult.HeadMoved(expected);
      }
      CommitResult result = super.commit(log, expected, batch, durability);
      if (answerLost) {
        answerLost = false;
        throw new StorageFailed("the connection was lost before the answer came");
      }
      return result;
    }

    @Override
    public CommitResult commitErasing(
        LogId log, Head expected, Batch batch, List<PositionRange> erased, Durability durability) {
      overtake();
      return super.commitErasing(log, expected, batch, erased, durability);
    }

    @Override
    public CommitResult commitTrimming(
        LogId log, Head expected, Batch batch, long upTo, Durability durability) {
      overtake();
      return super.commitTrimming(log, expected, batch, upTo, durability);
    }
  }

  private Overtaken overtaken = new Overtaken(new SharedMemoryEngine());

  private EventLog anotherThatIsOvertaken() {
    return another(engine -> overtaken = new Overtaken(engine), UnaryOperator.identity());
  }

  @Test
  void a_batch_that_was_overtaken_decides_anew_about_claims_and_revisions() {
    EventLog one = another();
    EventLog two = anotherThatIsOvertaken();
    overtaken.first = () -> appended(one, "a", "x");
    List<AppendResult> results =
        two.appendAll(
            List.of(
                Append.of(TestGate.event("b", "y", "y")),
                Append.of(TestGate.event("a", "x", "x")),
                Append.of(TestGate.event("a", "z", "z")).expecting(1),
                Append.of(TestGate.event("a", "w", "w"))));
    assertThat(results.get(0))
        .isInstanceOfSatisfying(
            AppendResult.Appended.class, ack -> assertThat(ack.first()).isEqualTo(2));
    assertThat(results.get(1)).isEqualTo(new AppendResult.AlreadyPresent(1));
    assertThat(results.get(2))
        .isInstanceOfSatisfying(
            AppendResult.Appended.class, ack -> assertThat(ack.first()).isEqualTo(3));
    assertThat(two.readStream("a", 0, 10))
        .extracting(StoredEvent::id)
        .containsExactly("x", "z", "w");
    assertIntact();
  }

  @Test
  void a_commit_whose_answer_was_lost_is_found_by_the_next_one() {
    EventLog one = another();
    EventLog two = anotherThatIsOvertaken();
    overtaken.answerLost = true;
    assertThatThrownBy(() -> appended(two, "a", "x")).isInstanceOf(StorageFailed.class);
    appended(one, "a", "y");
    assertThat(append(two, "a", "x")).isEqualTo(new AppendResult.AlreadyPresent(1));
    assertThat(appended(two, "a", "z")).isEqualTo(3);
    assertThat(two.lastRevision("a")).isEqualTo(3);
    assertIntact();
  }

  @Test
  void a_writer_that_is_late_without_an_end_says_so_and_can_go_on_later() {
    EventLog two = anotherThatIsOvertaken();
    overtaken.always = true;
    assertThatThrownBy(() -> appended(two, "a", "x"))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("nothing was stored");
    overtaken.always = false;
    assertThat(appended(two, "a", "x")).isEqualTo(1);
    assertIntact();
  }

  @Test
  void a_checkpoint_signed_for_a_lost_commit_is_nowhere() {
    EventLog one = another();
    EventLog two = anotherThatIsOvertaken();
    overtaken.first = () -> appended(one, "a", "x");
    SignedCheckpoint signed = two.checkpoint();
    assertThat(signed.checkpoint().size()).isEqualTo(1);
    assertThat(anchors.get(1).last()).hasValue(signed.bytes());
    assertThat(two.latestCheckpoint())
        .map(SignedCheckpoint::checkpoint)
        .hasValue(signed.checkpoint());
    overtaken.first = () -> appended(one, "a", "y");
    appended(two, "a", "z");
    two.checkpoint();
    assertIntact();
  }

  @Test
  void tiles_that_several_writers_have_filled_are_those_of_the_rows() {
    EventLog one = another();
    EventLog two = anotherThatIsOvertaken();
    for (int round = 0; round < 6; round++) {
      String name = round + "-";
      overtaken.first = () -> appendMany(one, name + "one-", 150);
      appendMany(two, name + "two-", 130);
    }
    assertThat(two.head().size()).isEqualTo(6 * 280);
    assertIntact();
  }

  private static void appendMany(EventLog log, String prefix, int count) {
    List<Append> appends = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      appends.add(Append.of(TestGate.event("many", prefix + i, "payload")));
    }
    assertThat(log.appendAll(appends)).allMatch(AppendResult.Appended.class::isInstance);
  }

  @Test
  void two_that_erase_the_same_event_leave_one_receipt_for_it() {
    EventLog one = another();
    EventLog two = anotherThatIsOvertaken();
    Assumptions.assumeTrue(
        overtaken.engine instanceof Erasable, "this engine cannot erase, so nothing can race");
    appendMany(one, "e", 5);
    overtaken.first = () -> one.erase(new Erasure.OfEvent(3));
    assertThat(two.erase(new Erasure.OfRevisions("many", 2, 4)))
        .isEqualTo(new EraseResult.Erased(2, List.of(7L)));
    assertIntact();
    overtaken.first = () -> one.erase(new Erasure.OfEvent(5));
    assertThat(two.erase(new Erasure.OfEvent(5))).isEqualTo(new EraseResult.NothingToErase());
    assertIntact();
  }

  @Test
  void claims_that_one_has_released_the_other_gives_away_again() {
    EventLog one = another();
    EventLog two = anotherThatIsOvertaken();
    Claim token = new Claim("token", new byte[] {1}, OnDuplicate.REFUSE, Claim.UNTIL_RELEASED);
    Append taking =
        Append.of(
            TestGate.admit(new EventDraft("a", "token", "", new byte[0], List.of(token), "")));
    assertThat(one.append(taking)).isInstanceOf(AppendResult.Appended.class);
    assertThat(two.append(taking)).isEqualTo(new AppendResult.Refused(token, 1));
    Instant past = one.get(1).orElseThrow().recordedAt().plusMillis(1);
    while (!Instant.now().isAfter(past.plusMillis(1))) {
      Thread.onSpinWait();
    }
    overtaken.first =
        () -> assertThat(one.release(past)).isInstanceOf(ReleaseResult.Released.class);
    assertThat(two.release(past)).isEqualTo(new ReleaseResult.AlreadyReleased(past));
    assertThat(two.append(taking)).isInstanceOf(AppendResult.Appended.class);
    assertThat(one.append(taking)).isInstanceOf(AppendResult.Refused.class);
    assertIntact();
  }

  @Test
  void two_that_trim_do_so_one_after_the_other_and_both_go_on() {
    EventLog one = another();
    EventLog two = anotherThatIsOvertaken();
    Assumptions.assumeTrue(
        overtaken.engine instanceof Trimmable, "this engine cannot trim, so nothing can race");
    appendMany(one, "e", 600);
    overtaken.first = () -> one.trim(300);
    assertThat(two.trim(600)).isInstanceOf(TrimResult.Trimmed.class);
    assertThat(two.firstPosition()).isEqualTo(513);
    appendMany(one, "f", 10);
    appendMany(two, "g", 10);
    assertIntact();
  }

  @Test
  void what_was_appended_and_trimmed_by_others_is_verified_before_it_is_continued() {
    EventLog one = another();
    EventLog two = another();
    Assumptions.assumeTrue(
        one.trim(1) instanceof TrimResult.NothingToTrim, "this engine cannot trim");
    appended(two, "a", "known");
    appendMany(one, "e", 600);
    assertThat(one.trim(600)).isInstanceOf(TrimResult.Trimmed.class);
    assertThat(appended(two, "a", "next")).isEqualTo(603);
    assertIntact();
  }

  // ---- what does not continue the log ----

  /** Commits one row that a log would not have, as a process gone wrong might. */
  private void forge(UnaryOperator<Row> change) {
    try (LogEngine engine = open(folder)) {
      Head head = engine.head(LogId.MAIN);
      Row last = engine.read(LogId.MAIN, head.size() - 1, 1).getFirst();
      byte[] record = last.record().clone();
      EventRecord.place(
          record,
          head.size() + 1,
          head.link(),
          EventRecord.recordedAtMillis(last.record()),
          EventRecord.revision(last.record()) + 1);
      Row next =
          new Row(
              head.size() + 1,
              EventRecord.link(record),
              record,
              last.body(),
              new byte[last.keys().length]);
      Batch batch = new Batch(List.of(change.apply(next)), List.<Tile>of(), null);
      assertThat(engine.commit(LogId.MAIN, head, batch, Durability.DURABLE))
          .isInstanceOf(CommitResult.Committed.class);
    }
  }

  private void assertCondemned(EventLog log, long at, Class<? extends Fault> kind) {
    assertThat(append(log, "a", "next"))
        .isInstanceOfSatisfying(
            AppendResult.ReadOnly.class,
            refused ->
                assertThat(refused.verdict())
                    .isInstanceOfSatisfying(
                        Verdict.Broken.class,
                        broken -> {
                          assertThat(broken.at()).isEqualTo(at);
                          assertThat(broken.fault()).isInstanceOf(kind);
                        }));
    assertThat(log.verdict()).isInstanceOf(Verdict.Broken.class);
    assertThat(append(log, "a", "again")).isInstanceOf(AppendResult.ReadOnly.class);
    assertThatThrownBy(log::checkpoint).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_row_whose_record_is_not_the_one_linked_makes_the_log_read_only() {
    EventLog log = another();
    appended(log, "a", "x");
    forge(row -> new Row(row.position(), new byte[32], row.record(), row.body(), row.keys()));
    assertCondemned(log, 2, Fault.Link.class);
  }

  @Test
  void a_row_that_does_not_name_the_one_before_makes_the_log_read_only() {
    EventLog log = another();
    appended(log, "a", "x");
    forge(
        row -> {
          byte[] record = row.record().clone();
          record[20] ^= 1;
          return new Row(row.position(), EventRecord.link(record), record, row.body(), row.keys());
        });
    assertCondemned(log, 2, Fault.Link.class);
  }

  @Test
  void a_row_with_another_body_than_it_commits_to_makes_the_log_read_only() {
    EventLog log = another();
    appended(log, "a", "x");
    forge(
        row ->
            new Row(
                row.position(),
                row.link(),
                row.record(),
                "another body, long enough to be read".getBytes(StandardCharsets.UTF_8),
                row.keys()));
    assertCondemned(log, 2, Fault.Payload.class);
  }

  @Test
  void a_checkpoint_over_another_history_makes_the_log_read_only() {
    EventLog log = another();
    EventLog two = another();
    appended(log, "a", "x");
    appended(two, "a", "y");
    appended(two, "a", "z");
    try (LogEngine engine = open(folder)) {
      byte[] forged =
          SignedCheckpoint.sign(
                  new Checkpoint("test.example/log", 3, new byte[32], List.of()),
                  TestLogs.keys().signer())
              .bytes();
      engine.commit(
          LogId.MAIN,
          engine.head(LogId.MAIN),
          new Batch(List.of(), List.of(), new StoredCheckpoint(3, forged)),
          Durability.DURABLE);
    }
    assertCondemned(log, 3, Fault.Checkpoint.class);
  }

  @Test
  void a_clock_that_is_behind_that_of_the_others_does_not_turn_time_back() {
    EventLog one = another();
    appended(one, "a", "x");
    EventLog two =
        another(
            UnaryOperator.identity(), options -> options.with(() -> Instant.EPOCH, new Random(99)));
    assertThat(appended(two, "a", "y")).isEqualTo(2);
    assertThat(two.get(2).orElseThrow().recordedAt())
        .isEqualTo(one.get(1).orElseThrow().recordedAt());
    assertIntact();
  }
}
