package dev.stele.sqlite;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.PowerLossTck;
import java.nio.file.Path;
import java.util.List;

class PowerLossOnSqliteTest extends PowerLossTck {
  @Override
  protected LogEngine open(Path folder) {
    return SqliteLogEngine.openWriter(folder.resolve("log.db"));
  }

  @Override
  protected List<String> volatileFiles() {
    return List.of("log.db-shm");
  }
}
