package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.SelfChecking;
import dev.stele.core.engine.StorageFailed;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Rows;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class OtherProcessesTest {
  @TempDir Path folder;

  /** What the other process does: opens the database and says what came of it. */
  static final class Other {
    private Other() {}

    public static void main(String[] arguments) {
      Path database = Path.of(arguments[1]);
      try (LogEngine engine =
          arguments[0].equals("write")
              ? SqliteLogEngine.openWriter(database)
              : SqliteLogEngine.openReader(database)) {
        System.out.println("size " + engine.head(LogId.MAIN).size());
      } catch (StorageFailed e) {
        System.out.println("refused");
      }
    }
  }

  private Path database() {
    return folder.resolve("shared.db");
  }

  private String inAnotherProcess(String what) throws Exception {
    return ChildJvm.run(Other.class, what, database().toString());
  }

  @Test
  void a_second_writer_is_refused_also_after_one_of_this_process_was() throws Exception {
    try (LogEngine writer = SqliteLogEngine.openWriter(database())) {
      assertThat(inAnotherProcess("write")).isEqualTo("refused");
      assertThatThrownBy(() -> SqliteLogEngine.openWriter(database()))
          .isInstanceOf(StorageFailed.class);
      assertThat(inAnotherProcess("write")).isEqualTo("refused");
      assertThat(writer.head(LogId.MAIN).size()).isZero();
    }
    assertThat(inAnotherProcess("write")).isEqualTo("size 0");
  }

  @Test
  void a_reader_that_leaves_does_not_take_the_write_ahead_log_with_it() throws Exception {
    Rows rows = new Rows();
    try (SqliteLogEngine writer = SqliteLogEngine.openWriter(database())) {
      rows.commit(writer, LogId.MAIN, "a", 3);
      assertThat(((SelfChecking) writer).selfCheck()).isEmpty();
      try (SqliteLogEngine reader = SqliteLogEngine.openReader(database())) {
        assertThat(reader.selfCheck()).isEmpty();
      }
      Object before = Files.readAttributes(wal(), "unix:ino").get("ino");
      assertThat(inAnotherProcess("read")).isEqualTo("size 3");
      assertThat(wal()).exists();
      assertThat(Files.readAttributes(wal(), "unix:ino").get("ino")).isEqualTo(before);
      rows.commit(writer, LogId.MAIN, "a", 3);
      assertThat(inAnotherProcess("read")).isEqualTo("size 6");
    }
  }

  @Test
  void a_check_of_the_file_keeps_the_locks_of_sqlite() throws Exception {
    Path locks = Path.of("/proc/locks");
    Assumptions.assumeTrue(Files.exists(locks), "this system does not list its locks");
    Rows rows = new Rows();
    try (SqliteLogEngine writer = SqliteLogEngine.openWriter(database())) {
      rows.commit(writer, LogId.MAIN, "a", 3);
      String inode = ":" + Files.getAttribute(database(), "unix:ino") + " ";
      assertThat(Files.readString(locks)).contains(inode);
      assertThat(((SelfChecking) writer).selfCheck()).isEmpty();
      try (SqliteLogEngine reader = SqliteLogEngine.openReader(database())) {
        assertThat(reader.selfCheck()).isEmpty();
      }
      assertThat(Files.readString(locks)).contains(inode);
    }
  }

  private Path wal() {
    return folder.resolve("shared.db-wal");
  }

  @Test
  void a_writer_whose_log_was_taken_over_is_fenced_and_stores_nothing() throws Exception {
    Rows rows = new Rows();
    try (LogEngine writer = SqliteLogEngine.openWriter(database())) {
      rows.commit(writer, LogId.MAIN, "a", 3);
      // A writer on a file system without locks, whose lock file gave no protection.
      try (Connection later = DriverManager.getConnection("jdbc:sqlite:" + database());
          Statement statement = later.createStatement()) {
        statement.execute("UPDATE log_names SET fence = fence + 1");
      }
      assertThat(
              writer.commit(
                  LogId.MAIN, rows.head(), Rows.batch(rows.next("a", 1)), Durability.DURABLE))
          .isInstanceOf(CommitResult.Fenced.class);
      assertThat(writer.head(LogId.MAIN).size()).isEqualTo(3);
    }
  }

  @Test
  void a_commit_that_fails_half_way_leaves_nothing_and_the_next_one_succeeds() throws Exception {
    Rows rows = new Rows();
    try (LogEngine writer = SqliteLogEngine.openWriter(database())) {
      rows.commit(writer, LogId.MAIN, "a", 3);
      execute(
          "CREATE TRIGGER disk_full BEFORE INSERT ON log_checkpoints"
              + " BEGIN SELECT RAISE(ABORT, 'disk full'); END");
      var batch = Rows.batchWithCheckpoint(rows.next("a", 2), 5);
      assertThatThrownBy(() -> rows.commit(writer, LogId.MAIN, batch))
          .isInstanceOf(StorageFailed.class);
      assertThat(writer.head(LogId.MAIN).size()).isEqualTo(3);
      assertThat(writer.read(LogId.MAIN, 0, 10)).hasSize(3);
      assertThat(writer.find(LogId.MAIN, Rows.claimOf(4))).isZero();
      execute("DROP TRIGGER disk_full");
      rows.commit(writer, LogId.MAIN, batch);
      assertThat(writer.find(LogId.MAIN, Rows.claimOf(5))).isEqualTo(5);
    }
  }

  @Test
  void a_first_commit_that_fails_does_not_make_the_writer_a_stranger() throws Exception {
    Rows rows = new Rows();
    rows.next("a", 0);
    try (LogEngine writer = SqliteLogEngine.openWriter(database())) {
      rows.commit(writer, LogId.MAIN, "a", 1);
    }
    try (LogEngine writer = SqliteLogEngine.openWriter(database())) {
      assertThat(writer.head(LogId.MAIN).size()).isEqualTo(1);
      execute(
          "CREATE TRIGGER disk_full BEFORE UPDATE ON log_names"
              + " BEGIN SELECT RAISE(ABORT, 'disk full'); END");
      var batch = Rows.batch(rows.next("a", 2));
      assertThatThrownBy(() -> rows.commit(writer, LogId.MAIN, batch))
          .isInstanceOf(StorageFailed.class);
      execute("DROP TRIGGER disk_full");
      rows.commit(writer, LogId.MAIN, batch);
      assertThat(writer.find(LogId.MAIN, Rows.claimOf(3))).isEqualTo(3);
    }
  }

  private void execute(String sql) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
