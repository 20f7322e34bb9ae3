package dev.stele.testkit;

import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.ViewStore;
import java.nio.file.Path;

class MemoryViewStoreTest extends ViewStoreTck {
  @Override
  protected ViewStore open(Path folder) {
    return new MemoryViewStore();
  }

  @Override
  protected boolean persists() {
    return false;
  }
}
