package dev.stele.lmdb;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.PowerLossTck;
import java.nio.file.Path;
import java.util.List;

class PowerLossOnLmdbTest extends PowerLossTck {
  @Override
  protected LogEngine open(Path folder) {
    return LmdbLogEngine.openWriter(folder.resolve("log.lmdb"));
  }

  @Override
  protected List<String> volatileFiles() {
    return List.of("log.lmdb-lock", "log.lmdb.lock");
  }
}
