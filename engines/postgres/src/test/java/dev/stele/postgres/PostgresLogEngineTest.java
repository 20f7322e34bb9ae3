package dev.stele.postgres;

import dev.stele.core.engine.LogEngine;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.LogEngineTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class PostgresLogEngineTest extends LogEngineTck {
  @Override
  protected LogEngine open(Path folder) {
    return PostgresLogEngine.openWriter(PostgresServer.shared().databaseFor(folder));
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
