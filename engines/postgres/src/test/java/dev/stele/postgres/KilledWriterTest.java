package dev.stele.postgres;

import dev.stele.core.engine.LogEngine;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.KilledWriterTck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

class KilledWriterTest extends KilledWriterTck {
  /** The process that is killed; the server is its parent's, and goes on. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) {
      write(openAt(Path.of(arguments[0])), arguments, System.out);
    }
  }

  /** Beside the log a file tells the other process where the server is. */
  private static Path address(Path log) {
    return log.resolveSibling("server.uri");
  }

  private static LogEngine openAt(Path log) {
    try {
      return PostgresLogEngine.openWriter(Files.readString(address(log)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected LogEngine open(Path log) {
    return openAt(log);
  }

  @Override
  protected Class<?> writer() {
    try {
      Files.writeString(folder.resolve("server.uri"), PostgresServer.shared().databaseFor(folder));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Writer.class;
  }
}
