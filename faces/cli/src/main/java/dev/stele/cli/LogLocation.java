package dev.stele.cli;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.storage.FileUri;
import dev.stele.core.view.ViewStore;
import dev.stele.ledger.view.LedgerTable;
import dev.stele.lmdb.LmdbLogEngine;
import dev.stele.lmdb.LmdbViewStore;
import dev.stele.sqlite.SqliteLogEngine;
import dev.stele.sqlite.SqliteOptions;
import dev.stele.sqlite.SqliteViewStore;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a log is, and what keeps it.
 *
 * @param kind the engine
 * @param database its file
 */
record LogLocation(Kind kind, Path database) {
  /** The engines, by the scheme of a log's URI and the ending of their files. */
  enum Kind {
    SQLITE("sqlite", ".db"),
    LMDB("lmdb", ".lmdb");

    private final String scheme;
    private final String ending;

    Kind(String scheme, String ending) {
      this.scheme = scheme;
      this.ending = ending;
    }
  }

  /** Reads {@code sqlite:FOLDER}, {@code lmdb:FOLDER}, or the same with the file itself. */
  static LogLocation of(String uri) {
    for (Kind kind : Kind.values()) {
      if (FileUri.isOf(uri, kind.scheme)) {
        return new LogLocation(kind, FileUri.database(uri, kind.scheme, kind.ending));
      }
    }
    throw new CannotRun(
        "bad-log-uri",
        "a log is sqlite:FOLDER, sqlite:FILE.db, lmdb:FOLDER or lmdb:FILE.lmdb, not '" + uri + "'",
        "--log sqlite:stele-data");
  }

  /** Opens the engine to write; in SQLite with the table of a ledger's events. */
  LogEngine openWriter() {
    return switch (kind) {
      case SQLITE ->
          SqliteLogEngine.openWriter(database, SqliteOptions.DEFAULT, List.of(new LedgerTable()));
      case LMDB -> LmdbLogEngine.openWriter(database);
    };
  }

  /** Opens the engine to read, also while another process writes. */
  LogEngine openReader() {
    return switch (kind) {
      case SQLITE -> SqliteLogEngine.openReader(database);
      case LMDB -> LmdbLogEngine.openReader(database);
    };
  }

  /** The file that keeps the log's views, in a store of the same kind. */
  Path views() {
    return switch (kind) {
      case SQLITE -> SqliteViewStore.beside(database);
      case LMDB -> LmdbViewStore.beside(database);
    };
  }

  /** Opens the views to write, making their file where it is not there. */
  ViewStore openViewsWriter() {
    return switch (kind) {
      case SQLITE -> SqliteViewStore.openWriter(views());
      case LMDB -> LmdbViewStore.openWriter(views());
    };
  }

  /** Opens the views to read, also while another process writes them. */
  ViewStore openViewsReader() {
    return switch (kind) {
      case SQLITE -> SqliteViewStore.openReader(views());
      case LMDB -> LmdbViewStore.openReader(views());
    };
  }

  /** Tells whether the log has the SQL table that retells a ledger. */
  boolean hasLedgerTable() {
    return switch (kind) {
      case SQLITE -> true;
      case LMDB -> false;
    };
  }

  /** The database of a ledger, which is kept in SQLite for its table, and nowhere else. */
  Path ledgerDatabase() {
    if (hasLedgerTable()) {
      return database;
    }
    throw new CannotRun(
        "ledger-needs-sqlite",
        "a ledger of signed events is kept in SQLite, for its SQL table; this log is kept in "
            + kind.scheme,
        "stele init --log sqlite:stele-ledger");
  }
}
