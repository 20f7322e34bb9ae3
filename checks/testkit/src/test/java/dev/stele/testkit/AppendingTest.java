package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.event.Body;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.AppendResult.AlreadyPresent;
import dev.stele.core.log.AppendResult.Appended;
import dev.stele.core.log.AppendResult.Conflict;
import dev.stele.core.log.AppendResult.Refused;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.FileAnchor;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.Stamp;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.gate.TestGate;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppendingTest {
  private final FailingEngine engine = new FailingEngine(new ReopenableMemory());
  private final MemoryAnchor anchor = new MemoryAnchor();
  private final AtomicLong now = new AtomicLong(TestLogs.START.toEpochMilli());
  private EventLog log = open(options());

  @TempDir Path folder;

  private LogOptions options() {
    return LogOptions.withAnchor(anchor)
        .with(() -> Instant.ofEpochMilli(now.get()), new Random(7))
        .checkpointEvery(Duration.ofSeconds(10));
  }

  private EventLog open(LogOptions options) {
    return EventLog.open(engine, LogId.MAIN, TestLogs.keys(), options);
  }

  @AfterEach
  void theLogVerifies() {
    log.close();
    try (EventLog again = open(options())) {
      assertThat(again.verdict()).isInstanceOf(Verdict.Intact.class);
    }
  }

  private static Admitted event(String id) {
    return TestGate.event("a", id, "payload of " + id);
  }

  private static Admitted refusing(String id) {
    return TestGate.event("a", id, "payload of " + id, OnDuplicate.REFUSE);
  }

  private Appended appended(Append append) {
    return (Appended) log.append(append);
  }

  // ---- outcomes ----

  @Test
  void an_ack_says_where_and_how_durable() {
    Appended first = appended(Append.of(event("x")));
    assertThat(first.first()).isEqualTo(1);
    assertThat(first.count()).isEqualTo(1);
    assertThat(first.head()).isEqualTo(log.head());
    assertThat(first.durability()).isEqualTo(Durability.MEMORY);
    assertThat(first.proof()).isEmpty();
    assertThat(appended(Append.of(List.of(event("y"), event("z")))).first()).isEqualTo(2);
    assertThat(log.head().size()).isEqualTo(3);
  }

  @Test
  void an_ack_says_the_place_in_its_stream_and_the_time() {
    appended(Append.of(TestGate.event("another", "w", "of another stream")));
    appended(Append.of(event("x")));
    now.addAndGet(5_000);
    Appended both = appended(Append.of(List.of(event("y"), event("z"))));

    assertThat(both.first()).isEqualTo(3);
    assertThat(both.firstRevision()).isEqualTo(2);
    StoredEvent last = log.get(4).orElseThrow();
    assertThat(last.revision()).isEqualTo(3);
    assertThat(both.recordedAt()).isEqualTo(last.recordedAt());
  }

  @Test
  void what_was_appended_is_read_back() {
    log.append(Append.of(event("x")));
    StoredEvent stored = log.findById("x").orElseThrow();
    assertThat(stored.position()).isEqualTo(1);
    assertThat(stored.revision()).isEqualTo(1);
    assertThat(stored.stream()).isEqualTo("a");
    assertThat(stored.type()).isEqualTo("tested");
    assertThat(stored.admittedBy()).isEqualTo("test/1");
    assertThat(stored.payload())
        .hasValueSatisfying(p -> assertThat(p).asString().isEqualTo("payload of x"));
    assertThat(stored.previousLink()).isEqualTo(EventRecord.genesis("test.example/log"));
    assertThat(stored.bodyHash()).isEqualTo(Body.hash(stored.body().orElseThrow()));
    assertThat(log.get(2)).isEmpty();
    assertThat(log.get(0)).isEmpty();
  }

  @Test
  void a_repetition_is_answered_with_the_position_that_is_there() {
    log.append(Append.of(event("x")));
    log.append(Append.of(event("y")));
    assertThat(log.append(Append.of(event("x")))).isEqualTo(new AlreadyPresent(1));
    assertThat(log.append(Append.of(List.of(event("y"), event("x")))))
        .isEqualTo(new AlreadyPresent(2));
    assertThat(log.head().size()).isEqualTo(2);
  }

  @Test
  void a_taken_claim_is_refused_with_its_holder() {
    log.append(Append.of(refusing("x")));
    AppendResult result = log.append(Append.of(refusing("x")));
    assertThat(result).isEqualTo(new Refused(Claim.ofEventId("x", OnDuplicate.REFUSE), 1));
  }

  private static Admitted claiming(OnDuplicate first, OnDuplicate second) {
    List<Claim> claims =
        List.of(
            new Claim("first", new byte[] {1}, first, Claim.NEVER),
            new Claim("second", new byte[] {2}, second, Claim.NEVER));
    return TestGate.admit(new EventDraft("a", "tested", "", new byte[0], claims, ""));
  }

  @Test
  void of_several_claims_the_first_that_is_held_answers() {
    log.append(Append.of(claiming(OnDuplicate.REFUSE, OnDuplicate.REFUSE)));
    assertThat(log.append(Append.of(claiming(OnDuplicate.REFUSE, OnDuplicate.RETURN_EXISTING))))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.claim().scope()).isEqualTo("first"));
    assertThat(log.append(Append.of(claiming(OnDuplicate.RETURN_EXISTING, OnDuplicate.REFUSE))))
        .isEqualTo(new AlreadyPresent(1));
  }

  @Test
  void a_claim_that_nobody_holds_has_no_say_though_it_comes_first() {
    Claim held = new Claim("second", new byte[] {2}, OnDuplicate.REFUSE, Claim.NEVER);
    log.append(
        Append.of(
            TestGate.admit(new EventDraft("a", "tested", "", new byte[0], List.of(held), ""))));
    assertThat(log.append(Append.of(claiming(OnDuplicate.REFUSE, OnDuplicate.RETURN_EXISTING))))
        .isEqualTo(new AlreadyPresent(1));
    assertThat(log.append(Append.of(claiming(OnDuplicate.RETURN_EXISTING, OnDuplicate.REFUSE))))
        .isEqualTo(new Refused(held, 1));
  }

  @Test
  void a_batch_that_holds_one_refused_event_is_not_there_at_all() {
    log.append(Append.of(refusing("x")));
    assertThat(log.append(Append.of(List.of(event("p"), refusing("x"), event("q")))))
        .isInstanceOf(Refused.class);
    assertThat(log.append(Append.of(List.of(refusing("r"), refusing("r")))))
        .isEqualTo(new Refused(Claim.ofEventId("r", OnDuplicate.REFUSE), 0));
    assertThat(log.head().size()).isEqualTo(1);
    assertThat(log.findById("p")).isEmpty();
    assertThat(log.append(Append.of(event("p")))).isInstanceOf(Appended.class);
  }

  @Test
  void a_stream_that_is_elsewhere_than_believed_is_a_conflict() {
    assertThat(log.append(Append.of(event("x")).expecting(1))).isEqualTo(new Conflict("a", 1, 0));
    assertThat(log.append(Append.of(event("x")).expecting(0))).isInstanceOf(Appended.class);
    assertThat(log.append(Append.of(event("y")).expecting(0))).isEqualTo(new Conflict("a", 0, 1));
    assertThat(log.lastRevision("a")).isEqualTo(1);
  }

  @Test
  void a_repetition_is_an_idempotent_success_also_with_an_expectation() {
    log.append(Append.of(event("x")).expecting(0));
    assertThat(log.append(Append.of(event("x")).expecting(0))).isEqualTo(new AlreadyPresent(1));
  }

  @Test
  void requests_of_one_call_stand_each_for_itself_and_see_one_another() {
    List<AppendResult> results =
        log.appendAll(
            List.of(
                Append.of(event("x")),
                Append.of(event("x")),
                Append.of(refusing("x")),
                Append.of(event("y")).expecting(1)));
    assertThat(results.get(0)).isInstanceOf(Appended.class);
    assertThat(results.get(1)).isEqualTo(new AlreadyPresent(1));
    assertThat(results.get(2)).isInstanceOf(Refused.class);
    assertThat(results.get(3)).isInstanceOf(Appended.class);
  }

  @Test
  void a_claim_that_expired_is_free_again_and_not_a_moment_earlier() {
    long expires = now.get() + 100;
    Append append =
        Append.of(
            TestGate.admit(
                new EventDraft(
                    "a",
                    "tested",
                    "",
                    new byte[0],
                    List.of(new Claim("nonce", new byte[] {1}, OnDuplicate.REFUSE, expires)),
                    "")));
    assertThat(log.append(append)).isInstanceOf(Appended.class);
    now.set(expires - 1);
    assertThat(log.append(append)).isInstanceOf(Refused.class);
    now.set(expires);
    Append later =
        Append.of(
            TestGate.admit(
                new EventDraft(
                    "a",
                    "tested",
                    "",
                    new byte[0],
                    List.of(new Claim("nonce", new byte[] {1}, OnDuplicate.REFUSE, Claim.NEVER)),
                    "")));
    assertThat(log.append(later)).isInstanceOf(Appended.class);
    assertThat(log.append(later)).isInstanceOf(Refused.class);
  }

  // ---- time and salt ----

  @Test
  void time_never_goes_back_in_a_log() {
    log.append(Append.of(event("x")));
    now.addAndGet(-5_000);
    log.append(Append.of(event("y")));
    assertThat(log.get(2).orElseThrow().recordedAt())
        .isEqualTo(log.get(1).orElseThrow().recordedAt());
  }

  @Test
  void a_stamp_gives_time_and_salt() {
    byte[] salt = new byte[Body.SALT_BYTES];
    Arrays.fill(salt, (byte) 9);
    long at = now.get() + 77;
    log.append(Append.of(event("x")).stamped(List.of(new Stamp(at, salt))));
    log.append(Append.of(event("y")).stamped(List.of(new Stamp(at - 50, salt))));
    assertThat(log.get(1).orElseThrow().recordedAt()).isEqualTo(Instant.ofEpochMilli(at));
    assertThat(log.get(1).orElseThrow().salt()).hasValue(salt);
    assertThat(log.get(2).orElseThrow().recordedAt()).isEqualTo(Instant.ofEpochMilli(at));
  }

  @Test
  void salts_differ_from_event_to_event() {
    log.append(Append.of(List.of(event("x"), event("y"))));
    assertThat(log.get(1).orElseThrow().salt().orElseThrow())
        .isNotEqualTo(log.get(2).orElseThrow().salt().orElseThrow());
  }

  // ---- proofs and checkpoints ----

  @Test
  void a_proof_in_the_ack_convinces_whoever_has_the_record_and_the_public_key() {
    for (int i = 0; i < 300; i++) {
      String id = "id-" + i;
      Appended ack = appended(Append.of(List.of(event(id), event(id + "-b"))).proven());
      var proof = ack.proof().orElseThrow();
      byte[] leaf = EventRecord.link(log.get(ack.first()).orElseThrow().record());
      var opened =
          SignedCheckpoint.open(proof.checkpoint().bytes(), TestLogs.keys().signer().vkey());
      assertThat(opened).isInstanceOf(SignedCheckpoint.Opening.Opened.class);
      var checkpoint = ((SignedCheckpoint.Opening.Opened) opened).checkpoint().checkpoint();
      assertThat(checkpoint.size()).isEqualTo(ack.head().size());
      assertThat(proof.path().index()).isEqualTo(ack.first() - 1);
      assertThat(proof.path().verify(leaf, checkpoint.root())).isTrue();
      leaf[0] ^= 1;
      assertThat(proof.path().verify(leaf, checkpoint.root())).isFalse();
    }
  }

  @Test
  void a_checkpoint_is_signed_when_the_last_one_is_old_enough_and_on_close() {
    log.append(Append.of(event("x")));
    assertThat(signedSizes()).containsExactly(0L);
    now.addAndGet(9_999);
    log.append(Append.of(event("y")));
    assertThat(signedSizes()).containsExactly(0L);
    now.addAndGet(1);
    log.append(Append.of(event("z")));
    assertThat(signedSizes()).containsExactly(0L, 3L);
    log.append(Append.of(event("last")));
    log.close();
    assertThat(signedSizes()).containsExactly(0L, 3L, 4L);
    assertThat(anchor.last()).hasValue(engine.latestCheckpoint(LogId.MAIN).orElseThrow().note());
  }

  @Test
  void a_pace_of_zero_signs_every_commit() {
    log.close();
    log = open(options().checkpointEvery(Duration.ZERO));
    for (int i = 0; i < 5; i++) {
      log.append(Append.of(event("id-" + i)));
    }
    assertThat(signedSizes()).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
  }

  @Test
  void a_checkpoint_that_was_stored_but_not_anchored_is_anchored_on_opening() {
    AtomicBoolean fails = new AtomicBoolean();
    Anchor failing =
        new Anchor() {
          @Override
          public Optional<byte[]> last() {
            return anchor.last();
          }

          @Override
          public void record(byte[] signedNote) {
            if (fails.get()) {
              throw new StorageFailed("the anchor's disk is full, as the test wants");
            }
            anchor.record(signedNote);
          }

          @Override
          public String describe() {
            return "failing";
          }
        };
    log.close();
    LogOptions options =
        LogOptions.withAnchor(failing)
            .with(options().clock(), new Random(8))
            .checkpointEvery(Duration.ZERO);
    EventLog crashing = open(options);
    fails.set(true);
    assertThatThrownBy(() -> crashing.append(Append.of(event("x"))))
        .isInstanceOf(StorageFailed.class);
    // The process dies here: the checkpoint is stored, and nobody outside knows of it.
    assertThat(anchor.last())
        .isNotEqualTo(engine.latestCheckpoint(LogId.MAIN).map(StoredCheckpoint::note));
    fails.set(false);
    log = open(options);
    assertThat(anchor.last()).hasValue(engine.latestCheckpoint(LogId.MAIN).orElseThrow().note());
    assertThat(log.append(Append.of(event("x")))).isEqualTo(new AlreadyPresent(1));
  }

  private List<Long> signedSizes() {
    return engine.checkpoints(LogId.MAIN, 0, 100).stream().map(StoredCheckpoint::size).toList();
  }

  // ---- failures ----

  @Test
  void an_append_that_failed_is_not_there_and_can_be_sent_again() {
    log.append(Append.of(event("x")));
    engine.next(FailingEngine.Next.FAILS_BEFORE);
    assertThatThrownBy(() -> log.append(Append.of(event("y")))).isInstanceOf(StorageFailed.class);
    assertThat(log.findById("y")).isEmpty();
    assertThat(appended(Append.of(event("y"))).first()).isEqualTo(2);
  }

  @Test
  void an_append_whose_answer_was_lost_is_there_once_however_often_it_is_sent() {
    log.append(Append.of(event("x")));
    engine.next(FailingEngine.Next.FAILS_AFTER);
    assertThatThrownBy(() -> log.append(Append.of(event("y")))).isInstanceOf(StorageFailed.class);
    assertThat(log.append(Append.of(event("y")))).isEqualTo(new AlreadyPresent(2));
    assertThat(appended(Append.of(event("z"))).first()).isEqualTo(3);
  }

  @Test
  void a_failed_commit_fails_every_append_in_it() throws Exception {
    for (FailingEngine.Next failure :
        List.of(FailingEngine.Next.FAILS_BEFORE, FailingEngine.Next.FAILS_AFTER)) {
      engine.next(failure);
      List<Append> appends = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        appends.add(Append.of(event(failure + "-" + i)));
      }
      assertThatThrownBy(() -> log.appendAll(appends)).isInstanceOf(StorageFailed.class);
      for (AppendResult result : log.appendAll(appends)) {
        assertThat(result)
            .isInstanceOf(
                failure == FailingEngine.Next.FAILS_AFTER ? AlreadyPresent.class : Appended.class);
      }
    }
  }

  @Test
  void a_log_that_was_taken_over_is_closed_and_gives_its_engine_back() throws Exception {
    AtomicBoolean engineClosed = new AtomicBoolean();
    FailingEngine fenced =
        new FailingEngine(new ReopenableMemory()) {
          @Override
          public void close() {
            engineClosed.set(true);
          }
        };
    EventLog old =
        EventLog.open(fenced, LogId.MAIN, TestLogs.keys(), TestLogs.options(1, new MemoryAnchor()));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> waiting =
          threads.submit(() -> old.subscribe(Cursor.BEGINNING).next(Duration.ofMinutes(1)));
      fenced.next(FailingEngine.Next.IS_FENCED);
      assertThatThrownBy(() -> old.append(Append.of(event("x")))).isInstanceOf(LogClosed.class);
      assertThatThrownBy(waiting::get).hasCauseInstanceOf(LogClosed.class);
    }
    assertThatThrownBy(() -> old.append(Append.of(event("x")))).isInstanceOf(LogClosed.class);
    old.close();
    assertThat(engineClosed).isTrue();
  }

  // ---- threads ----

  @Test
  void an_interrupted_caller_appends_and_stays_interrupted() {
    EventLog anchored =
        EventLog.open(
            new ReopenableMemory(),
            LogId.MAIN,
            TestLogs.keys(),
            TestLogs.options(3, new FileAnchor(folder.resolve("anchor")))
                .checkpointEvery(Duration.ZERO));
    for (int i = 0; i < 3; i++) {
      Thread.currentThread().interrupt();
      AppendResult result = anchored.append(Append.of(event("id-" + i)));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(result).isInstanceOf(Appended.class);
    }
    anchored.close();
  }

  @Test
  void interrupted_callers_that_wait_for_a_leader_are_answered_and_stay_interrupted()
      throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> appends = new ArrayList<>();
      CountDownLatch start = new CountDownLatch(1);
      for (int i = 0; i < 64; i++) {
        String id = "id-" + i;
        appends.add(
            threads.submit(
                () -> {
                  start.await();
                  Thread.currentThread().interrupt();
                  boolean there = log.append(Append.of(event(id))) instanceof Appended;
                  return there && Thread.interrupted();
                }));
      }
      start.countDown();
      for (Future<Boolean> each : appends) {
        assertThat(each.get()).isTrue();
      }
    }
    assertThat(log.head().size()).isEqualTo(64);
  }

  @Test
  void many_callers_with_the_same_event_append_it_once() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<AppendResult>> appends = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        appends.add(threads.submit(() -> log.append(Append.of(event("only")))));
      }
      int fresh = 0;
      for (Future<AppendResult> each : appends) {
        fresh += each.get() instanceof Appended ? 1 : 0;
      }
      assertThat(fresh).isEqualTo(1);
    }
    assertThat(log.head().size()).isEqualTo(1);
  }
}
