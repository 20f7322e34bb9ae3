package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Verdict;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.store.EnvelopeStoreOptions.Nonces;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What senders' first store lets happen with any engine, in its own scenarios, on SQLite. What it
 * lets happen between PostgreSQL and LMDB is in {@link KilledHybridStoreTest} (12) and {@link
 * AHybridStoreTest} (17, 21), what SQL may do in {@link AnEnvelopeStoreOnPostgresTest} (18); 22 is
 * about documents, and no store can show it.
 */
@Tag("engine")
class WeaknessesOfTheReferenceStoreTest {
  @TempDir Path folder;

  private final Envelopes envelopes = new Envelopes(9);
  private EnvelopeStore store;

  @BeforeEach
  void open() {
    store =
        EnvelopeStore.open(
            "sqlite:" + folder.resolve("store"),
            EnvelopeStoreOptions.DEFAULT
                .with(envelopes, envelopes.random())
                .with(Nonces.UNTIL_CLEANED_UP)
                .anchoredIn(folder.resolve("anchors")));
    store.register("sensor-A", Envelopes.SENSOR.publicKey());
  }

  @AfterEach
  void close() {
    store.close();
  }

  private SignedEnvelope saved(Map<String, ?> payload) {
    SignedEnvelope envelope = envelopes.make(payload);
    EnvelopeStoreTck.inserted(store.save(envelope));
    return envelope;
  }

  @Test
  void weakness_10_heartbeats_with_equal_payloads_are_all_kept() {
    SignedEnvelope first = saved(Map.of());
    SignedEnvelope second = saved(Map.of());
    for (SignedEnvelope each : List.of(first, second)) {
      assertThat(store.get(each.header().id()).orElseThrow().envelope()).isEqualTo(each);
    }
  }

  @Test
  void weakness_11_a_forgery_with_the_payload_of_a_genuine_event_takes_no_place() {
    SignedEnvelope genuine = envelopes.make(Map.of("n", 1L));
    SignedEnvelope forged =
        new SignedEnvelope(genuine.header(), genuine.payload(), new byte[64], genuine.publicKey());
    assertThat(store.save(forged)).isInstanceOf(SaveResult.Invalid.class);
    EnvelopeStoreTck.inserted(store.save(genuine));
    assertThat(store.get(genuine.header().id()).orElseThrow().envelope()).isEqualTo(genuine);
  }

  @Test
  void weakness_13_four_threads_on_one_store_lose_none_of_400() throws Exception {
    List<Callable<List<SaveResult>>> calls = new ArrayList<>();
    List<SignedEnvelope> sent = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      List<SignedEnvelope> its = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        its.add(envelopes.make(Map.of("thread", thread, "i", i)));
      }
      sent.addAll(its);
      calls.add(() -> its.stream().map(store::save).toList());
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<List<SaveResult>> each : threads.invokeAll(calls)) {
        assertThat(each.get()).allMatch(SaveResult.Inserted.class::isInstance);
      }
    }
    assertThat(sent).allMatch(each -> store.get(each.header().id()).isPresent());
    assertThat(store.verify(_ -> {})).isInstanceOf(Verdict.Intact.class);
  }

  @Test
  void weakness_14_a_bad_id_is_answered_and_hinders_nothing_after_it() {
    assertThat(store.get("no-uuid")).isEmpty();
    SignedEnvelope envelope = saved(Map.of("n", 1L));
    assertThat(store.get(envelope.header().id())).isPresent();
  }

  @Test
  void weakness_15_a_cleaned_guard_lets_no_old_envelope_in_again() {
    SignedEnvelope old = envelopes.make(Map.of("n", 1L));
    long position = EnvelopeStoreTck.inserted(store.save(old));
    envelopes.pass(Duration.ofDays(8));
    store.cleanupReplayGuard(envelopes.instant().minus(Duration.ofDays(7)));
    assertThat(store.save(old)).isEqualTo(new SaveResult.AlreadyPresent(position));
  }

  @Test
  void weakness_16_ten_old_entries_go_in_one_call_and_times_are_no_texts() {
    for (long i = 0; i < 10; i++) {
      saved(Map.of("n", i));
    }
    // As text ".500Z" stands before "Z", and would go with what is older.
    Instant cut = Envelopes.START.plusSeconds(1);
    envelopes.setTo(cut.plusMillis(500));
    SignedEnvelope later = saved(Map.of("n", 10L));
    envelopes.pass(Duration.ofDays(3));
    assertThat(store.cleanupReplayGuard(cut))
        .isInstanceOfSatisfying(
            CleanupResult.Released.class, done -> assertThat(done.nonces()).isEqualTo(10));
    SignedEnvelope replay =
        envelopes.make(
            Envelopes.draft(Map.of("n", 11L)).withNonce(later.header().nonce()), Envelopes.SENSOR);
    assertThat(store.save(replay)).isInstanceOf(SaveResult.Replayed.class);
  }

  @Test
  void weakness_19_many_are_saved_at_once_and_gone_through_in_pages() {
    List<byte[]> wires = new ArrayList<>();
    for (long i = 0; i < 50; i++) {
      wires.add(envelopes.make(Map.of("n", i)).wire());
    }
    assertThat(store.saveAll(wires)).allMatch(SaveResult.Inserted.class::isInstance);
    EnvelopePage page = store.iterate(EnvelopeQuery.ofSource("north tower"), Optional.empty(), 30);
    assertThat(page.envelopes()).hasSize(30);
    assertThat(store.iterate(EnvelopeQuery.ofSource("north tower"), page.next(), 30).envelopes())
        .hasSize(20);
  }

  @Test
  void weakness_20_fractions_past_the_microsecond_are_cut() {
    SignedEnvelope fine =
        envelopes.make(
            Envelopes.draft(Map.of("n", 1L)).withIssuedAt("2026-01-22T11:59:59.123456789Z"),
            Envelopes.SENSOR);
    EnvelopeStoreTck.inserted(store.save(fine));
    assertThat(store.getMetadata(fine.header().id()).orElseThrow().details().orElseThrow())
        .extracting(EnvelopeMetadata.Details::issuedAt)
        .isEqualTo(Instant.parse("2026-01-22T11:59:59.123456Z"));
  }
}
