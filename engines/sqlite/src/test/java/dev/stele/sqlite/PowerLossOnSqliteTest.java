package dev.stele.sqlite;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.PowerLossTck;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

class PowerLossOnSqliteTest extends PowerLossTck {
  @Override
  protected LogEngine open(Path folder) {
    return SqliteLogEngine.openWriter(folder.resolve("log.db"));
  }

  @Override
  protected List<String> volatileFiles() {
    return List.of("log.db-shm");
  }

  @Override
  protected Optional<String> weakness() {
    return Optional.of(
        "after a failed sync SQLite has rolled back by itself, the connection is used on, and rows"
            + " are stored outside of any transaction; the engine must give up such a connection");
  }
}
