package dev.stele.sqlite;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.ForgettingTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class ForgettingOnSqliteTest extends ForgettingTck {
  @Override
  protected LogEngine open(Path folder) {
    return SqliteLogEngine.openWriter(folder.resolve("log.db"));
  }
}
