package dev.stele.sqlite;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.CopyTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class CopiesOnSqliteTest extends CopyTck {
  @Override
  protected LogEngine open(Path folder) {
    return SqliteLogEngine.openWriter(folder.resolve("log.db"));
  }
}
