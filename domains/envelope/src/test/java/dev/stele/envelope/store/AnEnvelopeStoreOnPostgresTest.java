package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.StorageFailed;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.postgresserver.PostgresServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class AnEnvelopeStoreOnPostgresTest extends EnvelopeStoreTck {
  /** The shared server waits for no disk, and an ack that was not synced does not say it was. */
  @Override
  Durability ack() {
    return Durability.OS;
  }

  @Override
  String uri() throws Exception {
    return PostgresServer.shared().databaseFor(folder)
        + "?home="
        + URLEncoder.encode(folder.resolve("home").toString(), StandardCharsets.UTF_8);
  }

  private Connection connect() throws SQLException {
    return PostgresServer.shared().connect(PostgresServer.shared().databaseFor(folder));
  }

  private List<String> query(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        StringBuilder row = new StringBuilder();
        for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
          row.append(column == 1 ? "" : " ").append(rows.getString(column));
        }
        found.add(row.toString());
      }
      return found;
    }
  }

  private void run(String... sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String each : sql) {
        statement.execute(each);
      }
      connection.commit();
    }
  }

  @Test
  void analysts_find_what_was_saved_at_the_ack_under_the_names_they_know() throws Exception {
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    long position = inserted(store.save(envelope));
    String id = envelope.header().id();
    assertThat(
            query(
                "SELECT id, event_type, extract(epoch FROM issued_at)::bigint, source,"
                    + " content_hash, convert_from(envelope, 'UTF8'), position, erased FROM"
                    + " stele.events"))
        .containsExactly(
            String.join(
                " ",
                id,
                "omen.observed",
                String.valueOf(Envelopes.START.getEpochSecond()),
                "north tower",
                envelope.header().payloadHash(),
                new String(envelope.wire(), StandardCharsets.UTF_8),
                String.valueOf(position),
                "f"));
    assertThat(query("SELECT key_id, nonce FROM stele.replay_guard"))
        .containsExactly("sensor-A " + envelope.header().nonce());
    SignedEnvelope child = envelopes.make(Map.of("n", 2L));
    store.save(child);
    store.link(id, child.header().id(), "caused");
    store.deliver(id, "billing", Delivery.Status.FAILED);
    assertThat(query("SELECT parent_id, child_id, relation FROM stele.event_links"))
        .containsExactly(id + " " + child.header().id() + " caused");
    assertThat(query("SELECT event_id, destination, status, attempts FROM stele.delivery_state"))
        .containsExactly(id + " billing failed 1");
  }

  @Test
  void nobody_changes_or_deletes_what_was_saved_by_sql() throws Exception {
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    inserted(store.save(envelope));
    List<String> before = query("SELECT * FROM stele.events");
    for (String sql :
        List.of(
            "UPDATE stele.events SET source = 'forged'",
            "DELETE FROM stele.events",
            "UPDATE stele.envelope_facts SET source = 'forged'",
            "DELETE FROM stele.envelope_facts",
            "TRUNCATE stele.envelope_facts",
            "UPDATE stele.envelope_details SET key_id = 'forged'",
            "DELETE FROM stele.envelope_details",
            "TRUNCATE stele.envelope_details",
            "UPDATE stele.replay_guard SET nonce = 'forged'",
            "DELETE FROM stele.replay_guard",
            "TRUNCATE stele.replay_guard",
            "UPDATE stele.stele_bodies SET payload = 'forged'",
            "DELETE FROM stele.stele_bodies",
            "DELETE FROM stele.stele_events",
            "TRUNCATE stele.stele_events CASCADE")) {
      assertThatThrownBy(() -> run(sql)).as(sql).isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> run("SET ROLE stele_writer", sql))
          .as("as stele_writer: " + sql)
          .isInstanceOf(SQLException.class);
    }
    assertThat(query("SELECT * FROM stele.events")).isEqualTo(before);
    assertThat(store.get(envelope.header().id())).isPresent();
    assertThat(query("SELECT count(*) FROM stele.replay_guard")).containsExactly("1");
  }

  @Test
  void a_nonce_that_no_release_has_freed_is_deleted_by_nobody() throws Exception {
    reopen(options().with(EnvelopeStoreOptions.Nonces.UNTIL_CLEANED_UP));
    inserted(store.save(envelopes.make(Map.of("n", 1L))));
    assertGuardStands(1);
    envelopes.pass(Duration.ofDays(1));
    SignedEnvelope second = envelopes.make(Map.of("n", 2L));
    inserted(store.save(second));
    envelopes.pass(Duration.ofDays(2));

    assertThat(store.cleanupReplayGuard(Envelopes.START.plus(Duration.ofHours(1))))
        .isInstanceOfSatisfying(
            CleanupResult.Released.class, released -> assertThat(released.nonces()).isEqualTo(1));

    assertThat(query("SELECT nonce FROM stele.replay_guard"))
        .containsExactly(second.header().nonce());
    assertGuardStands(1);
    inserted(store.save(envelopes.make(Map.of("n", 3L))));
    assertGuardStands(2);
    assertThat(store.cleanupReplayGuard(Envelopes.START.plus(Duration.ofHours(25))))
        .isInstanceOf(CleanupResult.Released.class);
    assertGuardStands(1);
  }

  private void assertGuardStands(int rows) throws SQLException {
    for (String role : List.of("RESET ROLE", "SET ROLE stele_writer")) {
      assertThatThrownBy(() -> run(role, "DELETE FROM stele.replay_guard"))
          .as(role)
          .isInstanceOfSatisfying(
              SQLException.class, refused -> assertThat(refused.getSQLState()).isEqualTo("42501"))
          .hasMessageContaining("DELETE of replay_guard is refused");
    }
    assertThat(query("SELECT count(*) FROM stele.replay_guard"))
        .containsExactly(String.valueOf(rows));
  }

  @Test
  void what_was_erased_is_shown_without_what_it_said() throws Exception {
    SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
    inserted(store.save(envelope));
    store.erase(envelope.header().id());
    assertThat(
            query(
                "SELECT event_type, source, issued_at, content_hash, envelope, erased"
                    + " FROM stele.events"))
        .containsExactly("omen.observed north tower null null null t");
    assertThat(query("SELECT count(*) FROM stele.replay_guard")).containsExactly("0");
  }

  @Test
  void a_role_that_may_only_write_saves_finds_links_and_delivers() throws Exception {
    run(
        "DROP ROLE IF EXISTS envelope_writer",
        "CREATE ROLE envelope_writer LOGIN IN ROLE stele_writer");
    String asWriter = uri().replace("postgres@", "envelope_writer@");
    try (EnvelopeStore writer = EnvelopeStore.open(asWriter, options())) {
      SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
      inserted(writer.save(envelope));
      SignedEnvelope child = envelopes.make(Map.of("n", 2L));
      inserted(writer.save(child));
      String id = envelope.header().id();
      assertThat(writer.get(id)).isPresent();
      assertThat(writer.getByContentHash(envelope.header().payloadHash())).hasSize(1);
      assertThat(writer.link(id, child.header().id(), "caused")).isEqualTo(new LinkResult.Linked());
      assertThat(writer.deliver(id, "billing", Delivery.Status.FAILED)).isPresent();
      assertThat(writer.deliver(id, "billing", Delivery.Status.SENT)).isPresent();
      assertThatThrownBy(() -> writer.erase(id))
          .isInstanceOf(StorageFailed.class)
          .hasMessageContaining("permission denied");
      assertThat(writer.get(id)).isPresent();
    }
  }

  @Test
  void two_processes_save_to_one_store_and_find_what_the_other_saved() throws Exception {
    try (EnvelopeStore second = EnvelopeStore.open(uri(), options())) {
      List<Callable<List<SaveResult>>> calls = new ArrayList<>();
      List<byte[]> all = new ArrayList<>();
      for (int caller = 0; caller < 4; caller++) {
        List<byte[]> wires = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
          wires.add(envelopes.make(Map.of("caller", (long) caller, "i", (long) i)).wire());
        }
        all.addAll(wires);
        EnvelopeStore its = caller % 2 == 0 ? store : second;
        calls.add(() -> wires.stream().map(its::save).toList());
      }
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<List<SaveResult>> each : threads.invokeAll(calls)) {
          assertThat(each.get()).allMatch(SaveResult.Inserted.class::isInstance);
        }
      }
      for (byte[] wire : all) {
        assertThat(store.save(wire)).isInstanceOf(SaveResult.AlreadyPresent.class);
        assertThat(second.save(wire)).isInstanceOf(SaveResult.AlreadyPresent.class);
      }
      assertThat(second.log().head()).isEqualTo(store.log().head());
      assertThat(query("SELECT count(*), max(position) - min(position) FROM stele.events"))
          .containsExactly("200 199");
      second.revoke("sensor-A", Envelopes.SENSOR.publicKey(), "lost");
      envelopes.pass(Duration.ofMillis(1));
      SignedEnvelope after = envelopes.make(Map.of("n", 1L));
      assertThat(second.save(after)).isInstanceOf(SaveResult.Invalid.class);
    }
  }
}
