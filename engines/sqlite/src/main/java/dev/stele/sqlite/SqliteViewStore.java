package dev.stele.sqlite;

import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.storage.FileUri;
import dev.stele.core.view.Table;
import dev.stele.core.view.ViewStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Views in SQLite: each table a table with exactly its name, each index an index with exactly its
 * name, readable with any SQLite tool at any time.
 *
 * <pre>
 *   openWriter, openReader        log.views.db, a file of their own: commits go on beside the log's
 *   {@link SqliteLogEngine#views}           log.db, the log's: one file to carry, commits take turns
 * </pre>
 *
 * <p>Opened by one process to write and by any number to read. A commit of views is not synced:
 * after a loss of power the last ones may be missing, whole, and are applied again from the log.
 * Layout: {@code docs/format/views.md}.
 *
 * <p>Thread-safe as {@link ViewStore} says.
 */
public final class SqliteViewStore implements ViewStore, Compactable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.sqlite");

  /** "StVw": tells this file from a log's. */
  private static final int APPLICATION_ID = 0x53745677;

  private static final int LAYOUT = 1;

  /** 16 MiB of write-ahead log before its pages go into the database: fewer, larger checkpoints. */
  private static final int WAL_CHECKPOINT_PAGES = 4_096;

  /** Ten seconds: no reader keeps a writer waiting so long, only another process's recovery. */
  private static final int BUSY_MILLIS = 10_000;

  static final String DEFINITION =
      "CREATE TABLE stele_views (view TEXT NOT NULL, slot TEXT NOT NULL, version INTEGER NOT NULL,"
          + " begun_at INTEGER NOT NULL, position INTEGER NOT NULL, link BLOB NOT NULL,"
          + " failed_at INTEGER, failure TEXT, tables TEXT NOT NULL, PRIMARY KEY (view, slot))"
          + " STRICT, WITHOUT ROWID";

  /** The first statement of each change, for the reason that {@link Schema} gives. */
  private static final String TAKE_WRITE_LOCK = "DELETE FROM stele_views WHERE 0";

  private static final String GENERATIONS =
      "SELECT view, slot, version, begun_at, position, link, failed_at, failure, tables"
          + " FROM stele_views";

  private static final String ONE = GENERATIONS + " WHERE view = ? AND slot = ?";

  /** Definitions by their text, so that a change of one row does not parse them all again. */
  private final Map<String, List<Table>> definitions = new ConcurrentHashMap<>();

  private final Path database;
  private final ReadConnections readers;
  private final @Nullable WriterLock lock;

  /** The log in whose file the views are, if they are in one. */
  private final @Nullable SqliteLogEngine within;

  /** Held through each change; fair, so that no view starves another. */
  private final ReentrantLock turn;

  /** Guarded by {@link #turn}; a transaction is always open on it. */
  private final @Nullable Connection writer;

  /** What is prepared on {@link #writer}; guarded by {@link #turn}. */
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  /** Whether the write-ahead log may still hold rows that were dropped. */
  private volatile boolean truncationOwed;

  private volatile boolean closed;

  private SqliteViewStore(Path database, @Nullable WriterLock lock, @Nullable Connection writer) {
    this.database = database;
    this.lock = lock;
    this.within = null;
    this.turn = new ReentrantLock(true);
    this.writer = writer;
    this.readers = new ReadConnections(() -> openReading(database));
  }

  /**
   * Views in the file of a log.
   *
   * @param writer which never moves the write-ahead log into the database, so that no sync is ever
   *     its to fail; null to read only
   * @param turn held through each commit to the file
   * @param readers of the log
   */
  SqliteViewStore(
      Path database,
      SqliteLogEngine within,
      @Nullable Connection writer,
      ReentrantLock turn,
      ReadConnections readers) {
    this.database = database;
    this.lock = null;
    this.within = within;
    this.turn = turn;
    this.writer = writer;
    this.readers = readers;
  }

  /** Where the views of a log are kept that are not in its own file: {@code log.views.db}. */
  public static Path beside(Path logDatabase) {
    return FileUri.beside(logDatabase, "views", SqliteStorageProvider.ENDING);
  }

  /**
   * Opens a file to write, making it where it is not there; commits are not synced.
   *
   * @throws StorageFailed when another process writes it, or it is something else
   */
  public static SqliteViewStore openWriter(Path database) {
    return openWriter(database, Durability.OS);
  }

  /**
   * As {@link #openWriter(Path)}, with commits that survive what is asked for: tables that nothing
   * can build again need {@link Durability#DURABLE}.
   */
  static SqliteViewStore openWriter(Path database, Durability commits) {
    WriterLock lock = WriterLock.take(database);
    try {
      Connection connection = connect(database);
      try {
        prepare(database, connection, commits);
        return new SqliteViewStore(database, lock, connection);
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      close(lock);
      throw SqliteLogEngine.failed(database, "open", e);
    } catch (RuntimeException e) {
      close(lock);
      throw e;
    }
  }

  /**
   * Opens a file to read, also while another process writes it.
   *
   * @throws StorageFailed when it is not there, or is something else
   */
  public static SqliteViewStore openReader(Path database) {
    if (!Files.exists(database)) {
      throw new StorageFailed("there are no views at %s".formatted(database));
    }
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      requireLayout(database, statement);
      return new SqliteViewStore(database, null, null);
    } catch (SQLException e) {
      throw SqliteLogEngine.failed(database, "open", e);
    }
  }

  private static void close(WriterLock lock) {
    try {
      lock.close();
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.WARNING, "the lock file could not be closed", e);
    }
  }

  private static Connection connect(Path database) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = " + BUSY_MILLIS);
    }
    return connection;
  }

  private static Connection openReading(Path database) throws SQLException {
    Connection connection = connect(database);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA query_only = ON");
      statement.execute("PRAGMA mmap_size = 268435456");
    }
    return connection;
  }

  private static void prepare(Path database, Connection connection, Durability commits)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      boolean fresh = number(statement, "SELECT count(*) FROM sqlite_schema") == 0;
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute(
          "PRAGMA synchronous = " + (commits == Durability.DURABLE ? "FULL" : "NORMAL"));
      statement.execute("PRAGMA wal_autocheckpoint = " + WAL_CHECKPOINT_PAGES);
      statement.execute("PRAGMA journal_size_limit = 67108864");
      statement.execute("PRAGMA cache_size = -32768");
      // What a view forgets must not stay on pages that are free.
      statement.execute("PRAGMA secure_delete = ON");
      if (fresh) {
        statement.execute("BEGIN IMMEDIATE");
        statement.execute(DEFINITION);
        statement.execute("PRAGMA application_id = " + APPLICATION_ID);
        statement.execute("PRAGMA user_version = " + LAYOUT);
        statement.execute("COMMIT");
      } else {
        requireLayout(database, statement);
      }
    }
    connection.setAutoCommit(false);
  }

  private static void requireLayout(Path database, Statement statement) throws SQLException {
    int application = number(statement, "PRAGMA application_id");
    int layout = number(statement, "PRAGMA user_version");
    if (application != APPLICATION_ID || layout != LAYOUT) {
      throw new StorageFailed(
          "%s does not keep views in layout %d; name another file".formatted(database, LAYOUT));
    }
  }

  private static int number(Statement statement, String sql) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      return rows.getInt(1);
    }
  }

  // ---- what is kept ----

  @Override
  public List<Generation> generations() {
    return reading(lent -> generations(lent::statement));
  }

  private List<Generation> generations(SqlTables.Statements statements) throws SQLException {
    // "live" comes before "building" in this order, as in Slot.
    PreparedStatement select = statements.of(GENERATIONS + " ORDER BY view, slot DESC");
    List<Generation> generations = new ArrayList<>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        generations.add(generation(rows));
      }
    }
    return generations;
  }

  @Override
  public Optional<Generation> find(String view, Slot slot) {
    return reading(lent -> find(lent::statement, view, slot));
  }

  private Optional<Generation> find(SqlTables.Statements statements, String view, Slot slot)
      throws SQLException {
    PreparedStatement select = statements.of(ONE);
    select.setString(1, view);
    select.setString(2, name(slot));
    try (ResultSet rows = select.executeQuery()) {
      return rows.next() ? Optional.of(generation(rows)) : Optional.empty();
    }
  }

  private Generation generation(ResultSet row) throws SQLException {
    @Nullable String failure = row.getString(8);
    return new Generation(
        row.getString(1),
        Slot.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
        row.getInt(3),
        definitions.computeIfAbsent(
            row.getString(9), text -> text.lines().map(Table::parse).toList()),
        row.getLong(4),
        new Head(row.getLong(5), row.getBytes(6)),
        failure == null ? Optional.empty() : Optional.of(new Failure(row.getLong(7), failure)));
  }

  private Generation require(SqlTables.Statements statements, String view, Slot slot)
      throws SQLException {
    return find(statements, view, slot)
        .orElseThrow(
            () -> new IllegalArgumentException("no view '%s' is %s here".formatted(view, slot)));
  }

  private static String name(Slot slot) {
    return slot.name().toLowerCase(Locale.ROOT);
  }

  private static List<TableSql> sql(Generation generation) {
    String suffix =
        switch (generation.slot()) {
          case LIVE -> "";
          case BUILDING -> TableSql.BUILDING;
        };
    return generation.tables().stream().map(table -> new TableSql(table, suffix)).toList();
  }

  // ---- changes ----

  @Override
  public void begin(String view, Slot slot, int version, List<Table> tables, long begunAt) {
    writing(
        "begin a view in",
        connection -> {
          ViewStore.requireNames(view, version, tables, generations(this::prepared));
          dropTables(connection, view, slot);
          Generation begun =
              new Generation(
                  view, slot, version, tables, begunAt, new Head(0, new byte[0]), Optional.empty());
          for (TableSql table : sql(begun)) {
            execute(connection, table.create());
          }
          PreparedStatement insert =
              prepared(
                  "INSERT OR REPLACE INTO stele_views (view, slot, version, begun_at, position,"
                      + " link, failed_at, failure, tables) VALUES (?, ?, ?, ?, 0, x'', NULL, NULL,"
                      + " ?)");
          insert.setString(1, view);
          insert.setString(2, name(slot));
          insert.setInt(3, version);
          insert.setLong(4, begunAt);
          insert.setString(5, String.join("\n", tables.stream().map(Table::toString).toList()));
          insert.executeUpdate();
        });
    forgetFreed();
  }

  @Override
  public void change(String view, Slot slot, Change change) {
    writing(
        "write a view in",
        _ -> {
          Generation generation = require(this::prepared, view, slot);
          SqlTables tables = new SqlTables(database, view, sql(generation), this::prepared);
          Head cursor;
          try {
            cursor = change.apply(tables);
            tables.flush();
          } finally {
            tables.end();
          }
          PreparedStatement update =
              prepared("UPDATE stele_views SET position = ?, link = ? WHERE view = ? AND slot = ?");
          update.setLong(1, cursor.size());
          update.setBytes(2, cursor.link());
          update.setString(3, view);
          update.setString(4, name(slot));
          update.executeUpdate();
        });
    if (truncationOwed) {
      truncateLog();
    } else if (within != null) {
      within.relieveWriteAheadLog();
    }
  }

  @Override
  public void mark(String view, Slot slot, Optional<Failure> failure) {
    writing(
        "mark a view in",
        _ -> {
          Generation unused = require(this::prepared, view, slot);
          PreparedStatement update =
              prepared(
                  "UPDATE stele_views SET failed_at = ?, failure = ? WHERE view = ? AND slot = ?");
          if (failure.isPresent()) {
            update.setLong(1, failure.get().position());
            update.setString(2, failure.get().message());
          } else {
            update.setNull(1, java.sql.Types.NULL);
            update.setNull(2, java.sql.Types.NULL);
          }
          update.setString(3, unused.view());
          update.setString(4, name(slot));
          update.executeUpdate();
        });
  }

  @Override
  public void swap(String view) {
    writing(
        "swap a view in",
        connection -> {
          Generation built = require(this::prepared, view, Slot.BUILDING);
          dropTables(connection, view, Slot.LIVE);
          for (TableSql table : sql(built)) {
            execute(connection, table.rename());
          }
          deleteRow(view, Slot.LIVE);
          PreparedStatement update =
              prepared("UPDATE stele_views SET slot = 'live' WHERE view = ? AND slot = 'building'");
          update.setString(1, view);
          update.executeUpdate();
        });
    forgetFreed();
  }

  @Override
  public void drop(String view, Slot slot) {
    writing(
        "drop a view in",
        connection -> {
          dropTables(connection, view, slot);
          deleteRow(view, slot);
        });
    forgetFreed();
  }

  private void deleteRow(String view, Slot slot) throws SQLException {
    PreparedStatement delete = prepared("DELETE FROM stele_views WHERE view = ? AND slot = ?");
    delete.setString(1, view);
    delete.setString(2, name(slot));
    delete.executeUpdate();
  }

  private void dropTables(Connection connection, String view, Slot slot) throws SQLException {
    Optional<Generation> was = find(this::prepared, view, slot);
    if (was.isPresent()) {
      execute(connection, sql(was.get()).stream().map(TableSql::drop).toList());
    }
  }

  private static void execute(Connection connection, List<String> statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Lets the statements on tables that are gone go, and soon what is left of their rows. */
  private void forgetFreed() {
    writing(
        "forget what was dropped from",
        _ -> {
          for (PreparedStatement statement : prepared.values()) {
            statement.close();
          }
          prepared.clear();
          truncationOwed = true;
        });
    truncateLog();
  }

  /**
   * Empties the write-ahead log, which still holds the rows that were dropped; while somebody reads
   * it, that is put off until after a later change.
   */
  private void truncateLog() {
    SqliteLogEngine log = within;
    if (log != null) {
      truncationOwed = !log.emptyWriteAheadLog();
      return;
    }
    writing(
        "empty the write-ahead log of",
        connection -> {
          connection.setAutoCommit(true);
          try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 0");
            try (ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
              truncationOwed = row.getInt(1) != 0;
            }
            statement.execute("PRAGMA busy_timeout = " + BUSY_MILLIS);
          } finally {
            connection.setAutoCommit(false);
          }
        });
  }

  /**
   * Empties the write-ahead log with nobody reading; what was deleted in the file itself was
   * overwritten when it was.
   */
  @Override
  public Compacted compact() {
    try {
      long before = sizeBytes();
      readers.alone(this::truncateLog);
      if (truncationOwed) {
        throw new StorageFailed(
            "%s cannot be compacted while another process reads an older state of it; try again"
                .formatted(database));
      }
      return new Compacted(before, sizeBytes());
    } catch (SQLException | IOException e) {
      throw new StorageFailed("%s cannot be compacted".formatted(database), e);
    }
  }

  private long sizeBytes() throws IOException {
    Path log = database.resolveSibling(database.getFileName() + "-wal");
    return Files.size(database) + (Files.exists(log) ? Files.size(log) : 0);
  }

  /** A statement of the writing connection, which is used under {@link #turn} only. */
  private PreparedStatement prepared(String sql) throws SQLException {
    PreparedStatement known = prepared.get(sql);
    if (known == null) {
      if (writer == null) {
        throw new IllegalStateException("%s was opened to read only".formatted(database));
      }
      known = writer.prepareStatement(sql);
      prepared.put(sql, known);
    }
    return known;
  }

  private interface Work {
    void run(Connection connection) throws SQLException;
  }

  private void writing(String what, Work work) {
    Connection connection = writer;
    if (connection == null) {
      throw new IllegalStateException("%s was opened to read only".formatted(database));
    }
    turn.lock();
    try {
      requireOpen();
      try {
        prepared(TAKE_WRITE_LOCK).executeUpdate();
        work.run(connection);
        connection.commit();
      } catch (SQLException e) {
        rollBack(connection);
        throw SqliteLogEngine.failed(database, what, e);
      } catch (RuntimeException | Error e) {
        rollBack(connection);
        throw e;
      }
    } finally {
      turn.unlock();
    }
  }

  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      LOGGER.log(System.Logger.Level.WARNING, "a failed change could not be rolled back", e);
    }
  }

  // ---- reads ----

  @Override
  public <T> Answer<T> read(String view, Slot slot, Reading<T> reading) {
    return reading(
        lent -> {
          // One transaction, so that the position is that of the rows.
          lent.connection().setAutoCommit(false);
          try {
            Generation generation = require(lent::statement, view, slot);
            SqlTables tables = new SqlTables(database, view, sql(generation), lent::statement);
            try {
              return new Answer<>(reading.read(tables), generation.position());
            } finally {
              tables.end();
            }
          } finally {
            lent.connection().setAutoCommit(true);
          }
        });
  }

  private <T> T reading(ReadConnections.Work<T> work) {
    requireOpen();
    try {
      return readers.read(work);
    } catch (SQLException e) {
      throw SqliteLogEngine.failed(database, "read", e);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new LogClosed("%s was closed; open it again".formatted(database));
    }
  }

  @Override
  public void close() {
    turn.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      try {
        if (within == null) {
          readers.close();
        }
      } finally {
        try {
          if (writer != null) {
            writer.rollback();
            writer.setAutoCommit(true);
            writer.close();
          }
        } finally {
          if (lock != null) {
            lock.close();
          }
        }
      }
    } catch (SQLException | IOException e) {
      throw new StorageFailed("%s could not be closed cleanly".formatted(database), e);
    } finally {
      turn.unlock();
    }
  }
}
