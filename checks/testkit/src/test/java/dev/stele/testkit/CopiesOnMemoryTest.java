package dev.stele.testkit;

import dev.stele.core.engine.LogEngine;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

class CopiesOnMemoryTest extends CopyTck {
  private final Map<Path, LogEngine> engines = new HashMap<>();

  @Override
  protected LogEngine open(Path folder) {
    return engines.computeIfAbsent(folder, _ -> new ReopenableMemory());
  }
}
