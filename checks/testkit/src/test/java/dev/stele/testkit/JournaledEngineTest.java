package dev.stele.testkit;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.Disk;
import java.nio.file.Path;

class JournaledEngineTest extends LogEngineTck {
  @Override
  protected LogEngine open(Path folder) {
    return new JournaledEngine(Disk.system(), folder.resolve("log.journal"));
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
