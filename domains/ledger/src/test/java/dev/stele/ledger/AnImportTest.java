package dev.stele.ledger;

import static dev.stele.ledger.Scene.appended;
import static dev.stele.ledger.Scene.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Verdict;
import dev.stele.crypto.Blake3;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten rows of the original's table, each with a four-byte signature and no payload. */
class AnImportTest {
  @TempDir Path folder;
  private Path original;
  private Scene scene;

  @BeforeEach
  void begin() throws SQLException {
    scene = new Scene(folder);
    original = folder.resolve("original.db");
    write("seq_no INTEGER PRIMARY KEY AUTOINCREMENT");
  }

  private void write(String key) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + original);
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS ledger_events");
      statement.execute(
          "CREATE TABLE ledger_events ("
              + key
              + ", event_id TEXT NOT NULL UNIQUE, timestamp INTEGER NOT NULL, event_hash BLOB NOT"
              + " NULL, prev_event_hash BLOB NOT NULL, signature BLOB NOT NULL, public_key_id TEXT"
              + " NOT NULL, event_type TEXT, payload_ref TEXT, created_at INTEGER NOT NULL DEFAULT"
              + " (strftime('%s', 'now') * 1000))");
      statement.execute("CREATE INDEX idx_event_id ON ledger_events(event_id)");
      statement.execute("CREATE INDEX idx_timestamp ON ledger_events(timestamp)");
      statement.execute("CREATE INDEX idx_seq_no ON ledger_events(seq_no)");
      byte[] previous = new byte[32];
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO ledger_events (seq_no, event_id, timestamp, event_hash, prev_event_hash,"
                  + " signature, public_key_id, event_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
        for (int i = 1; i <= 10; i++) {
          byte[] hash = Blake3.hash(utf8("event-data-" + i));
          insert.setInt(1, i);
          insert.setString(2, "event-" + i);
          insert.setLong(3, 1_700_000_000_000L + i);
          insert.setBytes(4, hash);
          insert.setBytes(5, previous);
          insert.setBytes(6, new byte[] {1, 2, 3, 4});
          insert.setString(7, "key-1");
          insert.setString(8, i % 2 == 0 ? "track.update" : null);
          insert.executeUpdate();
          previous = hash;
        }
      }
    }
  }

  private void change(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + original);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private LedgerImport.Report run(EventLedger ledger) {
    try (OriginalLedger rows = OriginalLedger.open(original)) {
      assertThat(rows.indexes())
          .containsExactlyInAnyOrder("idx_event_id", "idx_timestamp", "idx_seq_no");
      return LedgerImport.bare(ledger, rows);
    }
  }

  @Test
  void takesOverEveryRowAsItIsAndSaysWhatTheyCannotGive() {
    try (EventLedger ledger = scene.open()) {
      LedgerImport.Report report = run(ledger);
      assertThat(report.appended()).isEqualTo(10);
      assertThat(report.refused()).isEmpty();
      assertThat(report.faults()).isEmpty();
      assertThat(report.guarantees()).isNotEmpty();
      LedgerEntry fifth = ledger.byId("event-5").orElseThrow();
      assertThat(fifth.seqNo()).isEqualTo(5);
      assertThat(fifth.admittedBy()).isEqualTo("ledger-bare/1");
      assertThat(fifth.event().eventHash()).isEqualTo(Blake3.hash(utf8("event-data-5")));
      assertThat(fifth.event().signature()).containsExactly(1, 2, 3, 4);
      assertThat(fifth.event().publicKeyId()).isEqualTo("key-1");
      assertThat(appended(ledger.append("own", utf8("x"))).last().prevEventHash())
          .isEqualTo(Blake3.hash(utf8("event-data-10")));
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void leavesTheOriginalAsItWas() throws Exception {
    byte[] before = Files.readAllBytes(original);
    try (EventLedger ledger = scene.open()) {
      run(ledger);
    }
    assertThat(Files.readAllBytes(original)).isEqualTo(before);
    assertThat(folder.resolve("original.db-shm")).doesNotExist();
  }

  @Test
  void appendsNothingTheSecondTime() {
    try (EventLedger ledger = scene.open()) {
      run(ledger);
      LedgerImport.Report again = run(ledger);
      assertThat(again.appended()).isZero();
      assertThat(again.alreadyPresent()).isEqualTo(10);
      assertThat(again.refusedCount()).isZero();
    }
  }

  @Test
  void reportsABrokenLinkAndRefusesWhatFollows() throws SQLException {
    change("UPDATE ledger_events SET prev_event_hash=zeroblob(32) WHERE seq_no=5");
    try (EventLedger ledger = scene.open()) {
      LedgerImport.Report report = run(ledger);
      assertThat(report.appended()).isEqualTo(4);
      assertThat(report.refusedCount()).isEqualTo(6);
      assertThat(report.refused().getFirst().seqNo()).isEqualTo(5);
      assertThat(report.refused().getFirst().code()).isEqualTo("chain-ordering");
      assertThat(report.faults())
          .singleElement()
          .isInstanceOfSatisfying(
              LedgerFault.CorruptionDetected.class,
              fault -> assertThat(fault.seqNo()).isEqualTo(5));
    }
  }

  @Test
  void reportsAGapInTheNumbers() throws SQLException {
    change("DELETE FROM ledger_events WHERE seq_no=5");
    try (EventLedger ledger = scene.open()) {
      assertThat(run(ledger).faults())
          .startsWith(new LedgerFault.SequenceViolation(5, 6))
          .hasSize(2);
    }
  }

  @Test
  void reportsANumberThatIsThereTwice() throws SQLException {
    write("seq_no INTEGER");
    change("UPDATE ledger_events SET seq_no=9 WHERE seq_no=10");
    try (EventLedger ledger = scene.open()) {
      LedgerImport.Report report = run(ledger);
      assertThat(report.faults()).containsExactly(new LedgerFault.DuplicateSequence(9));
      assertThat(report.appended()).isEqualTo(10);
    }
  }

  @Test
  void refusesARowThatIsNoEvent() throws SQLException {
    change("UPDATE ledger_events SET event_hash=x'01' WHERE seq_no=10");
    try (EventLedger ledger = scene.open()) {
      LedgerImport.Report report = run(ledger);
      assertThat(report.appended()).isEqualTo(9);
      assertThat(report.refused())
          .singleElement()
          .satisfies(refusal -> assertThat(refusal.code()).isEqualTo("bad-shape"));
    }
  }

  @Test
  void saysWhenThereIsNothingToImport() {
    assertThatThrownBy(() -> OriginalLedger.open(folder.resolve("none.db")))
        .isInstanceOf(StorageFailed.class);
  }
}
