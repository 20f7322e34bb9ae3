package dev.stele.postgres;

import dev.stele.core.engine.LogEngine;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.SharedWritersTck;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class SharedWritersOnPostgresTest extends SharedWritersTck {
  @Override
  protected LogEngine open(Path folder) {
    return PostgresLogEngine.openWriter(
        PostgresServer.shared().databaseFor(folder), new PostgresOptions("stele", 4), List.of());
  }
}
