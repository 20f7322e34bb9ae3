package dev.stele.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogReader;
import dev.stele.ledger.view.TableAudit;
import dev.stele.sqlite.SqliteLogEngine;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ALogWithoutALedgerTest {
  @TempDir Path folder;

  private Optional<TableAudit.Difference> audit(Path database) {
    LogKeys keys = LogKeys.generate("example.com/other", new Random(1));
    try (LogReader log =
        LogReader.open(
            SqliteLogEngine.openReader(database),
            LogId.MAIN,
            keys.signer().vkey(),
            Optional.empty())) {
      return TableAudit.run(database, log);
    }
  }

  @Test
  void has_nothing_to_retell_and_needs_no_table() {
    Path database = folder.resolve("log.db");
    SqliteLogEngine.openWriter(database).close();
    assertThat(audit(database)).isEmpty();
  }

  @Test
  void has_no_table_that_tells_of_events_it_does_not_have() throws SQLException {
    Path database = folder.resolve("log.db");
    SqliteLogEngine.openWriter(database).close();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE ledger_events (seq_no INTEGER)");
    }
    assertThat(audit(database)).isPresent();
  }
}
