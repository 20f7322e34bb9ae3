package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.core.storage.StorageRequest;
import dev.stele.testkit.Example;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class SqlOfADomainTest {
  @TempDir Path folder;

  private Path database = Path.of("");

  @BeforeEach
  void writeALog() {
    database = folder.resolve("log.db");
    Example.write(SqliteLogEngine.openWriter(database), new MemoryAnchor());
  }

  private SqliteLogEngine open(String scheme, String resources) {
    return SqliteLogEngine.openWriter(
        database,
        SqliteOptions.DEFAULT,
        List.of(),
        List.of(new StorageRequest.Script(scheme, "test", "dev/stele/sqlite/" + resources)));
  }

  private List<String> query(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        all.add(rows.getString(1));
      }
      return all;
    }
  }

  @Test
  void reads_numbers_out_of_the_rows_of_a_log() throws SQLException {
    open("sqlite", "scripts").close();

    assertThat(query("SELECT type FROM kinds ORDER BY place")).startsWith("opened", "order-placed");
  }

  @Test
  void runs_each_version_once_however_often_the_log_is_opened() throws SQLException {
    open("sqlite", "scripts").close();
    open("sqlite", "scripts").close();

    assertThat(query("SELECT note FROM notes")).containsExactly("once");
    assertThat(query("SELECT version FROM stele_scripts WHERE name = 'test'")).containsExactly("2");
  }

  @Test
  void leaves_the_log_as_it_verifies() {
    try (SqliteLogEngine engine = open("sqlite", "scripts")) {
      assertThat(Verifier.of(engine, LogId.MAIN, TestLogs.keys().signer().vkey()).verify())
          .isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void is_all_there_or_not_at_all() throws SQLException {
    assertThatThrownBy(() -> open("sqlite", "wrong")).isInstanceOf(StorageFailed.class);

    assertThat(query("SELECT name FROM sqlite_schema WHERE name IN ('half', 'stele_scripts')"))
        .isEmpty();
    open("sqlite", "scripts").close();
  }

  @Test
  void is_not_run_when_it_is_for_another_engine() throws SQLException {
    open("postgres", "wrong").close();

    assertThat(query("SELECT name FROM sqlite_schema WHERE name = 'half'")).isEmpty();
  }
}
