package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.EventRecord;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.crypto.Sha256;
import dev.stele.testkit.Example;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database of layout 1, as an earlier version wrote the documents' example. */
class AnEarlierLayoutTest {
  @TempDir Path folder;
  private Path database = Path.of("");

  @BeforeEach
  void write() throws IOException, SQLException {
    database = folder.resolve("old.db");
    try (InputStream in = AnEarlierLayoutTest.class.getResourceAsStream("layout-1.sql");
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      String script = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String sql : script.lines().filter(line -> !line.startsWith("--")).toList()) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void is_read_only_after_it_was_opened_once_to_write() {
    assertThatThrownBy(() -> SqliteLogEngine.openReader(database))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("open it once to write");
    SqliteLogEngine.openWriter(database).close();
    SqliteLogEngine.openReader(database).close();
  }

  @Test
  void has_every_row_afterwards_and_verifies() {
    Path fresh = folder.resolve("fresh.db");
    Example.write(SqliteLogEngine.openWriter(fresh), new MemoryAnchor());
    try (LogEngine expected = SqliteLogEngine.openReader(fresh);
        LogEngine brought = SqliteLogEngine.openWriter(database)) {
      List<Row> rows = brought.read(LogId.MAIN, 0, 10);
      List<Row> made = expected.read(LogId.MAIN, 0, 10);
      assertThat(rows).hasSameSizeAs(made).isNotEmpty();
      for (int i = 0; i < rows.size(); i++) {
        assertThat(rows.get(i).record()).isEqualTo(made.get(i).record());
        assertThat(rows.get(i).body()).isEqualTo(made.get(i).body());
        assertThat(rows.get(i).keys()).isEqualTo(made.get(i).keys());
      }
      assertIntact(brought);
    }
  }

  @Test
  void keeps_what_was_indexed() throws SQLException {
    index();
    try (LogEngine brought = SqliteLogEngine.openWriter(database)) {
      assertIntact(brought);
      Row second = brought.read(LogId.MAIN, 1, 1).getFirst();
      assertThat(brought.find(LogId.MAIN, IndexKey.of(second.keys(), 0))).isEqualTo(2);
      assertThat(
              brought.lastRevision(
                  LogId.MAIN, IndexKey.ofStream("orders".getBytes(StandardCharsets.UTF_8))))
          .isEqualTo(2);
    }
  }

  private static void assertIntact(LogEngine engine) {
    assertThat(
            Verifier.of(engine, LogId.MAIN, TestLogs.keys().signer().vkey())
                .withIndexKey(TestLogs.keys().indexKey())
                .verify())
        .isInstanceOf(Verdict.Intact.class);
  }

  /** Writes the indexes down as a flush of that layout did. */
  private void index() throws SQLException {
    List<Row> rows;
    Path copy = folder.resolve("copy.db");
    Example.write(SqliteLogEngine.openWriter(copy), new MemoryAnchor());
    try (LogEngine engine = SqliteLogEngine.openReader(copy)) {
      rows = engine.read(LogId.MAIN, 0, 10);
    }
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        PreparedStatement claim =
            connection.prepareStatement("INSERT INTO log_claims VALUES (0, ?, ?)");
        PreparedStatement stream =
            connection.prepareStatement("INSERT INTO log_streams VALUES (0, ?, ?, ?)");
        PreparedStatement name =
            connection.prepareStatement("UPDATE log_names SET indexed_to = ?, seal = ?")) {
      for (Row row : rows) {
        for (int at = 0; at < row.keys().length; at += Row.KEY_BYTES) {
          claim.setBytes(1, IndexKey.of(row.keys(), at).bytes());
          claim.setLong(2, row.position());
          claim.executeUpdate();
        }
        stream.setBytes(1, IndexKey.ofStream(EventRecord.streamBytes(row.record())).bytes());
        stream.setLong(2, EventRecord.revision(row.record()));
        stream.setLong(3, row.position());
        stream.executeUpdate();
      }
      ByteBuffer sealed = ByteBuffer.allocate(20).putInt(0).putLong(rows.size()).putLong(1);
      name.setLong(1, rows.size());
      name.setBytes(2, Arrays.copyOf(Sha256.hash(sealed.array()), 8));
      name.executeUpdate();
    }
  }
}
