package dev.stele.lmdb;

import dev.stele.core.view.ViewStore;
import dev.stele.testkit.ViewRunnerTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class ViewsOnLmdbTest extends ViewRunnerTck {
  @Override
  protected ViewStore open(Path folder, String name) {
    return LmdbViewStore.openWriter(folder.resolve(name + ".lmdb"));
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
