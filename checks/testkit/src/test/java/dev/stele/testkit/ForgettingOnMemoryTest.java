package dev.stele.testkit;

import dev.stele.core.engine.LogEngine;
import java.nio.file.Path;

class ForgettingOnMemoryTest extends ForgettingTck {
  private final ReopenableMemory engine = new ReopenableMemory();

  @Override
  protected LogEngine open(Path folder) {
    return engine;
  }
}
