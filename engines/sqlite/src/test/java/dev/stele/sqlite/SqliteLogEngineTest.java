package dev.stele.sqlite;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.LogEngineTck;
import java.nio.file.Path;

class SqliteLogEngineTest extends LogEngineTck {
  @Override
  protected LogEngine open(Path folder) {
    return SqliteLogEngine.openWriter(folder.resolve("tck.db"));
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
