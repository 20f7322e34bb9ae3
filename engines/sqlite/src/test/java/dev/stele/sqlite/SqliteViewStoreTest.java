package dev.stele.sqlite;

import dev.stele.core.view.ViewStore;
import dev.stele.testkit.ViewStoreTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class SqliteViewStoreTest extends ViewStoreTck {
  @Override
  protected ViewStore open(Path folder) {
    return SqliteViewStore.openWriter(folder.resolve("tck.views.db"));
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
