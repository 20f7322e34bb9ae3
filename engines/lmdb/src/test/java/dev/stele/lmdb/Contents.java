package dev.stele.lmdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;

/** Every entry of every database, as text. */
final class Contents {
  private Contents() {}

  static String of(Path path) throws IOException, LmdbFailure {
    Environment environment = Environment.open(path, Purpose.LOG, LmdbOptions.DEFAULT, false);
    try {
      String contents = environment.read(Contents::of);
      if (contents == null) {
        throw new IllegalStateException("nobody retired this");
      }
      return contents;
    } finally {
      environment.retire();
    }
  }

  private static String of(Snapshot in) {
    StringBuilder out = new StringBuilder();
    for (Database database : Purpose.LOG.databases()) {
      out.append(database.title()).append('\n');
      TreeCursor entry = in.cursor(database);
      while (entry.next()) {
        out.append("  ").append(HexFormat.of().formatHex(entry.key()));
        out.append(" > ").append(HexFormat.of().formatHex(entry.value())).append('\n');
      }
    }
    return out.toString();
  }
}
