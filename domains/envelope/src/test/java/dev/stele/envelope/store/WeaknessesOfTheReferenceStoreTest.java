package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Verdict;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.store.EnvelopeStoreOptions.Nonces;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What senders' first store lets happen with any engine, in its own scenarios, on SQLite. What it
 * lets happen in PostgreSQL, and between PostgreSQL and LMDB, is in {@link
 * WeaknessesOfTheReferenceStoreOnPostgresTest}; 22 is about documents, and no store can show it.
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
  void weakness_19_many_are_saved_at_once_and_one_that_is_refused_costs_the_others_nothing() {
    List<byte[]> wires = new ArrayList<>();
    for (long i = 0; i < 50; i++) {
      wires.add(envelopes.make(Map.of("n", i)).wire());
    }
    wires.set(25, "no envelope".getBytes(StandardCharsets.UTF_8));
    List<SaveResult> results = store.saveAll(wires);
    assertThat(results.get(25)).isInstanceOf(SaveResult.Invalid.class);
    assertThat(results).filteredOn(SaveResult.Inserted.class::isInstance).hasSize(49);
  }

  @Test
  void weakness_19_a_cursor_goes_on_where_it_was_while_others_save() {
    List<SignedEnvelope> all = new ArrayList<>();
    for (long i = 0; i < 10; i++) {
      all.add(saved(Map.of("n", i)));
    }
    List<SignedEnvelope> seen = new ArrayList<>();
    EnvelopeQuery query = EnvelopeQuery.ofSource("north tower");
    EnvelopePage page = store.iterate(query, Optional.empty(), 7);
    for (long i = 10; i < 20; i++) {
      envelopes.pass(Duration.ofMillis(1));
      all.add(saved(Map.of("n", i)));
    }
    while (!page.envelopes().isEmpty()) {
      page.envelopes().forEach(each -> seen.add(each.envelope()));
      page = store.iterate(query, page.next(), 7);
    }
    assertThat(seen).containsExactlyElementsOf(all);
  }

  @Test
  void weakness_19_they_are_found_by_source_by_key_and_between_two_times() {
    List<SignedEnvelope> all = new ArrayList<>();
    for (long hour = 0; hour < 3; hour++) {
      envelopes.setTo(Envelopes.START.plus(Duration.ofHours(hour)));
      all.add(saved(Map.of("hour", hour)));
    }
    Optional<Instant> from = Optional.of(Envelopes.START.plus(Duration.ofHours(1)));
    Optional<Instant> before = Optional.of(Envelopes.START.plus(Duration.ofHours(2)));
    assertThat(found(new EnvelopeQuery.OfSource("north tower", from, before)))
        .containsExactly(all.get(1));
    assertThat(found(new EnvelopeQuery.OfType("omen.observed", from, before)))
        .containsExactly(all.get(1));
    assertThat(found(EnvelopeQuery.ofKey("sensor-A"))).containsExactlyElementsOf(all);
    assertThat(found(EnvelopeQuery.ofKey("sensor-B"))).isEmpty();
  }

  private List<SignedEnvelope> found(EnvelopeQuery query) {
    return store.iterate(query, Optional.empty(), EnvelopeStore.MAX_PAGE).envelopes().stream()
        .map(StoredEnvelope::envelope)
        .toList();
  }

  @Test
  void weakness_19_all_of_it_goes_out_page_by_page_and_is_the_same_in_another_store() {
    List<SignedEnvelope> all = new ArrayList<>();
    for (long i = 0; i < 20; i++) {
      all.add(saved(Map.of("n", i)));
    }
    List<byte[]> exported = new ArrayList<>();
    Optional<EnvelopeCursor> cursor = Optional.empty();
    do {
      EnvelopePage page = store.iterate(EnvelopeQuery.all(), cursor, 7);
      page.envelopes().forEach(each -> exported.add(each.wire()));
      cursor = page.next();
    } while (cursor.isPresent());
    EnvelopeStoreOptions options =
        EnvelopeStoreOptions.DEFAULT
            .with(envelopes, envelopes.random())
            .anchoredIn(folder.resolve("other-anchors"));
    try (EnvelopeStore other = EnvelopeStore.open("lmdb:" + folder.resolve("other"), options)) {
      other.register("sensor-A", Envelopes.SENSOR.publicKey());
      assertThat(other.saveAll(exported)).allMatch(SaveResult.Inserted.class::isInstance);
      for (SignedEnvelope each : all) {
        assertThat(other.get(each.header().id()).orElseThrow().wire()).isEqualTo(each.wire());
      }
      assertThat(other.verify(_ -> {})).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void weakness_19_an_audit_checks_every_signature_again() {
    for (long i = 0; i < 20; i++) {
      saved(Map.of("n", i));
    }
    assertThat(store.verify(_ -> {}))
        .isInstanceOfSatisfying(
            Verdict.Intact.class,
            intact -> {
              // Those of the envelopes, and that of the act that registered their key.
              assertThat(intact.scope().signaturesChecked()).isEqualTo(20 + 1);
              assertThat(intact.scope().unsigned()).isZero();
              assertThat(intact.scope().anchored()).isTrue();
            });
  }
}
