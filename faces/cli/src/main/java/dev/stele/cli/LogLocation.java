package dev.stele.cli;

import dev.stele.core.backup.PlaceOfLog;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.ViewStore;
import dev.stele.ledger.view.LedgerTable;
import dev.stele.lmdb.LmdbLogEngine;
import dev.stele.lmdb.LmdbViewStore;
import dev.stele.sqlite.SqliteLogEngine;
import dev.stele.sqlite.SqliteOptions;
import dev.stele.sqlite.SqliteViewStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a log is, and what keeps it: the one place that decides by the scheme of a URI.
 *
 * @param kind the engine
 * @param uri what names the log; it may hold a password, and is for {@link Storages} alone
 * @param home its keys, and its file where it has one
 */
record LogLocation(Kind kind, String uri, LogHome home) {
  /** The engines, by the scheme of a log's URI. */
  enum Kind {
    SQLITE("sqlite"),
    LMDB("lmdb"),
    POSTGRES("postgres");

    private final String scheme;

    Kind(String scheme) {
      this.scheme = scheme;
    }
  }

  /** An engine to write, and the anchor that goes with it. */
  record Writing(LogEngine engine, Anchor anchor) {}

  /** Reads {@code sqlite:FOLDER}, {@code lmdb:FOLDER}, their files, or {@code postgres://…}. */
  static LogLocation of(String uri) {
    for (Kind kind : Kind.values()) {
      if (uri.startsWith(kind.scheme + ":")) {
        try {
          return new LogLocation(kind, uri, Storages.home(uri).orElseThrow());
        } catch (IllegalArgumentException e) {
          throw badUri(e);
        }
      }
    }
    throw badUri(
        new IllegalArgumentException(
            "a log is sqlite:FOLDER, sqlite:FILE.db, lmdb:FOLDER, lmdb:FILE.lmdb or"
                + " postgres://USER:PASSWORD@HOST/DATABASE, not '"
                + Storages.withoutSecrets(uri)
                + "'"));
  }

  /** A URI of no log; the engines' own messages hold no password. */
  static CannotRun badUri(IllegalArgumentException why) {
    return new CannotRun(
        "bad-log-uri", String.valueOf(why.getMessage()), "--log sqlite:stele-data");
  }

  /** The log of a file that is there, in SQLite. */
  static LogLocation ofSqlite(LogHome home) {
    return new LogLocation(Kind.SQLITE, Kind.SQLITE.scheme + ":" + home.database(), home);
  }

  /** The database file; on a server the name of the keys' files, and no file itself. */
  Path database() {
    return home.database();
  }

  /** Tells whether the log is in a file of its own, which can be put in the place of another. */
  boolean isFile() {
    return switch (kind) {
      case SQLITE, LMDB -> true;
      case POSTGRES -> false;
    };
  }

  /** The same kind of log in another file. */
  LogLocation at(Path database) {
    if (!isFile()) {
      throw new IllegalStateException(kind + " keeps no log in a file");
    }
    return new LogLocation(kind, kind.scheme + ":" + database, LogHome.of(database));
  }

  /** The place of the log's file. */
  PlaceOfLog place() {
    Path database = home.database();
    return switch (kind) {
      case SQLITE ->
          new PlaceOfLog(
              database,
              List.of(Path.of(database + "-wal"), SqliteViewStore.beside(database)),
              List.of(
                  Path.of(database + "-shm"),
                  Path.of(SqliteViewStore.beside(database) + "-wal"),
                  Path.of(SqliteViewStore.beside(database) + "-shm")));
      case LMDB ->
          new PlaceOfLog(
              database,
              List.of(LmdbViewStore.beside(database)),
              List.of(
                  Path.of(database + "-lock"), Path.of(LmdbViewStore.beside(database) + "-lock")));
      case POSTGRES -> throw new IllegalStateException("PostgreSQL keeps no log in a file");
    };
  }

  /** Brings the tables that move with the log up to it, where it has any; nobody has it open. */
  void replayTables() {
    switch (kind) {
      case SQLITE ->
          SqliteLogEngine.openWriter(
                  home.database(), SqliteOptions.DEFAULT, List.of(new LedgerTable()))
              .close();
      case LMDB, POSTGRES -> {}
    }
  }

  /** Opens the engine to write, without any table that moves with the log. */
  LogEngine openBareWriter() {
    return switch (kind) {
      case SQLITE -> SqliteLogEngine.openWriter(home.database());
      case LMDB -> LmdbLogEngine.openWriter(home.database());
      case POSTGRES -> openStorage(false, Optional.empty()).engine();
    };
  }

  /** Whether nothing is left of a log but its keys, as far as this machine can see. */
  boolean isGone() {
    return switch (kind) {
      case SQLITE, LMDB -> !Files.exists(home.database());
      case POSTGRES -> false;
    };
  }

  /**
   * Opens the engine to write; in SQLite with the table of a ledger's events.
   *
   * @param anchorFolder the anchor's, when not the one that the home says
   */
  Writing openWriter(Optional<Path> anchorFolder) {
    return switch (kind) {
      case SQLITE ->
          new Writing(
              SqliteLogEngine.openWriter(
                  home.database(), SqliteOptions.DEFAULT, List.of(new LedgerTable())),
              anchor(anchorFolder));
      case LMDB -> new Writing(LmdbLogEngine.openWriter(home.database()), anchor(anchorFolder));
      case POSTGRES -> {
        Storage storage = openStorage(false, anchorFolder);
        yield new Writing(storage.engine(), storage.anchor());
      }
    };
  }

  /** The anchor to look at. */
  Anchor anchor(Optional<Path> anchorFolder) {
    return anchorFolder.map(home::anchorIn).orElseGet(home::anchor);
  }

  /** Opens the engine to read, also while another process writes. */
  LogEngine openReader() {
    return switch (kind) {
      case SQLITE -> SqliteLogEngine.openReader(home.database());
      case LMDB -> LmdbLogEngine.openReader(home.database());
      case POSTGRES -> openStorage(true, Optional.empty()).engine();
    };
  }

  // A storage of nothing but a log has nothing to close but its engine.
  private Storage openStorage(boolean readOnly, Optional<Path> anchorFolder) {
    return Storages.open(
        new StorageRequest(
            uri, readOnly, List.of(), SideTables.Definition.NONE, List.of(), anchorFolder));
  }

  /** Tells whether there is a store of views beside the log. */
  boolean hasViewsBeside() {
    return switch (kind) {
      case SQLITE -> Files.exists(SqliteViewStore.beside(home.database()));
      case LMDB -> Files.exists(LmdbViewStore.beside(home.database()));
      case POSTGRES -> false;
    };
  }

  /** Opens the views to write, making their file where it is not there. */
  ViewStore openViewsWriter() {
    return switch (kind) {
      case SQLITE -> SqliteViewStore.openWriter(SqliteViewStore.beside(home.database()));
      case LMDB -> LmdbViewStore.openWriter(LmdbViewStore.beside(home.database()));
      case POSTGRES -> throw viewsInTheLog();
    };
  }

  /** Opens the views to read, also while another process writes them. */
  ViewStore openViewsReader() {
    return switch (kind) {
      case SQLITE -> SqliteViewStore.openReader(SqliteViewStore.beside(home.database()));
      case LMDB -> LmdbViewStore.openReader(LmdbViewStore.beside(home.database()));
      case POSTGRES -> throw viewsInTheLog();
    };
  }

  private static CannotRun viewsInTheLog() {
    return new CannotRun(
        "views-on-server",
        "on PostgreSQL views move in the log's own transactions; none is kept beside it",
        "rebuild it with the program that keeps it");
  }

  /** Tells whether the log has the SQL table that retells a ledger. */
  boolean hasLedgerTable() {
    return switch (kind) {
      case SQLITE -> true;
      case LMDB, POSTGRES -> false;
    };
  }

  /** The database of a ledger, which is kept in SQLite for its table, and nowhere else. */
  Path ledgerDatabase() {
    if (hasLedgerTable()) {
      return home.database();
    }
    throw new CannotRun(
        "ledger-needs-sqlite",
        "a ledger of signed events is kept in SQLite, for its SQL table; this log is kept in "
            + kind.scheme,
        "stele init --log sqlite:stele-ledger");
  }

  /** The URI without its password. */
  @Override
  public String toString() {
    return Storages.withoutSecrets(uri);
  }
}
