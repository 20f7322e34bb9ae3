package dev.stele.testkit;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.MemoryLogEngine;
import java.nio.file.Path;

class MemoryLogEngineTest extends LogEngineTck {
  @Override
  protected LogEngine open(Path folder) {
    return new MemoryLogEngine();
  }

  @Override
  protected boolean persists() {
    return false;
  }
}
