package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.Rows;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How the tables come to be. */
@Tag("engine")
class ANewDatabaseTest {
  /** A process that opens a database and says what it found. */
  static final class Opener {
    private Opener() {}

    public static void main(String[] arguments) {
      try (PostgresLogEngine engine =
          PostgresLogEngine.openWriter(
              arguments[0], PostgresOptions.DEFAULT, List.of(new EntriesView()))) {
        System.out.println("opened at " + engine.head(LogId.MAIN).size());
      }
    }
  }

  private static String history(String database) throws Exception {
    try (Connection connection = PostgresServer.shared().connect(database);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT string_agg(coalesce(version, '-') || ' ' || success, ', ' ORDER BY"
                    + " installed_rank) FROM stele.stele_history WHERE type = 'SQL'")) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void is_made_once_however_often_it_is_opened() throws Exception {
    String database = PostgresServer.shared().freshDatabase();
    for (int i = 0; i < 3; i++) {
      try (PostgresLogEngine engine = PostgresLogEngine.openWriter(database)) {
        assertThat(engine.head(LogId.MAIN).size()).isZero();
      }
      assertThat(history(database)).isEqualTo("1 true");
    }
  }

  @Test
  void is_made_once_when_three_processes_open_it_at_the_same_time() throws Exception {
    String database = PostgresServer.shared().freshDatabase();
    List<Process> openers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      openers.add(ChildJvm.start(Opener.class, List.of(database)));
    }
    for (Process opener : openers) {
      try (BufferedReader out = opener.inputReader(StandardCharsets.UTF_8)) {
        assertThat(out.readLine()).isEqualTo("opened at 0");
      }
      assertThat(opener.waitFor()).isZero();
    }
    assertThat(history(database)).isEqualTo("1 true");
  }

  @Test
  void stands_beside_tables_of_others_in_the_same_schema() throws Exception {
    String database = PostgresServer.shared().freshDatabase();
    try (Connection connection = PostgresServer.shared().connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA theirs; CREATE TABLE theirs.orders (id int)");
    }
    Rows rows = new Rows();
    try (PostgresLogEngine engine =
        PostgresLogEngine.openWriter(database + "?schema=theirs&pool=2")) {
      rows.commit(engine, LogId.MAIN, "a", 1);
    }
    try (PostgresLogEngine reader =
        PostgresLogEngine.openReader(database, new PostgresOptions("theirs", 2), List.of())) {
      assertThat(reader.head(LogId.MAIN)).isEqualTo(rows.head());
      assertThatThrownBy(() -> rows.commit(reader, LogId.MAIN, "a", 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("was opened to read");
    }
  }

  @Test
  void is_not_made_by_who_only_reads() {
    String database = PostgresServer.shared().freshDatabase();
    assertThatThrownBy(
            () -> PostgresLogEngine.openReader(database, PostgresOptions.DEFAULT, List.of()))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("there is no log in");
  }

  @Test
  void is_refused_by_a_server_that_is_too_old() {
    assertThatThrownBy(() -> PostgresSchema.requireVersion(150_006))
        .isInstanceOf(StorageFailed.class)
        .hasMessage("the server is PostgreSQL 15.6; logs need 16 or newer: upgrade it");
    assertThatCode(() -> PostgresSchema.requireVersion(160_000)).doesNotThrowAnyException();
  }

  @Test
  void is_laid_out_by_a_script_that_anybody_can_read() {
    assertThat(PostgresSchema.ddl())
        .contains("CREATE TABLE \"stele\".stele_events")
        .contains("stele_append_only")
        .doesNotContain("${");
    assertThatThrownBy(() -> PostgresSchema.ddl("x\"; DROP TABLE y"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void takes_ten_thousand_rows_in_one_commit() {
    Rows rows = new Rows();
    try (PostgresLogEngine engine =
        PostgresLogEngine.openWriter(
            PostgresServer.shared().freshDatabase(),
            PostgresOptions.DEFAULT,
            List.of(new EntriesView()))) {
      List<Row> written = rows.commit(engine, LogId.MAIN, "a", 10_000);
      assertThat(engine.head(LogId.MAIN)).isEqualTo(rows.head());
      List<Row> read = new ArrayList<>();
      while (read.size() < written.size()) {
        read.addAll(engine.readPage(LogId.MAIN, read.size(), 4_096).rows());
      }
      assertThat(read).usingRecursiveFieldByFieldElementComparator().isEqualTo(written);
      assertThat(engine.inlineViews().getFirst().position()).isEqualTo(10_000);
      assertThat(engine.find(LogId.MAIN, Rows.claimOf(7_777))).isEqualTo(7_777);
    }
  }
}
