package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogCorrupt;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.Opening;
import dev.stele.core.log.Proven;
import dev.stele.core.log.ReleaseResult;
import dev.stele.core.log.Scrubber;
import dev.stele.core.log.TrimResult;
import dev.stele.core.log.WhenBroken;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.gate.TestGate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a log forgets, what it keeps of it, and what it notices, on an engine that can erase and
 * trim: as tests.
 *
 * <p>An engine's own test extends this class and opens the engine on a folder.
 */
public abstract class ForgettingTck {
  /** Where this test's engine keeps its files. */
  @TempDir protected Path folder;

  private final MemoryAnchor anchor = new MemoryAnchor();
  private final AtomicLong now = new AtomicLong(TestLogs.START.toEpochMilli());
  private EventLog log = placeholder();

  /** Made once for each test. */
  protected ForgettingTck() {}

  private static EventLog placeholder() {
    return EventLog.open(
        new ReopenableMemory(),
        LogId.MAIN,
        TestLogs.keys(),
        TestLogs.options(0, new MemoryAnchor()));
  }

  /** Opens the engine on a folder, again and again on what it has stored there. */
  protected abstract LogEngine open(Path folder);

  @BeforeEach
  final void openLog() {
    log = open(UnaryOperator.identity(), UnaryOperator.identity());
  }

  @AfterEach
  final void closeLog() {
    log.close();
  }

  private EventLog open(UnaryOperator<LogEngine> around, UnaryOperator<LogOptions> with) {
    LogOptions options =
        TestLogs.options(7, anchor).with(() -> Instant.ofEpochMilli(now.get()), new Random(7));
    return EventLog.open(
        around.apply(open(folder)), LogId.MAIN, TestLogs.keys(), with.apply(options));
  }

  private void reopen(UnaryOperator<LogEngine> around, UnaryOperator<LogOptions> with) {
    log.close();
    log = open(around, with);
  }

  private void reopen() {
    reopen(UnaryOperator.identity(), UnaryOperator.identity());
  }

  private void append(String stream, int count) {
    List<Append> appends = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = "id-" + (log.head().size() + i + 1);
      appends.add(Append.of(TestGate.event(stream, id, "payload of " + id)));
    }
    assertThat(log.appendAll(appends)).allMatch(AppendResult.Appended.class::isInstance);
  }

  private void appendAbout(String stream, String id, String subject) {
    EventDraft draft =
        new EventDraft(
            stream,
            "tested",
            id,
            ("about " + subject).getBytes(StandardCharsets.UTF_8),
            List.of(Claim.ofEventId(id, OnDuplicate.RETURN_EXISTING)),
            subject);
    assertThat(log.append(Append.of(TestGate.admit(draft))))
        .isInstanceOf(AppendResult.Appended.class);
  }

  private AppendResult appendNonce(String id, int nonce, long expiresAt) {
    EventDraft draft =
        new EventDraft(
            "nonces",
            "tested",
            id,
            new byte[] {1},
            List.of(new Claim("nonce", new byte[] {(byte) nonce}, OnDuplicate.REFUSE, expiresAt)),
            "");
    return log.append(Append.of(TestGate.admit(draft)));
  }

  private Verdict.Intact assertIntact() {
    Verdict verdict = log.scrub(List::of, _ -> {});
    assertThat(verdict).isInstanceOf(Verdict.Intact.class);
    return (Verdict.Intact) verdict;
  }

  private void assertBroken(long at, Class<? extends Fault> kind) {
    assertThat(log.scrub(List::of, _ -> {}))
        .isInstanceOfSatisfying(
            Verdict.Broken.class,
            broken -> {
              assertThat(broken.at()).isEqualTo(at);
              assertThat(broken.fault()).isInstanceOf(kind);
            });
  }

  private EraseResult.Erased erase(Erasure what) {
    EraseResult result = log.erase(what);
    assertThat(result).isInstanceOf(EraseResult.Erased.class);
    return (EraseResult.Erased) result;
  }

  // ---- erase ----

  @Test
  void an_erased_event_has_lost_its_body_and_nothing_else() {
    append("a", 5);
    StoredEvent before = log.get(3).orElseThrow();
    SignedCheckpoint signed = log.checkpoint();
    InclusionProof path = log.prove(3, 5);
    EraseResult.Erased erased = erase(new Erasure.OfEvent(3));
    assertThat(erased).isEqualTo(new EraseResult.Erased(1, List.of(6L)));
    for (int opened = 0; opened < 2; opened++) {
      StoredEvent after = log.get(3).orElseThrow();
      assertThat(after.erased()).isTrue();
      assertThat(after.payload()).isEmpty();
      assertThat(after.record()).isEqualTo(before.record());
      assertThat(log.root(5)).isEqualTo(signed.checkpoint().root());
      assertThat(path.verify(after.link(), log.root(5))).isTrue();
      assertThat(log.prove(3, 5).verify(after.link(), signed.checkpoint().root())).isTrue();
      assertThat(assertIntact().scope().erased()).isEqualTo(1);
      reopen();
    }
  }

  @Test
  void an_erased_event_cannot_be_appended_again() {
    append("a", 2);
    erase(new Erasure.OfEvent(2));
    assertThat(log.append(Append.of(TestGate.event("a", "id-2", "payload of id-2"))))
        .isEqualTo(new AppendResult.AlreadyPresent(2));
  }

  @Test
  void revisions_of_one_stream_are_erased_and_those_of_others_stay() {
    for (int i = 0; i < 6; i++) {
      append("a", 1);
      append("b", 1);
    }
    assertThat(erase(new Erasure.OfRevisions("a", 2, 4)).events()).isEqualTo(3);
    assertThat(log.readStream("a", 0, 10))
        .extracting(StoredEvent::erased)
        .containsExactly(false, true, true, true, false, false);
    assertThat(log.readStream("b", 0, 10)).noneMatch(StoredEvent::erased);
    assertThat(erase(new Erasure.OfRevisions("b", 5, Long.MAX_VALUE)).events()).isEqualTo(2);
    assertThat(assertIntact().scope().erased()).isEqualTo(5);
  }

  @Test
  void every_event_of_a_subject_is_erased_and_the_receipt_does_not_name_it() {
    for (int i = 0; i < 40; i++) {
      appendAbout("a", "id-" + i, i % 3 == 0 ? "alice" : i % 3 == 1 ? "alice " : "bob");
    }
    EraseResult.Erased erased = erase(new Erasure.OfSubject("alice"));
    assertThat(erased.events()).isEqualTo(14);
    assertThat(log.read(0, 100)).filteredOn(StoredEvent::erased).hasSize(14);
    assertThat(log.read(0, 100)).noneMatch(event -> event.subject().equals("alice"));
    byte[] note = log.get(erased.receipts().getFirst()).orElseThrow().payload().orElseThrow();
    assertThat(new String(note, StandardCharsets.UTF_8)).doesNotContain("alice");
    assertThat(Receipt.open(note, log.verifierKey()))
        .isInstanceOfSatisfying(
            Parsed.Value.class,
            value ->
                assertThat(value.value())
                    .isInstanceOfSatisfying(
                        Receipt.Erased.class,
                        receipt -> assertThat(receipt.count()).isEqualTo(14)));
    assertIntact();
  }

  @Test
  void what_is_erased_already_or_matches_nothing_needs_no_receipt() {
    append("a", 3);
    erase(new Erasure.OfEvent(2));
    long size = log.head().size();
    assertThat(log.erase(new Erasure.OfEvent(2))).isEqualTo(new EraseResult.NothingToErase());
    assertThat(log.erase(new Erasure.OfEvent(99))).isEqualTo(new EraseResult.NothingToErase());
    assertThat(log.erase(new Erasure.OfSubject("nobody")))
        .isEqualTo(new EraseResult.NothingToErase());
    assertThat(log.erase(new Erasure.OfRevisions("none", 1, 9)))
        .isEqualTo(new EraseResult.NothingToErase());
    assertThat(log.head().size()).isEqualTo(size);
  }

  @Test
  void a_receipt_is_kept_and_so_are_streams_that_the_domain_needs() {
    append("a", 2);
    append("keys", 1);
    EraseResult.Erased erased = erase(new Erasure.OfEvent(1));
    assertThat(log.erase(new Erasure.OfEvent(erased.receipts().getFirst())))
        .isEqualTo(new EraseResult.Kept(4, Receipt.STREAM));
    reopen(UnaryOperator.identity(), options -> options.keeping(Set.of("keys")));
    assertThat(log.erase(new Erasure.OfRevisions("keys", 1, 1)))
        .isEqualTo(new EraseResult.Kept(3, "keys"));
    assertThat(log.get(3).orElseThrow().erased()).isFalse();
  }

  @Test
  void nobody_else_appends_to_the_log_s_own_streams() {
    assertThatThrownBy(() -> append(Receipt.STREAM, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("stele/");
  }

  @Test
  void more_events_than_one_receipt_is_for_get_several() {
    int count = 70_000;
    List<Append> appends = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      appends.add(
          Append.of(TestGate.admit(EventDraft.of("many", "tested", "", new byte[] {(byte) i}))));
    }
    log.appendAll(appends);
    EraseResult.Erased erased = erase(new Erasure.OfRevisions("many", 1, Long.MAX_VALUE));
    assertThat(erased.events()).isEqualTo(count);
    assertThat(erased.receipts()).hasSize(2);
    assertThat(assertIntact().scope().erased()).isEqualTo(count);
  }

  @Test
  void a_body_that_is_back_from_an_older_copy_is_a_fault_at_its_place() {
    append("a", 5);
    Row old;
    try (LogEngine engine = reading()) {
      old = engine.read(LogId.MAIN, 2, 1).getFirst();
    }
    log = open(UnaryOperator.identity(), UnaryOperator.identity());
    erase(new Erasure.OfEvent(3));
    reopen(engine -> new Altered(engine, old), options -> options.opening(Opening.TAIL));
    assertBroken(3, Fault.Payload.class);
  }

  @Test
  void changed_index_keys_of_an_erased_event_are_a_fault() {
    append("a", 5);
    erase(new Erasure.OfEvent(3));
    Row bare;
    try (LogEngine engine = reading()) {
      bare = engine.read(LogId.MAIN, 2, 1).getFirst();
    }
    Row altered = new Row(3, bare.link(), bare.record(), null, new byte[bare.keys().length]);
    log = open(engine -> new Altered(engine, altered), options -> options.opening(Opening.TAIL));
    assertBroken(3, Fault.Claim.class);
  }

  @Test
  void a_missing_body_is_not_covered_by_the_receipt_of_another_event() {
    append("a", 5);
    erase(new Erasure.OfEvent(3));
    Row row;
    try (LogEngine engine = reading()) {
      row = engine.read(LogId.MAIN, 3, 1).getFirst();
    }
    Row bare = new Row(4, row.link(), row.record(), null, row.keys());
    log = open(engine -> new Altered(engine, bare), options -> options.opening(Opening.TAIL));
    assertBroken(4, Fault.Payload.class);
  }

  /** The engine itself, after the log was closed. */
  private LogEngine reading() {
    log.close();
    return open(folder);
  }

  /** An engine that gives one row as someone has altered it. */
  private static final class Altered extends ForwardingEngine {
    private final Row altered;

    Altered(LogEngine engine, Row altered) {
      super(engine);
      this.altered = altered;
    }

    @Override
    public List<Row> read(LogId log, long after, int limit) {
      return engine.read(log, after, limit).stream()
          .map(row -> row.position() == altered.position() ? altered : row)
          .toList();
    }
  }

  // ---- trim ----

  private TrimResult.Trimmed trim(long before) {
    TrimResult result = log.trim(before);
    assertThat(result).isInstanceOf(TrimResult.Trimmed.class);
    return (TrimResult.Trimmed) result;
  }

  @Test
  void a_trimmed_log_begins_later_and_everything_it_ever_proved_still_holds() {
    append("a", 300);
    append("b", 300);
    SignedCheckpoint early = log.checkpoint();
    append("a", 10);
    StoredEvent tenth = log.get(10).orElseThrow();
    InclusionProof path = log.prove(10, 600);
    TrimResult.Trimmed trimmed = trim(590);
    assertThat(trimmed).isEqualTo(new TrimResult.Trimmed(512, 512, List.of(611L)));
    for (int opened = 0; opened < 2; opened++) {
      assertThat(log.firstPosition()).isEqualTo(513);
      assertThat(log.head().size()).isEqualTo(611);
      assertThat(log.read(0, 1)).extracting(StoredEvent::position).containsExactly(513L);
      assertThat(log.get(512)).isEmpty();
      assertThat(log.readStream("a", 0, 100))
          .extracting(StoredEvent::revision)
          .containsExactly(301L, 302L, 303L, 304L, 305L, 306L, 307L, 308L, 309L, 310L);
      assertThat(path.verify(tenth.link(), early.checkpoint().root())).isTrue();
      assertThat(log.prove(10, 600).verify(tenth.link(), early.checkpoint().root())).isTrue();
      ConsistencyProof grown = log.consistency(600, 611);
      assertThat(grown.verify(early.checkpoint().root(), log.root(611))).isTrue();
      assertIntact();
      reopen();
    }
  }

  @Test
  void a_trimmed_event_cannot_be_appended_again_and_its_stream_goes_on() {
    append("a", 600);
    trim(600);
    assertThat(log.append(Append.of(TestGate.event("a", "id-7", "payload of id-7"))))
        .isEqualTo(new AppendResult.AlreadyPresent(7));
    append("a", 1);
    assertThat(log.lastRevision("a")).isEqualTo(601);
    reopen();
    assertThat(log.append(Append.of(TestGate.event("a", "id-7", "payload of id-7"))))
        .isEqualTo(new AppendResult.AlreadyPresent(7));
    assertIntact();
  }

  @Test
  void events_go_by_whole_tiles_and_never_the_last_one() {
    append("a", 256);
    assertThat(log.trim(256)).isInstanceOf(TrimResult.NothingToTrim.class);
    assertThat(log.trim(10_000)).isInstanceOf(TrimResult.NothingToTrim.class);
    append("a", 1);
    assertThat(trim(257).upTo()).isEqualTo(256);
    assertThat(log.trim(257)).isInstanceOf(TrimResult.NothingToTrim.class);
  }

  @Test
  void a_log_is_trimmed_again_and_again_and_erased_before_and_after() {
    append("a", 600);
    erase(new Erasure.OfRevisions("a", 200, 520));
    trim(257);
    assertThat(assertIntact().scope().erased()).isEqualTo(264);
    append("a", 500);
    erase(new Erasure.OfEvent(700));
    trim(700);
    assertThat(log.firstPosition()).isEqualTo(513);
    assertThat(assertIntact().scope().erased()).isEqualTo(9);
    reopen();
    erase(new Erasure.OfRevisions("a", 1, Long.MAX_VALUE));
    assertIntact();
    reopen();
    assertIntact();
  }

  @Test
  void a_claim_that_has_expired_goes_with_its_event_and_one_that_has_not_keeps_it() {
    long soon = now.get() + 1_000;
    append("a", 300);
    appendNonce("n-1", 1, soon);
    append("a", 300);
    assertThat(trim(600).upTo()).isEqualTo(256);
    now.set(soon);
    append("a", 1);
    assertThat(trim(600).upTo()).isEqualTo(512);
    assertThat(appendNonce("n-2", 1, soon + 1_000)).isInstanceOf(AppendResult.Appended.class);
    assertIntact();
    reopen();
    assertThat(appendNonce("n-3", 1, soon + 2_000)).isInstanceOf(AppendResult.Refused.class);
    assertIntact();
  }

  @Test
  void what_a_domain_needs_stops_a_trim() {
    append("keys", 1);
    append("a", 600);
    reopen(UnaryOperator.identity(), options -> options.keeping(Set.of("keys")));
    assertThat(log.trim(600))
        .isInstanceOfSatisfying(
            TrimResult.NothingToTrim.class,
            nothing -> assertThat(nothing.reason()).contains("keys").contains("event 1"));
  }

  @Test
  void a_subscription_to_a_trimmed_log_begins_with_what_there_is() throws Exception {
    append("a", 600);
    trim(600);
    List<StoredEvent> events = log.subscribe(Cursor.BEGINNING).next(Duration.ofSeconds(5));
    assertThat(events.getFirst().position()).isEqualTo(513);
  }

  // ---- claims that are released ----

  private AppendResult appendUntilReleased(String id, int nonce) {
    return appendNonce(id, nonce, Claim.UNTIL_RELEASED);
  }

  private Instant now() {
    return Instant.ofEpochMilli(now.get());
  }

  /** Releases the claims of every event there is. */
  private void releaseAll() {
    now.addAndGet(2);
    assertThat(log.release(now().minusMillis(1))).isInstanceOf(ReleaseResult.Released.class);
  }

  @Test
  void a_claim_until_released_is_held_until_it_is_released_and_free_from_there_on() {
    assertThat(appendUntilReleased("first", 1)).isInstanceOf(AppendResult.Appended.class);
    now.addAndGet(Duration.ofDays(36_500).toMillis());
    assertThat(appendUntilReleased("second", 1)).isInstanceOf(AppendResult.Refused.class);
    Instant before = now();
    now.incrementAndGet();
    assertThat(log.release(before)).isEqualTo(new ReleaseResult.Released(2, before));
    assertThat(appendUntilReleased("second", 1))
        .isInstanceOfSatisfying(
            AppendResult.Appended.class, ack -> assertThat(ack.first()).isEqualTo(3));
    assertThat(appendUntilReleased("third", 1))
        .isInstanceOfSatisfying(
            AppendResult.Refused.class, refused -> assertThat(refused.holder()).isEqualTo(3));
    assertIntact();
    byte[] note = log.get(2).orElseThrow().payload().orElseThrow();
    assertThat(Receipt.open(note, log.verifierKey()))
        .isInstanceOfSatisfying(
            Parsed.Value.class,
            value ->
                assertThat(value.value())
                    .isEqualTo(new Receipt.Released(log.origin(), before.toEpochMilli())));
  }

  @Test
  void a_release_is_known_after_reopening_however_the_log_is_opened() {
    appendUntilReleased("first", 1);
    appendUntilReleased("second", 2);
    now.incrementAndGet();
    log.release(now().minusMillis(1));
    reopen();
    assertThat(appendUntilReleased("third", 1)).isInstanceOf(AppendResult.Refused.class);
    now.incrementAndGet();
    assertThat(log.release(now().minusMillis(1))).isInstanceOf(ReleaseResult.Released.class);
    append("a", 3);
    erase(new Erasure.OfRevisions("a", 1, 3));
    reopen(UnaryOperator.identity(), options -> options.opening(Opening.TAIL));
    assertThat(appendUntilReleased("again", 1)).isInstanceOf(AppendResult.Appended.class);
    assertIntact();
    reopen(UnaryOperator.identity(), options -> options.opening(Opening.WHOLE));
    assertThat(appendUntilReleased("as well", 2)).isInstanceOf(AppendResult.Appended.class);
    assertIntact();
    assertThat(appendUntilReleased("never", 2)).isInstanceOf(AppendResult.Refused.class);
  }

  @Test
  void only_claims_of_events_recorded_before_the_time_are_released() {
    appendUntilReleased("early", 1);
    Instant between = Instant.ofEpochMilli(now.incrementAndGet());
    appendUntilReleased("late", 2);
    now.incrementAndGet();
    assertThat(log.release(between)).isInstanceOf(ReleaseResult.Released.class);
    assertThat(appendUntilReleased("x", 2)).isInstanceOf(AppendResult.Refused.class);
    assertThat(appendUntilReleased("y", 1)).isInstanceOf(AppendResult.Appended.class);
    assertIntact();
  }

  @Test
  void claims_of_other_kinds_are_not_released() {
    append("a", 1);
    appendNonce("n", 1, now.get() + 1_000);
    releaseAll();
    assertThat(log.append(Append.of(TestGate.event("a", "id-1", "payload of id-1"))))
        .isEqualTo(new AppendResult.AlreadyPresent(1));
    assertThat(appendNonce("m", 1, now.get() + 1_000)).isInstanceOf(AppendResult.Refused.class);
  }

  @Test
  void a_release_reaches_further_than_the_last_and_not_into_the_future() {
    appendUntilReleased("first", 1);
    now.addAndGet(10);
    long size = log.head().size();
    assertThat(log.release(now())).isEqualTo(new ReleaseResult.NotYet(now()));
    assertThat(log.release(now().plusSeconds(1))).isEqualTo(new ReleaseResult.NotYet(now()));
    assertThat(log.head().size()).isEqualTo(size);
    Instant last = now().minusMillis(1);
    assertThat(log.release(last)).isInstanceOf(ReleaseResult.Released.class);
    assertThat(log.release(last)).isEqualTo(new ReleaseResult.AlreadyReleased(last));
    assertThat(log.release(last.minusMillis(5))).isEqualTo(new ReleaseResult.AlreadyReleased(last));
    reopen();
    assertThat(log.release(last)).isEqualTo(new ReleaseResult.AlreadyReleased(last));
    assertThat(log.head().size()).isEqualTo(size + 1);
    for (Instant never : List.of(Instant.EPOCH.minusMillis(1), Instant.MIN, Instant.MAX)) {
      assertThatThrownBy(() -> log.release(never)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void a_released_claim_stays_free_when_its_holder_was_erased_and_when_it_was_trimmed() {
    appendUntilReleased("first", 1);
    append("a", 600);
    releaseAll();
    assertThat(appendUntilReleased("second", 1)).isInstanceOf(AppendResult.Appended.class);
    erase(new Erasure.OfEvent(1));
    assertIntact();
    erase(new Erasure.OfEvent(603));
    assertIntact();
    append("a", 600);
    assertThat(trim(600).upTo()).isEqualTo(512);
    assertIntact();
    assertThat(appendUntilReleased("third", 1)).isInstanceOf(AppendResult.Refused.class);
    releaseAll();
    // With the first receipt for a release, and the holder that was free by it, gone.
    assertThat(trim(1_000).upTo()).isEqualTo(768);
    assertIntact();
    reopen();
    assertThat(appendUntilReleased("third", 1)).isInstanceOf(AppendResult.Appended.class);
    assertIntact();
  }

  @Test
  void an_event_whose_claim_was_not_released_is_not_trimmed() {
    appendUntilReleased("first", 1);
    append("a", 600);
    assertThat(log.trim(600))
        .isInstanceOfSatisfying(
            TrimResult.NothingToTrim.class,
            nothing -> assertThat(nothing.reason()).contains("event 1 ").contains("released"));
    assertThat(appendUntilReleased("second", 1)).isInstanceOf(AppendResult.Refused.class);
    releaseAll();
    assertThat(trim(600).upTo()).isEqualTo(512);
    assertThat(appendUntilReleased("second", 1)).isInstanceOf(AppendResult.Appended.class);
    assertIntact();
  }

  /** An engine whose index does not find a claim, so that its writer gives it away again. */
  private static final class Forgetful extends ForwardingEngine {
    Forgetful(LogEngine engine) {
      super(engine);
    }

    @Override
    public long find(LogId log, IndexKey claim) {
      return 0;
    }
  }

  @Test
  void a_claim_that_was_taken_again_before_its_release_is_a_fault() {
    appendUntilReleased("first", 1);
    reopen(Forgetful::new, UnaryOperator.identity());
    assertThat(appendUntilReleased("second", 1)).isInstanceOf(AppendResult.Appended.class);
    releaseAll();
    reopen(UnaryOperator.identity(), options -> options.opening(Opening.TAIL));
    assertBroken(2, Fault.Claim.class);
  }

  @Test
  void a_claim_that_was_taken_again_though_a_release_did_not_reach_it_is_a_fault() {
    long early = now.getAndIncrement();
    appendUntilReleased("first", 1);
    now.incrementAndGet();
    log.release(Instant.ofEpochMilli(early));
    reopen(Forgetful::new, UnaryOperator.identity());
    assertThat(appendUntilReleased("second", 1)).isInstanceOf(AppendResult.Appended.class);
    reopen(UnaryOperator.identity(), options -> options.opening(Opening.TAIL));
    assertBroken(3, Fault.Claim.class);
  }

  @Test
  void a_log_that_does_not_verify_releases_nothing() {
    append("a", 5);
    Row row;
    try (LogEngine engine = reading()) {
      row = engine.read(LogId.MAIN, 3, 1).getFirst();
    }
    Row altered = new Row(4, row.link(), row.record(), new byte[30], row.keys());
    log = open(engine -> new Altered(engine, altered), UnaryOperator.identity());
    assertThat(log.release(Instant.EPOCH)).isInstanceOf(ReleaseResult.ReadOnly.class);
  }

  // ---- opening, scrubbing, and what is found ----

  @Test
  void opening_takes_what_a_checkpoint_covers_on_its_word_and_a_scrub_does_not() {
    append("a", 600);
    Row altered;
    try (LogEngine engine = reading()) {
      Row row = engine.read(LogId.MAIN, 9, 1).getFirst();
      byte[] body = row.body() == null ? new byte[0] : row.body().clone();
      body[body.length - 1] ^= 1;
      altered = new Row(10, row.link(), row.record(), body, row.keys());
    }
    log = open(engine -> new Altered(engine, altered), options -> options.opening(Opening.TAIL));
    assertThat(log.health().isOk()).isTrue();
    assertThat(log.health().trustedSize()).isEqualTo(600);
    assertThat(log.health().proven()).isEqualTo(Proven.NOTHING);
    append("a", 1);
    try (Scrubber _ =
        Scrubber.start(log, new Scrubber.Pace(1_000_000, Duration.ofHours(1), List::of))) {
      awaitBroken();
    }
    assertThat(log.append(Append.of(TestGate.event("a", "new", "p"))))
        .isInstanceOf(AppendResult.ReadOnly.class);
    assertThat(log.erase(new Erasure.OfEvent(1))).isInstanceOf(EraseResult.ReadOnly.class);
    assertThat(log.trim(500)).isInstanceOf(TrimResult.ReadOnly.class);
    assertThat(log.read(0, 100)).hasSize(9);
    assertThatThrownBy(() -> log.read(9, 1))
        .isInstanceOf(LogCorrupt.class)
        .hasMessageContaining("position 10");
  }

  private void awaitBroken() {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (log.health().isOk()) {
      assertThat(System.nanoTime()).as("the scrubber found nothing").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void a_log_that_fails_closed_gives_nothing_once_it_is_found_broken() {
    append("a", 5);
    Row altered;
    try (LogEngine engine = reading()) {
      Row row = engine.read(LogId.MAIN, 3, 1).getFirst();
      altered = new Row(4, row.link(), row.record(), new byte[30], row.keys());
    }
    log =
        open(
            engine -> new Altered(engine, altered),
            options -> options.whenBroken(WhenBroken.FAIL_CLOSED));
    assertThatThrownBy(() -> log.read(0, 1)).isInstanceOf(LogCorrupt.class);
    assertThatThrownBy(() -> log.get(1)).isInstanceOf(LogCorrupt.class);
    assertThatThrownBy(() -> log.findById("id-1")).isInstanceOf(LogCorrupt.class);
  }

  @Test
  void a_scrub_that_finds_nothing_says_how_far_the_log_is_proven_and_when() {
    append("a", 20);
    now.addAndGet(77);
    assertIntact();
    assertThat(log.health().proven())
        .isEqualTo(new Proven(20, Proven.Depth.HASHES, Instant.ofEpochMilli(now.get())));
  }

  @Test
  void a_verification_beside_an_erase_finds_nothing_wrong() throws Exception {
    append("a", 3_000);
    Thread eraser =
        Thread.startVirtualThread(
            () -> {
              for (int at = 1; at < 3_000; at += 300) {
                log.erase(new Erasure.OfRevisions("a", at, at + 100));
              }
              log.trim(1_000);
            });
    do {
      assertIntact();
    } while (eraser.isAlive());
    eraser.join();
    assertIntact();
  }
}
