package dev.stele.bench;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.EventLog;
import dev.stele.lmdb.LmdbLogEngine;
import dev.stele.sqlite.SqliteLogEngine;
import java.io.IOException;
import java.nio.file.Path;

/** The engines that keep a log in a file, so that each row is measured on all of them. */
enum Store {
  SQLITE("SQLite", "log.db"),
  LMDB("LMDB", "log.lmdb");

  private final String title;
  private final String file;

  Store(String title, String file) {
    this.title = title;
    this.file = file;
  }

  /** As rows name it. */
  String title() {
    return title;
  }

  /** What is added to the name of a row, so that those on SQLite keep theirs. */
  String suffix() {
    return this == SQLITE ? "" : ", " + title;
  }

  /** The log's file in a folder. */
  Path database(Path folder) {
    return folder.resolve(file);
  }

  /** The log of a folder, made where there is none. */
  EventLog open(Path folder) throws IOException {
    Path database = database(folder);
    LogEngine engine =
        switch (this) {
          case SQLITE -> SqliteLogEngine.openWriter(database);
          case LMDB -> LmdbLogEngine.openWriter(database);
        };
    return Workload.open(engine, database);
  }

  /** The engine below the log of a folder, to read. */
  LogEngine openReader(Path folder) {
    return switch (this) {
      case SQLITE -> SqliteLogEngine.openReader(database(folder));
      case LMDB -> LmdbLogEngine.openReader(database(folder));
    };
  }
}
