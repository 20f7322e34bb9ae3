package dev.stele.lmdb;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.CopyTck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("engine")
class CopiesOnLmdbTest extends CopyTck {
  @Override
  protected LogEngine open(Path folder) {
    return LmdbLogEngine.openWriter(folder.resolve("log.lmdb"));
  }
}
