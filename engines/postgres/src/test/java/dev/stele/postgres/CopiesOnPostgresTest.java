package dev.stele.postgres;

import dev.stele.core.engine.LogEngine;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.CopyTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class CopiesOnPostgresTest extends CopyTck {
  @Override
  protected LogEngine open(Path folder) {
    return PostgresLogEngine.openWriter(PostgresServer.shared().databaseFor(folder));
  }
}
