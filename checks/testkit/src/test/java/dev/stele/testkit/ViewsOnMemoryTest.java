package dev.stele.testkit;

import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.ViewStore;
import java.nio.file.Path;

class ViewsOnMemoryTest extends ViewRunnerTck {
  @Override
  protected ViewStore open(Path folder, String name) {
    return new MemoryViewStore();
  }

  @Override
  protected boolean persists() {
    return false;
  }
}
