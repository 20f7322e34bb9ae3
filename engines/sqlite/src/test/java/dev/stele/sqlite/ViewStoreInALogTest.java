package dev.stele.sqlite;

import dev.stele.core.view.ViewStore;
import dev.stele.testkit.ViewStoreTck;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class ViewStoreInALogTest extends ViewStoreTck {
  private final Map<Path, SqliteLogEngine> logs = new HashMap<>();

  @Override
  protected ViewStore open(Path folder) {
    return logs.computeIfAbsent(folder.resolve("log.db"), file -> SqliteLogEngine.openWriter(file))
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
