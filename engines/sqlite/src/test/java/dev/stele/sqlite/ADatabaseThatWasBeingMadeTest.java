package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Verdict;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that SQLite has begun, and a loss of power before the log's tables were in it. */
class ADatabaseThatWasBeingMadeTest {
  @TempDir Path folder;
  private SmallLog log;

  @BeforeEach
  void makeKeys() {
    log = SmallLog.make(folder.resolve("log"), folder.resolve("anchors"), 1);
  }

  @Test
  void is_made_to_the_end_by_the_next_writer() throws SQLException {
    log.sql("PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL");
    assertThat(log.database()).exists();
    try (EventLog opened = log.open()) {
      SmallLog.append(opened, 3);
    }
    assertThat(log.verify()).isInstanceOf(Verdict.Intact.class);
  }

  @Test
  void is_told_from_the_database_of_somebody_else() throws SQLException {
    log.sql("CREATE TABLE theirs (x)", "DROP TABLE theirs", "PRAGMA user_version = 1");
    assertThatThrownBy(() -> log.open())
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("not a log's");
    log.sql("PRAGMA user_version = 0", "CREATE TABLE theirs (x)");
    assertThatThrownBy(() -> log.open())
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("not a log's");
  }
}
