package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.EraseResult;
import dev.stele.core.proof.Verdict;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.gate.Category;
import dev.stele.envelope.gate.EqualPayload;
import dev.stele.envelope.store.EnvelopeStoreOptions.Nonces;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an envelope store does, wherever it keeps what it has. */
abstract class EnvelopeStoreTck {
  @TempDir Path folder;

  Envelopes envelopes;
  EnvelopeStore store;

  /** The URI of a place of this test's own. */
  abstract String uri() throws Exception;

  /** Whether what was saved is there after the store was closed. */
  boolean outlives() {
    return true;
  }

  /** What an ack says of what was saved. */
  Durability ack() {
    return outlives() ? Durability.DURABLE : Durability.MEMORY;
  }

  EnvelopeStoreOptions options() {
    return EnvelopeStoreOptions.DEFAULT
        .with(envelopes, envelopes.random())
        .anchoredIn(folder.resolve("anchors"));
  }

  @BeforeEach
  void open() throws Exception {
    envelopes = new Envelopes(7);
    store = EnvelopeStore.open(uri(), options());
    assertThat(store.register("sensor-A", Envelopes.SENSOR.publicKey()))
        .isInstanceOf(KeyActResult.Recorded.class);
  }

  void openWith(EnvelopeStoreOptions options) throws Exception {
    store.close();
    store = EnvelopeStore.open(uri(), options);
  }

  /** Opens it again with other options; where nothing outlives that, in an empty place. */
  void reopen(EnvelopeStoreOptions options) throws Exception {
    openWith(options);
    if (!outlives()) {
      store.register("sensor-A", Envelopes.SENSOR.publicKey());
    }
  }

  @AfterEach
  void close() {
    store.close();
  }

  static long inserted(SaveResult result) {
    assertThat(result).isInstanceOf(SaveResult.Inserted.class);
    return ((SaveResult.Inserted) result).position();
  }

  private void assertIntact() {
    assertThat(store.verify(_ -> {})).isInstanceOf(Verdict.Intact.class);
  }

  // ---- saving ----

  @Test
  void an_envelope_that_was_saved_is_found_as_it_was() {
    SignedEnvelope envelope = envelopes.make(Map.of("temperature", 21.5));
    long position = inserted(store.save(envelope.wire()));
    String id = envelope.header().id();
    StoredEnvelope found = store.get(id).orElseThrow();
    assertThat(found.envelope()).isEqualTo(envelope);
    assertThat(found.wire()).isEqualTo(envelope.wire());
    assertThat(found.position()).isEqualTo(position);
    assertThat(found.recordedAt()).isEqualTo(Envelopes.START);
    assertThat(store.exists(id)).isTrue();
    EnvelopeMetadata known = store.getMetadata(id).orElseThrow();
    assertThat(known.eventType()).isEqualTo("omen.observed");
    assertThat(known.source()).isEqualTo("north tower");
    assertThat(known.position()).isEqualTo(position);
    assertThat(known.details().orElseThrow())
        .isEqualTo(
            new EnvelopeMetadata.Details(
                "sensor-A",
                envelope.header().nonce(),
                Envelopes.START,
                Optional.empty(),
                envelope.header().payloadHash()));
    assertIntact();
  }

  @Test
  void an_ack_says_how_durable_it_is() {
    SaveResult saved = store.save(envelopes.make(Map.of()));
    assertThat(((SaveResult.Inserted) saved).durability()).isEqualTo(ack());
  }

  @Test
  void the_same_envelope_again_is_a_success_at_the_same_place() {
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    long position = inserted(store.save(envelope));
    assertThat(store.save(envelope)).isEqualTo(new SaveResult.AlreadyPresent(position));
    envelopes.pass(Duration.ofDays(400));
    assertThat(store.save(envelope)).isEqualTo(new SaveResult.AlreadyPresent(position));
  }

  @Test
  void an_id_in_capitals_is_found_and_the_same_envelope_again_is_itself() throws Exception {
    openWith(options().with(EnvelopeStoreOptions.Judging.COMPATIBLE));
    SignedEnvelope envelope = withId(UUID.randomUUID().toString().toUpperCase(Locale.ROOT));
    long position = inserted(store.save(envelope));
    assertThat(store.get(envelope.header().id()).orElseThrow().envelope()).isEqualTo(envelope);
    assertThat(store.save(envelope)).isEqualTo(new SaveResult.AlreadyPresent(position));
    openWith(
        options().with(EnvelopeStoreOptions.Judging.COMPATIBLE).with(EqualPayload.RETURN_EXISTING));
    SignedEnvelope other = withId(UUID.randomUUID().toString().toUpperCase(Locale.ROOT));
    long its = inserted(store.save(other));
    assertThat(store.save(other)).isEqualTo(new SaveResult.AlreadyPresent(its));
  }

  @Test
  void an_id_that_is_spelled_so_that_nobody_would_find_it_is_refused() throws Exception {
    openWith(options().with(EnvelopeStoreOptions.Judging.COMPATIBLE));
    String id = UUID.randomUUID().toString();
    for (String spelling : List.of("{" + id + "}", id.replace("-", ""), "no id")) {
      assertInvalid(store.save(withId(spelling)), Category.STRUCTURE_INVALID);
    }
    assertThat(store.exists(id)).isFalse();
  }

  private SignedEnvelope withId(String id) {
    return envelopes.unchecked(id, JsonObject.of(Map.of("of", id)));
  }

  @Test
  void an_envelope_in_another_spelling_is_the_same_envelope() {
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    long position = inserted(store.save(envelope));
    String spaced = new String(envelope.wire(), StandardCharsets.UTF_8).replace(",\"", " ,\n\"");
    assertThat(store.save(spaced.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new SaveResult.AlreadyPresent(position));
  }

  @Test
  void a_nonce_that_its_key_has_used_is_a_replay() {
    SignedEnvelope first = envelopes.make(Map.of("n", 1L));
    long position = inserted(store.save(first));
    SignedEnvelope second =
        envelopes.make(
            Envelopes.draft(Map.of("n", 2L)).withNonce(first.header().nonce()), Envelopes.SENSOR);
    assertThat(store.save(second))
        .isEqualTo(new SaveResult.Replayed("sensor-A", first.header().nonce(), position));
    assertThat(store.get(second.header().id())).isEmpty();
    assertThat(store.exists(second.header().id())).isFalse();
  }

  @Test
  void another_key_may_use_the_same_nonce() {
    store.register("sensor-B", Envelopes.OTHER.publicKey());
    SignedEnvelope first = envelopes.make(Map.of("n", 1L));
    inserted(store.save(first));
    EnvelopeDraft draft =
        EnvelopeDraft.of("omen.observed", "north tower", "sensor-B", JsonObject.of(Map.of("n", 2L)))
            .withNonce(first.header().nonce());
    inserted(store.save(envelopes.make(draft, Envelopes.OTHER)));
  }

  @Test
  void an_id_that_is_taken_is_refused_with_another_payload() {
    SignedEnvelope first = envelopes.make(Map.of("n", 1L));
    long position = inserted(store.save(first));
    SignedEnvelope second =
        Envelopes.withOtherPayload(first, Map.of("n", 2L), envelopes, Envelopes.SENSOR);
    assertThat(store.save(second))
        .isEqualTo(new SaveResult.DuplicateId(first.header().id(), position));
    assertThat(store.get(first.header().id()).orElseThrow().envelope()).isEqualTo(first);
  }

  @Test
  void distinct_envelopes_with_equal_payloads_are_all_kept_by_default() {
    SignedEnvelope first = envelopes.make(Map.of("beat", true));
    SignedEnvelope second = envelopes.make(Map.of("beat", true));
    inserted(store.save(first));
    inserted(store.save(second));
    assertThat(store.getByContentHash(first.header().payloadHash()))
        .extracting(StoredEnvelope::envelope)
        .containsExactly(first, second);
    assertThat(store.get(second.header().id()).orElseThrow().envelope()).isEqualTo(second);
  }

  @Test
  void equal_payloads_are_refused_or_answered_with_the_first_where_that_is_asked_for()
      throws Exception {
    reopen(options().with(EqualPayload.REJECT));
    SignedEnvelope first = envelopes.make(Map.of("beat", true));
    long position = inserted(store.save(first));
    String hash = first.header().payloadHash();
    SignedEnvelope second = envelopes.make(Map.of("beat", true));
    assertThat(store.save(second)).isEqualTo(new SaveResult.DuplicatePayload(hash, position));
    assertThat(store.exists(second.header().id())).isFalse();
    if (outlives()) {
      openWith(options().with(EqualPayload.RETURN_EXISTING));
      assertThat(store.save(second)).isEqualTo(new SaveResult.EqualPayload(position));
      assertThat(store.save(first)).isEqualTo(new SaveResult.AlreadyPresent(position));
      openWith(options());
      inserted(store.save(second));
    }
  }

  @Test
  void a_used_nonce_is_a_replay_also_where_equal_payloads_are_answered_with_the_first()
      throws Exception {
    reopen(options().with(EqualPayload.RETURN_EXISTING));
    SignedEnvelope first = envelopes.make(Map.of("beat", true));
    inserted(store.save(first));
    SignedEnvelope second =
        envelopes.make(
            Envelopes.draft(Map.of("beat", true)).withNonce(first.header().nonce()),
            Envelopes.SENSOR);
    assertThat(store.save(second)).isInstanceOf(SaveResult.Replayed.class);
  }

  @Test
  void many_at_once_are_each_answered_for_themselves() {
    SignedEnvelope known = envelopes.make(Map.of("n", 0L));
    inserted(store.save(known));
    List<byte[]> wires = new ArrayList<>();
    for (long i = 1; i <= 2_500; i++) {
      wires.add(envelopes.make(Map.of("n", i)).wire());
    }
    wires.set(10, known.wire());
    wires.set(20, "{}".getBytes(StandardCharsets.UTF_8));
    wires.set(30, wires.get(29));
    List<SaveResult> results = store.saveAll(wires);
    assertThat(results).hasSize(2_500);
    assertThat(results.get(10)).isInstanceOf(SaveResult.AlreadyPresent.class);
    assertThat(results.get(20)).isInstanceOf(SaveResult.Invalid.class);
    assertThat(results.get(30)).isInstanceOf(SaveResult.AlreadyPresent.class);
    assertThat(results.stream().filter(SaveResult.Inserted.class::isInstance)).hasSize(2_497);
    assertIntact();
  }

  @Test
  void of_many_threads_with_one_nonce_one_is_stored() throws Exception {
    String nonce = envelopes.make(Map.of()).header().nonce();
    List<Callable<SaveResult>> calls = new ArrayList<>();
    for (long i = 0; i < 24; i++) {
      byte[] wire =
          envelopes.make(Envelopes.draft(Map.of("n", i)).withNonce(nonce), Envelopes.SENSOR).wire();
      calls.add(() -> store.save(wire));
    }
    List<SaveResult> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<SaveResult> each : threads.invokeAll(calls)) {
        results.add(each.get());
      }
    }
    assertThat(results.stream().filter(SaveResult.Inserted.class::isInstance)).hasSize(1);
    assertThat(results.stream().filter(SaveResult.Replayed.class::isInstance)).hasSize(23);
  }

  // ---- what is not valid ----

  @Test
  void a_forgery_is_refused_and_uses_up_neither_nonce_nor_payload() {
    SignedEnvelope genuine = envelopes.make(Map.of("n", 1L));
    String wire = new String(genuine.wire(), StandardCharsets.UTF_8);
    byte[] tampered = wire.replace("\"n\":1", "\"n\":2").getBytes(StandardCharsets.UTF_8);
    assertThat(store.save(tampered))
        .isInstanceOfSatisfying(
            SaveResult.Invalid.class,
            invalid -> assertThat(invalid.category()).isEqualTo(Category.HASH_MISMATCH));
    SignedEnvelope forged =
        new SignedEnvelope(genuine.header(), genuine.payload(), new byte[64], genuine.publicKey());
    assertThat(store.save(forged))
        .isInstanceOfSatisfying(
            SaveResult.Invalid.class,
            invalid -> assertThat(invalid.category()).isEqualTo(Category.SIGNATURE_INVALID));
    inserted(store.save(genuine));
    assertThat(store.getByContentHash(genuine.header().payloadHash())).hasSize(1);
  }

  @Test
  void a_key_that_is_not_registered_or_was_revoked_stores_nothing() {
    EnvelopeDraft draft =
        EnvelopeDraft.of("omen.observed", "s", "sensor-B", JsonObject.of(Map.of("n", 1L)));
    SignedEnvelope before = envelopes.make(draft, Envelopes.OTHER);
    assertInvalid(store.save(before), Category.KEY_ID_MISMATCH);
    store.register("sensor-B", Envelopes.OTHER.publicKey());
    inserted(store.save(before));
    long size = store.log().head().size();
    envelopes.pass(Duration.ofMinutes(1));
    assertThat(store.revoke("sensor-B", Envelopes.OTHER.publicKey(), "lost"))
        .isInstanceOf(KeyActResult.Recorded.class);
    SignedEnvelope backDated =
        envelopes.make(draft.withIssuedAt("2026-01-22T12:00:00.000Z"), Envelopes.OTHER);
    assertInvalid(store.save(backDated), Category.KEY_ID_MISMATCH);
    assertThat(store.save(before)).isInstanceOf(SaveResult.AlreadyPresent.class);
    assertThat(store.keysAsOf(size).find("sensor-B").getFirst().revokedAt()).isNull();
    assertThat(store.keys().find("sensor-B").getFirst().revokedAt()).isNotNull();
    assertIntact();
  }

  @Test
  void an_envelope_that_is_too_old_is_refused() {
    SignedEnvelope old = envelopes.make(Map.of("n", 1L));
    envelopes.pass(Duration.ofHours(25));
    assertInvalid(store.save(old), Category.EXPIRED);
    assertThat(store.exists(old.header().id())).isFalse();
  }

  @Test
  void hostile_bytes_are_refused_and_nothing_is_stored() {
    long size = store.log().head().size();
    byte[] valid = envelopes.make(Map.of("n", 1L)).wire();
    List<byte[]> hostile = new ArrayList<>();
    hostile.add(new byte[0]);
    hostile.add(new byte[5 * 1024 * 1024]);
    hostile.add("[".repeat(200_000).getBytes(StandardCharsets.UTF_8));
    hostile.add(
        "{\"header\":null,\"payload\":{},\"signature\":{}}".getBytes(StandardCharsets.UTF_8));
    for (int cut = 0; cut < valid.length; cut += 7) {
      hostile.add(java.util.Arrays.copyOf(valid, cut));
    }
    for (byte[] bytes : hostile) {
      assertThat(store.save(bytes)).isInstanceOf(SaveResult.Invalid.class);
    }
    assertThat(store.log().head().size()).isEqualTo(size);
  }

  private static void assertInvalid(SaveResult result, Category category) {
    assertThat(result)
        .isInstanceOfSatisfying(
            SaveResult.Invalid.class,
            invalid -> assertThat(invalid.category()).isEqualTo(category));
  }

  // ---- finding ----

  @Test
  void an_id_is_found_in_every_spelling_of_a_uuid() {
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    inserted(store.save(envelope));
    String id = envelope.header().id();
    for (String spelling :
        List.of(id, id.toUpperCase(Locale.ROOT), id.replace("-", ""), "{" + id + "}")) {
      assertThat(store.get(spelling)).as(spelling).isPresent();
      assertThat(store.exists(spelling)).isTrue();
      assertThat(store.getMetadata(spelling)).isPresent();
    }
    for (String none : List.of("", "not-a-uuid", id + "0", "' OR 1=1 --", id.replace('-', '_'))) {
      assertThat(store.get(none)).as(none).isEmpty();
      assertThat(store.exists(none)).isFalse();
      assertThat(store.getMetadata(none)).isEmpty();
      assertThat(store.links(none)).isEmpty();
    }
    assertThat(store.get(id)).as("after bad ids").isPresent();
  }

  @Test
  void envelopes_are_gone_through_in_each_order_page_by_page() {
    store.register("sensor-B", Envelopes.OTHER.publicKey());
    List<SignedEnvelope> saved = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      // The time of issue runs against the order in the log.
      Instant issued = Envelopes.START.minusSeconds(i);
      boolean other = i % 3 == 0;
      EnvelopeDraft draft =
          EnvelopeDraft.of(
                  i % 2 == 0 ? "omen.observed" : "anubis.weighed",
                  "source " + i % 5,
                  other ? "sensor-B" : "sensor-A",
                  JsonObject.of(Map.of("n", (long) i)))
              .withIssuedAt(issued.toString());
      SignedEnvelope envelope = envelopes.make(draft, other ? Envelopes.OTHER : Envelopes.SENSOR);
      inserted(store.save(envelope));
      saved.add(envelope);
    }
    assertThat(all(EnvelopeQuery.all())).isEqualTo(saved);
    assertThat(all(EnvelopeQuery.ofKey("sensor-B")))
        .isEqualTo(
            saved.stream().filter(each -> each.header().keyId().equals("sensor-B")).toList());
    assertThat(all(EnvelopeQuery.ofType("anubis.weighed")))
        .isEqualTo(
            saved.reversed().stream()
                .filter(each -> each.header().type().equals("anubis.weighed"))
                .toList());
    assertThat(all(EnvelopeQuery.ofSource("source 2")))
        .isEqualTo(
            saved.reversed().stream()
                .filter(each -> each.header().source().equals("source 2"))
                .toList());
    Optional<Instant> from = Optional.of(Envelopes.START.minusSeconds(40));
    Optional<Instant> before = Optional.of(Envelopes.START.minusSeconds(20));
    assertThat(all(new EnvelopeQuery.OfType("omen.observed", from, before)))
        .extracting(each -> Instant.parse(each.header().issuedAt()))
        .hasSize(10)
        .allMatch(time -> !time.isBefore(from.get()) && time.isBefore(before.get()))
        .isSorted();
    assertThat(all(EnvelopeQuery.ofType("seth.caught"))).isEmpty();
  }

  private List<SignedEnvelope> all(EnvelopeQuery query) {
    List<SignedEnvelope> found = new ArrayList<>();
    Optional<EnvelopeCursor> cursor = Optional.empty();
    do {
      EnvelopePage page = store.iterate(query, cursor, 7);
      page.envelopes().forEach(each -> found.add(each.envelope()));
      cursor = page.next().map(next -> EnvelopeCursor.parse(next.toString()));
    } while (cursor.isPresent());
    return found;
  }

  // ---- beside the log ----

  @Test
  void links_and_deliveries_are_kept_and_change_no_hash() throws Exception {
    SignedEnvelope parent = envelopes.make(Map.of("n", 1L));
    SignedEnvelope child = envelopes.make(Map.of("n", 2L));
    inserted(store.save(parent));
    inserted(store.save(child));
    byte[] link = store.log().head().link();
    String from = parent.header().id();
    String to = child.header().id();
    assertThat(store.link(from, to, "caused")).isEqualTo(new LinkResult.Linked());
    assertThat(store.link(from, to, "caused")).isEqualTo(new LinkResult.AlreadyLinked());
    assertThat(store.link(from, to, "precedes")).isEqualTo(new LinkResult.Linked());
    String nobody = "00000000-0000-4000-8000-000000000000";
    assertThat(store.link(from, nobody, "caused")).isEqualTo(new LinkResult.Unknown(nobody));
    assertThat(store.deliver(nobody, "billing", Delivery.Status.PENDING)).isEmpty();

    store.deliver(from, "billing", Delivery.Status.PENDING);
    store.deliver(from, "billing", Delivery.Status.FAILED);
    envelopes.pass(Duration.ofSeconds(5));
    store.deliver(from, "billing", Delivery.Status.SENT);
    store.deliver(from, "archive", Delivery.Status.FAILED);
    store.deliver(from, "archive", Delivery.Status.DEAD);
    assertThat(store.deliver(from, "archive", Delivery.Status.PENDING).orElseThrow().status())
        .isEqualTo(Delivery.Status.DEAD);
    assertThat(store.log().head().link()).isEqualTo(link);
    if (outlives()) {
      openWith(options());
    }
    assertThat(store.links(from))
        .containsExactly(
            new EnvelopeLink(from, to, "caused"), new EnvelopeLink(from, to, "precedes"));
    assertThat(store.links(to)).hasSize(2);
    assertThat(store.delivery(from, "billing"))
        .contains(
            new Delivery(
                from,
                "billing",
                Delivery.Status.SENT,
                2,
                Optional.of(Envelopes.START.plusSeconds(5))));
    assertThat(store.deliveries(Delivery.Status.DEAD, 10))
        .extracting(Delivery::destination)
        .containsExactly("archive");
    assertThat(store.deliveries(Delivery.Status.PENDING, 10)).isEmpty();
  }

  // ---- forgetting ----

  @Test
  void an_erased_envelope_leaves_what_its_record_says_and_cannot_come_back() {
    SignedEnvelope envelope = envelopes.make(Map.of("name", "somebody"));
    SignedEnvelope other = envelopes.make(Map.of("name", "somebody"));
    long position = inserted(store.save(envelope));
    inserted(store.save(other));
    String id = envelope.header().id();
    assertThat(store.get(id)).isPresent();
    assertThat(store.erase(id).orElseThrow()).isInstanceOf(EraseResult.Erased.class);
    assertThat(store.get(id)).isEmpty();
    assertThat(store.exists(id)).isTrue();
    EnvelopeMetadata left = store.getMetadata(id).orElseThrow();
    assertThat(left.details()).isEmpty();
    assertThat(left.eventType()).isEqualTo("omen.observed");
    assertThat(left.source()).isEqualTo("north tower");
    assertThat(store.getByContentHash(envelope.header().payloadHash()))
        .extracting(StoredEnvelope::envelope)
        .containsExactly(other);
    assertThat(all(EnvelopeQuery.all())).containsExactly(other);
    assertThat(all(EnvelopeQuery.ofKey("sensor-A"))).containsExactly(other);
    assertThat(store.save(envelope)).isEqualTo(new SaveResult.AlreadyPresent(position));
    assertThat(store.erase("00000000-0000-4000-8000-000000000000")).isEmpty();
    assertIntact();
  }

  @Test
  void cleaning_the_guard_frees_old_nonces_and_opens_no_replay() throws Exception {
    reopen(options().with(Nonces.UNTIL_CLEANED_UP));
    List<SignedEnvelope> old = new ArrayList<>();
    for (long i = 0; i < 10; i++) {
      old.add(envelopes.make(Map.of("n", i)));
    }
    old.forEach(each -> inserted(store.save(each)));
    envelopes.pass(Duration.ofDays(3));
    SignedEnvelope fresh = envelopes.make(Map.of("n", 10L));
    inserted(store.save(fresh));

    Instant cut = envelopes.instant().minus(Duration.ofDays(2));
    assertThat(store.cleanupReplayGuard(envelopes.instant()))
        .isInstanceOf(CleanupResult.TooRecent.class);
    assertThat(store.cleanupReplayGuard(cut))
        .isInstanceOfSatisfying(
            CleanupResult.Released.class, done -> assertThat(done.nonces()).isEqualTo(10));
    assertThat(store.cleanupReplayGuard(cut)).isEqualTo(new CleanupResult.NothingToRelease());

    // The old envelope is what it was; its nonce may serve a new one; a fresh nonce may not.
    assertThat(store.save(old.getFirst())).isInstanceOf(SaveResult.AlreadyPresent.class);
    String freed = old.getFirst().header().nonce();
    inserted(store.save(withNonce(20, freed)));
    assertThat(store.save(withNonce(21, freed))).isInstanceOf(SaveResult.Replayed.class);
    assertThat(store.save(withNonce(22, fresh.header().nonce())))
        .isInstanceOf(SaveResult.Replayed.class);
    assertIntact();
  }

  private SignedEnvelope withNonce(long number, String nonce) {
    return envelopes.make(Envelopes.draft(Map.of("n", number)).withNonce(nonce), Envelopes.SENSOR);
  }

  @Test
  void nonces_are_kept_for_ever_unless_the_store_was_opened_otherwise() {
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    inserted(store.save(envelope));
    envelopes.pass(Duration.ofDays(4_000));
    assertThat(store.cleanupReplayGuard(Envelopes.START.plusSeconds(1)))
        .isEqualTo(new CleanupResult.KeptForEver());
    assertThat(store.save(withNonce(2, envelope.header().nonce())))
        .isInstanceOf(SaveResult.Replayed.class);
  }

  @Test
  void a_page_goes_past_what_was_erased() {
    List<String> ids = new ArrayList<>();
    for (long i = 0; i < 12; i++) {
      SignedEnvelope envelope = envelopes.make(Map.of("n", i));
      inserted(store.save(envelope));
      ids.add(envelope.header().id());
    }
    ids.subList(1, 11).forEach(store::erase);
    EnvelopePage first = store.iterate(EnvelopeQuery.all(), Optional.empty(), 1);
    assertThat(first.envelopes()).hasSize(1);
    assertThat(first.envelopes().getFirst().envelope().header().id()).isEqualTo(ids.getFirst());
    EnvelopePage second = store.iterate(EnvelopeQuery.all(), first.next(), 1);
    assertThat(second.envelopes()).hasSize(1);
    assertThat(second.envelopes().getFirst().envelope().header().id()).isEqualTo(ids.getLast());
  }

  @Test
  void a_key_that_was_revoked_signs_no_more_while_others_look_at_the_keys() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    try (ExecutorService lookers = Executors.newFixedThreadPool(3)) {
      try {
        for (int i = 0; i < 3; i++) {
          var _ =
              lookers.submit(
                  () -> {
                    while (!over.get()) {
                      store.keys();
                    }
                  });
        }
        for (int i = 0; i < 60; i++) {
          EnvelopeKey key = EnvelopeKey.generate("passing-" + i, envelopes.random());
          store.register(key.keyId(), key.publicKey());
          inserted(store.save(signedBy(key, i)));
          store.revoke(key.keyId(), key.publicKey(), "passed");
          assertInvalid(store.save(signedBy(key, -i - 1)), Category.KEY_ID_MISMATCH);
        }
      } finally {
        over.set(true);
      }
    }
  }

  private SignedEnvelope signedBy(EnvelopeKey key, long number) {
    return envelopes.make(
        EnvelopeDraft.of(
            "omen.observed", "north tower", key.keyId(), JsonObject.of(Map.of("n", number))),
        key);
  }

  // ---- opening again ----

  @Test
  void everything_is_there_after_the_store_was_opened_again() throws Exception {
    Assumptions.assumeTrue(outlives(), "nothing outlives a store in memory");
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    long position = inserted(store.save(envelope));
    openWith(options());
    assertThat(store.get(envelope.header().id()).orElseThrow().envelope()).isEqualTo(envelope);
    assertThat(store.save(envelope)).isEqualTo(new SaveResult.AlreadyPresent(position));
    assertThat(store.keys().find("sensor-A")).hasSize(1);
    assertThat(store.stats().isOk()).isTrue();
    inserted(store.save(envelopes.make(Map.of("n", 2L))));
    assertIntact();
  }

  @Test
  void a_uri_of_no_storage_says_which_there_are() {
    assertThatThrownBy(() -> EnvelopeStore.open("carrier-pigeon:home", options()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sqlite:FOLDER");
  }
}
