package dev.stele.sqlite;

import dev.stele.core.view.ViewStore;
import dev.stele.testkit.ViewRunnerTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class ViewsOnSqliteTest extends ViewRunnerTck {
  @Override
  protected ViewStore open(Path folder, String name) {
    return SqliteViewStore.openWriter(folder.resolve(name + ".db"));
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
