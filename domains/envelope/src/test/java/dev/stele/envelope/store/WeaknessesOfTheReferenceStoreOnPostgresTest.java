package dev.stele.envelope.store;

import static dev.stele.envelope.store.AHybridStoreTest.encoded;
import static dev.stele.envelope.store.AHybridStoreTest.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Verdict;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.ViewStore;
import dev.stele.envelope.event.EnvelopeCreation;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.gate.Category;
import dev.stele.envelope.store.EnvelopeStoreOptions.Judging;
import dev.stele.envelope.store.EnvelopeStoreOptions.Nonces;
import dev.stele.postgresserver.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
 * What senders' first store lets happen in PostgreSQL, and between PostgreSQL and LMDB, in its own
 * scenarios, on a hybrid store.
 */
@Tag("engine")
class WeaknessesOfTheReferenceStoreOnPostgresTest {
  /** What refuses changes, on the tables whose rows are the log. */
  private static final List<String> APPEND_ONLY =
      List.of(
          "stele_events",
          "stele_bodies",
          "stele_claims",
          "stele_streams",
          "stele_checkpoints",
          "stele_logs");

  @TempDir Path folder;

  private final Envelopes envelopes = new Envelopes(9);
  private EnvelopeStore store;

  @BeforeEach
  void open() {
    store = EnvelopeStore.open(hybrid(), options());
    store.register("sensor-A", Envelopes.SENSOR.publicKey());
  }

  @AfterEach
  void close() {
    store.close();
  }

  private EnvelopeStoreOptions options() {
    return EnvelopeStoreOptions.DEFAULT
        .with(envelopes, envelopes.random())
        .with(Nonces.UNTIL_CLEANED_UP)
        .anchoredIn(folder.resolve("anchors"));
  }

  private String database() {
    return PostgresServer.shared().databaseFor(folder);
  }

  private String withoutCopy() {
    return database() + "?home=" + encoded(folder.resolve("home"));
  }

  private String hybrid() {
    return withoutCopy() + "&blobs=" + encoded(folder.resolve("blobs"));
  }

  private SignedEnvelope saved(Map<String, ?> payload) {
    SignedEnvelope envelope = envelopes.make(payload);
    EnvelopeStoreTck.inserted(store.save(envelope));
    return envelope;
  }

  private void assertFound(SignedEnvelope envelope) {
    assertThat(store.get(envelope.header().id()).orElseThrow().envelope()).isEqualTo(envelope);
  }

  private BlobHealth health() {
    return store.stats().blobs().orElseThrow();
  }

  private void assertAnsweredByTheCopy(SignedEnvelope envelope) {
    long hits = health().hits();
    assertFound(envelope);
    assertThat(health().hits() - hits).isEqualTo(1);
  }

  private String query(String sql) throws SQLException {
    try (Connection connection = PostgresServer.shared().connect(database());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private void run(String... sql) throws SQLException {
    try (Connection connection = PostgresServer.shared().connect(database());
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String each : sql) {
        statement.execute(each);
      }
      connection.commit();
    }
  }

  /** Runs SQL as a superuser who switches every trigger off, and on again behind it. */
  private void force(String... sql) throws SQLException {
    List<String> all = new ArrayList<>();
    APPEND_ONLY.forEach(table -> all.add("ALTER TABLE stele." + table + " DISABLE TRIGGER ALL"));
    all.addAll(List.of(sql));
    APPEND_ONLY.forEach(
        table ->
            all.add("ALTER TABLE stele." + table + " ENABLE ALWAYS TRIGGER stele_append_only"));
    all.add("ALTER TABLE stele.stele_logs ENABLE ALWAYS TRIGGER stele_head_grows");
    run(all.toArray(String[]::new));
  }

  // ---- between the two ----

  @Test
  void weakness_12_an_event_that_never_reached_the_copy_is_itself_and_no_other_with_its_payload()
      throws Exception {
    store.close();
    SignedEnvelope first;
    try (ViewStore _ = Storages.openViews(BlobsParameter.of(hybrid()).orElseThrow())) {
      // The copy is in other hands until this process has ended, as if that were a crash.
      store = EnvelopeStore.open(hybrid(), options());
      first = saved(Map.of("beat", true));
      assertThat(health().degraded()).isPresent();
      store.close();
    }
    store = EnvelopeStore.open(hybrid(), options());
    SignedEnvelope second = saved(Map.of("beat", true));
    assertThat(first.header().payloadHash()).isEqualTo(second.header().payloadHash());
    assertFound(first);
    assertFound(second);
    assertThat(store.save(first)).isInstanceOf(SaveResult.AlreadyPresent.class);
    assertThat(store.awaitBlobs()).isTrue();
    assertAnsweredByTheCopy(first);
    assertAnsweredByTheCopy(second);
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
    sent.forEach(this::assertFound);
    assertThat(query("SELECT count(*) FROM stele.events")).isEqualTo("400");
    assertThat(store.verify(_ -> {})).isInstanceOf(Verdict.Intact.class);
  }

  @Test
  void weakness_14_a_bad_id_hinders_nothing_after_it_and_no_read_leaves_a_transaction_open() {
    assertThat(store.get("no-uuid")).isEmpty();
    SignedEnvelope envelope = saved(Map.of("n", 1L));
    assertFound(envelope);
    assertThat(store.getMetadata(envelope.header().id())).isPresent();
    until(() -> idleInTransaction() == 0);
  }

  private long idleInTransaction() {
    try {
      return Long.parseLong(
          query(
              "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                  + " AND state LIKE 'idle in transaction%'"));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void weakness_15_a_cleaned_guard_lets_no_old_envelope_in_and_a_reused_nonce_ends_one_way()
      throws Exception {
    SignedEnvelope old = envelopes.make(Map.of("n", 1L));
    long position = EnvelopeStoreTck.inserted(store.save(old));
    SignedEnvelope early = withNonceOf(old, 2);
    assertThat(store.save(early)).isInstanceOf(SaveResult.Replayed.class);
    assertThat(store.exists(early.header().id())).isFalse();

    envelopes.pass(Duration.ofDays(8));
    assertThat(store.cleanupReplayGuard(envelopes.instant().minus(Duration.ofDays(7))))
        .isInstanceOf(CleanupResult.Released.class);
    assertThat(query("SELECT count(*) FROM stele.replay_guard")).isEqualTo("0");
    assertThat(store.save(old)).isEqualTo(new SaveResult.AlreadyPresent(position));

    SignedEnvelope late = withNonceOf(old, 3);
    EnvelopeStoreTck.inserted(store.save(late));
    assertFound(late);
    assertThat(store.awaitBlobs()).isTrue();
    assertAnsweredByTheCopy(late);
    assertAnsweredByTheCopy(old);
  }

  private SignedEnvelope withNonceOf(SignedEnvelope other, long number) {
    return envelopes.make(
        Envelopes.draft(Map.of("n", number)).withNonce(other.header().nonce()), Envelopes.SENSOR);
  }

  @Test
  void weakness_17_a_copy_is_not_opened_twice_and_nobody_waits_for_it() throws Exception {
    SignedEnvelope first = saved(Map.of("n", 1L));
    try (EnvelopeStore second = EnvelopeStore.open(hybrid(), options())) {
      assertThat(second.stats().blobs().orElseThrow().degraded()).isPresent();
      SignedEnvelope envelope = envelopes.make(Map.of("n", 2L));
      EnvelopeStoreTck.inserted(second.save(envelope));
      assertThat(second.get(first.header().id()).orElseThrow().envelope()).isEqualTo(first);
      assertFound(envelope);
      // Closed is closed: whoever waits for the copy has it then.
      store.close();
      until(() -> second.stats().blobs().orElseThrow().degraded().isEmpty());
      assertThat(second.awaitBlobs()).isTrue();
    }
  }

  // ---- append-only ----

  @Test
  void weakness_18_neither_its_owner_nor_a_writer_updates_deletes_or_truncates() throws Exception {
    SignedEnvelope parent = saved(Map.of("n", 1L));
    SignedEnvelope child = saved(Map.of("n", 2L));
    String id = parent.header().id();
    store.link(id, child.header().id(), "caused");
    store.deliver(id, "billing", Delivery.Status.SENT);
    Map<String, String> changes =
        Map.of(
            "stele_events", "record = ''",
            "stele_bodies", "payload = ''",
            "stele_claims", "key = key",
            "envelope_facts", "source = 'forged'",
            "envelope_details", "key_id = 'forged'");
    for (Map.Entry<String, String> change : changes.entrySet()) {
      String table = "stele." + change.getKey();
      for (String sql :
          List.of(
              "UPDATE " + table + " SET " + change.getValue(),
              "DELETE FROM " + table,
              "TRUNCATE " + table + " CASCADE")) {
        assertThatThrownBy(() -> run(sql)).as(sql).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> run("SET ROLE stele_writer", sql))
            .as("as stele_writer: " + sql)
            .isInstanceOf(SQLException.class);
      }
    }
    assertFound(parent);
    assertThat(store.links(id)).hasSize(1);
    assertThat(store.delivery(id, "billing")).isPresent();
    assertThat(store.verify(_ -> {})).isInstanceOf(Verdict.Intact.class);
  }

  @Test
  void weakness_18_who_deletes_from_the_guard_what_may_be_freed_frees_no_nonce() throws Exception {
    SignedEnvelope first = saved(Map.of("n", 1L));
    for (String sql :
        List.of(
            "UPDATE stele.replay_guard SET nonce = 'forged'",
            "TRUNCATE stele.replay_guard",
            "DELETE FROM stele.replay_guard")) {
      assertThatThrownBy(() -> run(sql)).isInstanceOf(SQLException.class);
    }
    // And where somebody forces it: it only retells the claims in the log.
    run("ALTER TABLE stele.replay_guard DISABLE TRIGGER ALL", "DELETE FROM stele.replay_guard");
    assertThat(store.save(withNonceOf(first, 2))).isInstanceOf(SaveResult.Replayed.class);
  }

  @Test
  void weakness_18_a_row_that_was_deleted_by_force_is_noticed() throws Exception {
    long position = second();
    force(
        "DELETE FROM stele.stele_bodies WHERE position = " + position,
        "DELETE FROM stele.stele_events WHERE position = " + position);
    assertBroken(position, Fault.Gap.class);
  }

  @Test
  void weakness_18_an_envelope_that_was_deleted_by_force_is_noticed() throws Exception {
    long position = second();
    force("DELETE FROM stele.stele_bodies WHERE position = " + position);
    assertBroken(position, Fault.Payload.class);
  }

  @Test
  void weakness_18_rows_that_were_reordered_by_force_are_noticed() throws Exception {
    long position = second();
    List<String> swaps = new ArrayList<>();
    for (String table : List.of("stele_events", "stele_bodies", "stele_claims", "stele_streams")) {
      String update = "UPDATE stele." + table + " SET position = %d WHERE position = %d";
      swaps.add(update.formatted(1_000_000, position));
      swaps.add(update.formatted(position, position + 1));
      swaps.add(update.formatted(position + 1, 1_000_000));
    }
    force(swaps.toArray(String[]::new));
    assertBroken(position, Fault.Gap.class);
  }

  @Test
  void weakness_18_an_end_that_was_signed_for_and_cut_off_by_force_is_noticed() throws Exception {
    long position = second();
    store.log().checkpoint();
    cutBehind(position);
    assertBroken(position + 1, Fault.Gap.class);
  }

  @Test
  void weakness_18_an_end_that_was_cut_off_by_force_is_noticed_by_who_wrote_it() throws Exception {
    long position = second();
    cutBehind(position);
    assertBroken(position + 1, Fault.Gap.class);
  }

  private void cutBehind(long position) throws Exception {
    List<String> cuts = new ArrayList<>();
    for (String table : List.of("stele_events", "stele_bodies", "stele_claims", "stele_streams")) {
      cuts.add("DELETE FROM stele." + table + " WHERE position > " + position);
    }
    cuts.add("DELETE FROM stele.stele_checkpoints WHERE size > " + position);
    cuts.add(
        "UPDATE stele.stele_logs SET size = %1$d, link = (SELECT link FROM stele.stele_events"
                .formatted(position)
            + " WHERE position = %1$d)".formatted(position));
    force(cuts.toArray(String[]::new));
  }

  /** Saves three, and tells where the second is. */
  private long second() {
    saved(Map.of("n", 1L));
    long position = EnvelopeStoreTck.inserted(store.save(envelopes.make(Map.of("n", 2L))));
    saved(Map.of("n", 3L));
    return position;
  }

  /** It is noticed, said where, and nothing is appended behind it. */
  private void assertBroken(long at, Class<? extends Fault> fault) {
    assertThat(store.verify(_ -> {}))
        .isInstanceOfSatisfying(
            Verdict.Broken.class,
            broken -> {
              assertThat(broken.fault()).isInstanceOf(fault);
              assertThat(broken.at()).isEqualTo(at);
            });
    assertThat(store.save(envelopes.make(Map.of("n", 4L)))).isInstanceOf(SaveResult.ReadOnly.class);
  }

  // ---- what there was no way to do ----

  @Test
  void weakness_19_the_schema_has_a_version_and_is_brought_to_it_once() throws Exception {
    String versions = "SELECT count(*) FROM stele.stele_history_envelope WHERE version = '1'";
    assertThat(query(versions + " AND success")).isEqualTo("1");
    SignedEnvelope envelope = saved(Map.of("n", 1L));
    store.close();
    store = EnvelopeStore.open(hybrid(), options());
    assertThat(query(versions)).isEqualTo("1");
    assertFound(envelope);
  }

  // ---- what one of the two cannot hold ----

  @Test
  void weakness_20_fractions_past_the_microsecond_are_cut_in_sql_too() throws Exception {
    SignedEnvelope fine =
        envelopes.make(
            Envelopes.draft(Map.of("n", 1L)).withIssuedAt("2026-01-22T11:59:59.123456789Z"),
            Envelopes.SENSOR);
    EnvelopeStoreTck.inserted(store.save(fine));
    assertThat(store.getMetadata(fine.header().id()).orElseThrow().details().orElseThrow())
        .extracting(EnvelopeMetadata.Details::issuedAt)
        .isEqualTo(Instant.parse("2026-01-22T11:59:59.123456Z"));
    assertThat(query("SELECT extract(microseconds FROM issued_at)::bigint FROM stele.events"))
        .isEqualTo("59123456");
  }

  @Test
  void weakness_20_what_no_column_or_index_can_hold_is_refused_before_anything_is_stored() {
    store.close();
    store = EnvelopeStore.open(hybrid(), options().with(Judging.COMPATIBLE));
    EnvelopeStoreTck.inserted(store.save(unchecked("north tower", "k".repeat(64))));
    long size = store.log().head().size();
    for (SignedEnvelope each :
        List.of(
            unchecked("north\0tower", "sensor-A"),
            unchecked("north tower", "k".repeat(447)),
            unchecked("north tower", digits(2_800)),
            unchecked("north tower", digits(100_000)))) {
      assertThat(store.save(each))
          .isInstanceOfSatisfying(
              SaveResult.Invalid.class,
              invalid -> assertThat(invalid.category()).isEqualTo(Category.STRUCTURE_INVALID));
      assertThat(store.exists(each.header().id())).isFalse();
    }
    assertThat(store.log().head().size()).isEqualTo(size);
    assertThat(health().degraded()).isEmpty();
  }

  /** Digits that no column makes smaller by packing them. */
  private String digits(int count) {
    StringBuilder digits = new StringBuilder();
    while (digits.length() < count) {
      digits.append(Long.toUnsignedString(envelopes.random().nextLong(), 36));
    }
    return digits.substring(0, count);
  }

  /** An envelope, signed as it is, that no maker would let by. */
  private SignedEnvelope unchecked(String source, String keyId) {
    EnvelopeCreation.Created created = envelopes.created(Envelopes.draft(Map.of("n", 1L)));
    EnvelopeHeader header = created.header();
    return new EnvelopeCreation.Created(
            new EnvelopeHeader(
                header.id(),
                header.type(),
                header.version(),
                source,
                header.issuedAt(),
                header.expiresAt(),
                header.nonce(),
                keyId,
                header.algorithm(),
                header.canonicalization(),
                header.payloadHash(),
                header.context(),
                header.extensions()),
            created.payload())
        .sign(Envelopes.SENSOR.key());
  }

  // ---- bit rot ----

  @Test
  void weakness_21_a_flipped_byte_in_postgresql_is_noticed_by_get_and_by_verify() throws Exception {
    store.close();
    store = EnvelopeStore.open(withoutCopy(), options());
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    long position = EnvelopeStoreTck.inserted(store.save(envelope));
    force(
        "UPDATE stele.stele_bodies SET payload = set_byte(payload, 200, get_byte(payload, 200) # 1)"
            + " WHERE position = "
            + position);
    assertThatThrownBy(() -> store.get(envelope.header().id()))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("verify the log");
    assertBroken(position, Fault.Payload.class);
  }

  @Test
  void weakness_21_a_flipped_byte_in_lmdb_is_noticed_by_get_and_heals() throws Exception {
    SignedEnvelope envelope = saved(Map.of("text", "what the disk forgets"));
    SignedEnvelope other = saved(Map.of("n", 2L));
    assertThat(store.awaitBlobs()).isTrue();
    assertAnsweredByTheCopy(envelope);
    store.close();
    flip(AHybridStoreTest.blobFile(folder.resolve("blobs")), "what the disk forgets");
    store = EnvelopeStore.open(hybrid(), options());
    assertFound(envelope);
    until(() -> health().rebuilds() > 0 && health().degraded().isEmpty());
    assertThat(store.awaitBlobs()).isTrue();
    until(
        () -> {
          long hits = health().hits();
          assertFound(envelope);
          return health().hits() > hits;
        });
    assertFound(other);
    assertThat(health().rebuilds()).isEqualTo(1);
    // The copy is no part of the truth, which was never touched.
    assertThat(store.verify(_ -> {})).isInstanceOf(Verdict.Intact.class);
  }

  /** Flips one bit wherever a file says something. */
  private static void flip(Path file, String said) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    String latin = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = latin.indexOf(said);
    assertThat(at).isNotNegative();
    while (at >= 0) {
      bytes[at] ^= 1;
      at = latin.indexOf(said, at + 1);
    }
    Files.write(file, bytes);
  }
}
