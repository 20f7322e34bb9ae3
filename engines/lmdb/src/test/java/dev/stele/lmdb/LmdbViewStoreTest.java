package dev.stele.lmdb;

import dev.stele.core.view.ViewStore;
import dev.stele.testkit.ViewStoreTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class LmdbViewStoreTest extends ViewStoreTck {
  @Override
  protected ViewStore open(Path folder) {
    return LmdbViewStore.openWriter(folder.resolve("tck.views.lmdb"));
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
