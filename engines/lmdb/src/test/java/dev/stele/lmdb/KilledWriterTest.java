package dev.stele.lmdb;

import dev.stele.core.engine.LogEngine;
import dev.stele.testkit.KilledWriterTck;
import java.nio.file.Path;

class KilledWriterTest extends KilledWriterTck {
  /** The process that is killed. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) {
      write(LmdbLogEngine.openWriter(Path.of(arguments[0])), arguments, System.out);
    }
  }

  @Override
  protected LogEngine open(Path database) {
    return LmdbLogEngine.openWriter(database);
  }

  @Override
  protected Class<?> writer() {
    return Writer.class;
  }
}
