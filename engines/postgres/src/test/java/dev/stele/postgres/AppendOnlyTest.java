package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.Rows;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the server itself refuses, whoever asks. */
@Tag("engine")
class AppendOnlyTest {
  private static final List<String> TABLES =
      List.of(
          "stele_events",
          "stele_bodies",
          "stele_claims",
          "stele_streams",
          "stele_tiles",
          "stele_checkpoints");

  private final Rows rows = new Rows();
  private String database;

  @BeforeEach
  void make() {
    database = PostgresServer.shared().freshDatabase();
    try (PostgresLogEngine engine = PostgresLogEngine.openWriter(database)) {
      rows.commit(
          engine,
          LogId.MAIN,
          new Batch(
              rows.next("a", 3),
              List.of(new Tile(0, 0, new byte[8_192])),
              new StoredCheckpoint(3, new byte[] {1})));
    }
  }

  private void as(String role, String... statements) throws SQLException {
    try (Connection connection = PostgresServer.shared().connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute("SET search_path = stele");
      statement.execute("SET ROLE " + role);
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private void assertRefused(String role, String reason, String... statements) {
    assertThatThrownBy(() -> as(role, statements))
        .as("%s as %s", List.of(statements), role)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void update_delete_and_truncate_are_refused_also_for_the_superuser_who_owns_the_tables() {
    for (String table : TABLES) {
      assertRefused("postgres", "append-only", "UPDATE " + table + " SET log = log");
      assertRefused("postgres", "append-only", "DELETE FROM " + table);
      assertRefused("postgres", "append-only", "TRUNCATE " + table);
    }
    assertRefused("postgres", "append-only", "DELETE FROM stele_logs");
    assertRefused("postgres", "append-only", "TRUNCATE stele_logs");
  }

  @Test
  void they_are_refused_while_triggers_are_silenced_for_replication() {
    assertRefused(
        "postgres",
        "append-only",
        "SET session_replication_role = replica",
        "DELETE FROM stele_events");
  }

  @Test
  void a_writer_may_not_even_ask() {
    for (String table : TABLES) {
      assertRefused("stele_writer", "permission denied", "UPDATE " + table + " SET log = log");
      assertRefused("stele_writer", "permission denied", "DELETE FROM " + table);
      assertRefused("stele_writer", "permission denied", "TRUNCATE " + table);
    }
    assertRefused("stele_writer", "permission denied", "SELECT stele_erase(1, 1, 3)");
    assertRefused("stele_writer", "permission denied", "SELECT stele_trim(1, 1)");
    assertRefused(
        "stele_reader", "permission denied", "INSERT INTO stele_logs (name) VALUES ('x')");
  }

  @Test
  void the_head_of_a_log_only_moves_on() {
    assertRefused("postgres", "only moves on", "UPDATE stele_logs SET size = 2");
    assertRefused("postgres", "only moves on", "UPDATE stele_logs SET name = 'x', size = 9");
    assertRefused("postgres", "only moves on", "UPDATE stele_logs SET link = '\\x00'");
  }

  @Test
  void a_role_that_may_only_write_appends_and_keeps_views_but_cannot_erase() throws Exception {
    as(
        "postgres",
        "DROP ROLE IF EXISTS app_writer",
        "CREATE ROLE app_writer LOGIN IN ROLE stele_writer");
    try (PostgresLogEngine owner =
        PostgresLogEngine.openWriter(
            database, PostgresOptions.DEFAULT, List.of(new EntriesView()))) {
      assertThat(owner.inlineViews()).hasSize(1);
    }
    String asWriter = database.replace("postgres@", "app_writer@");
    try (PostgresLogEngine engine =
        PostgresLogEngine.openWriter(
            asWriter, PostgresOptions.DEFAULT, List.of(new EntriesView()))) {
      rows.commit(engine, LogId.MAIN, "a", 2);
      assertThat(engine.inlineViews().getFirst().position()).isEqualTo(5);
      assertThatThrownBy(
              () ->
                  engine.commitErasing(
                      LogId.MAIN,
                      rows.committed(),
                      Rows.batch(List.of()),
                      List.of(new PositionRange(1, 1)),
                      Durability.DURABLE))
          .isInstanceOf(StorageFailed.class)
          .hasMessageContaining("permission denied for function stele_erase")
          .hasMessageContaining("grant");
      assertThat(engine.read(LogId.MAIN, 0, 1).getFirst().body()).isNotNull();
    }
  }

  @Test
  void a_role_that_may_not_make_roles_is_told_what_an_administrator_runs() throws Exception {
    as(
        "postgres",
        "DROP ROLE IF EXISTS plain_owner",
        "CREATE ROLE plain_owner LOGIN",
        "CREATE SCHEMA plain AUTHORIZATION plain_owner");
    String uri = database.replace("postgres@", "plain_owner@") + "?schema=plain";
    assertThatThrownBy(() -> PostgresLogEngine.openWriter(uri))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("the role plain_owner may not make what logs need")
        .hasMessageContaining("GRANT stele_eraser TO \"plain_owner\" WITH INHERIT TRUE, SET TRUE;");
    as("postgres", "GRANT stele_eraser TO \"plain_owner\" WITH INHERIT TRUE, SET TRUE");
    Rows own = new Rows();
    try (PostgresLogEngine engine = PostgresLogEngine.openWriter(uri)) {
      own.commit(engine, LogId.MAIN, "a", 2);
      assertThat(
              engine.commitErasing(
                  LogId.MAIN,
                  own.committed(),
                  Rows.batch(List.of()),
                  List.of(new PositionRange(1, 1)),
                  Durability.DURABLE))
          .isInstanceOf(CommitResult.Committed.class);
      assertThat(engine.read(LogId.MAIN, 0, 1).getFirst().body()).isNull();
    }
    as("postgres", "DROP SCHEMA plain CASCADE");
  }

  @Test
  void a_role_that_may_make_roles_makes_the_log_and_keeps_no_right_to_act_as_the_eraser()
      throws Exception {
    as(
        "postgres",
        "DROP ROLE IF EXISTS maker",
        "CREATE ROLE maker LOGIN CREATEROLE",
        "GRANT stele_eraser TO maker WITH ADMIN TRUE, INHERIT FALSE, SET FALSE",
        "CREATE SCHEMA made AUTHORIZATION maker");
    String uri = database.replace("postgres@", "maker@") + "?schema=made";
    Rows own = new Rows();
    try (PostgresLogEngine engine = PostgresLogEngine.openWriter(uri)) {
      own.commit(engine, LogId.MAIN, "a", 2);
      engine.commitErasing(
          LogId.MAIN,
          own.committed(),
          Rows.batch(List.of()),
          List.of(new PositionRange(1, 1)),
          Durability.DURABLE);
      assertThat(engine.read(LogId.MAIN, 0, 1).getFirst().body()).isNull();
    }
    assertRefused(
        "postgres",
        "permission denied to set role",
        "SET SESSION AUTHORIZATION maker",
        "SET ROLE stele_eraser");
    as("postgres", "DROP SCHEMA made CASCADE");
  }

  @Test
  void a_trigger_that_was_switched_off_and_what_was_done_meanwhile_are_found() throws Exception {
    try (PostgresLogEngine engine = PostgresLogEngine.openWriter(database)) {
      as("postgres", "ALTER TABLE stele_events DISABLE TRIGGER stele_append_only");
      assertThat(engine.selfCheck())
          .hasValueSatisfying(found -> assertThat(found).contains("trigger"));
      as("postgres", "DELETE FROM stele_events WHERE position = 3");
      as("postgres", "ALTER TABLE stele_events ENABLE ALWAYS TRIGGER stele_append_only");
      assertThat(engine.selfCheck())
          .hasValueSatisfying(found -> assertThat(found).contains("stele_logs names an end"));
    }
  }

  @Test
  void a_schema_that_nobody_touched_has_no_findings() {
    String fresh = PostgresServer.shared().freshDatabase();
    try (PostgresLogEngine engine = PostgresLogEngine.openWriter(fresh)) {
      new Rows().commit(engine, LogId.MAIN, "a", 3);
      assertThat(engine.selfCheck()).isEmpty();
    }
  }
}
