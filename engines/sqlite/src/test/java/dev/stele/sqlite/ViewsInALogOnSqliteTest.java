package dev.stele.sqlite;

import dev.stele.core.view.ViewStore;
import dev.stele.testkit.ViewRunnerTck;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** Views in the file of a log, whose commits take turns with the log's. */
@Tag("engine")
class ViewsInALogOnSqliteTest extends ViewRunnerTck {
  private final Map<Path, SqliteLogEngine> logs = new HashMap<>();

  @Override
  protected ViewStore open(Path folder, String name) {
    return logs.computeIfAbsent(
            folder.resolve(name + ".db"), file -> SqliteLogEngine.openWriter(file))
        .views();
  }

  @AfterEach
  void closeLogs() {
    logs.values().forEach(SqliteLogEngine::close);
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
