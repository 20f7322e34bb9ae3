package dev.stele.lmdb;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.LogEngineTck;
import java.nio.file.Path;

class LmdbLogEngineTest extends LogEngineTck {
  @Override
  protected LogEngine open(Path folder) {
    return LmdbLogEngine.openWriter(folder.resolve("tck.lmdb"));
  }

  @Override
  protected boolean persists() {
    return true;
  }
}
