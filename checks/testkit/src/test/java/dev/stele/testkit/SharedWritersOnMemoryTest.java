package dev.stele.testkit;

import dev.stele.core.engine.LogEngine;
import java.nio.file.Path;

class SharedWritersOnMemoryTest extends SharedWritersTck {
  private final SharedMemoryEngine shared = new SharedMemoryEngine();

  @Override
  protected LogEngine open(Path folder) {
    return new SharedMemoryEngine(shared);
  }
}
