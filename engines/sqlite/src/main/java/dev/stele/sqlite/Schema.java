package dev.stele.sqlite;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.storage.StorageRequest;
import dev.stele.crypto.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Opens connections to a log's database, makes its tables, and checks the file below them. */
final class Schema {
  /** "Stel": tells this file from any other SQLite database. */
  private static final int APPLICATION_ID = 0x5374656c;

  private static final int LAYOUT = 2;

  /**
   * 64 MiB of write-ahead log before its pages go into the database, as much as may stay on the
   * disk: rows of views in no order, such as hashes, touch the same page again and again, and it is
   * moved once.
   */
  static final int WAL_CHECKPOINT_PAGES = 16_384;

  /**
   * Changes nothing, and makes a transaction a writing one from its first statement. SQLite waits
   * for a lock only then: a transaction that has read and then writes is refused at once, and a
   * reader holds that lock for a moment whenever it finds the log's shared index half written.
   */
  static final String TAKE_WRITE_LOCK = "DELETE FROM log_checkpoints WHERE 0";

  private static final List<String> STATEMENTS = statements();

  private final Path database;
  private final SqliteOptions options;

  Schema(Path database, SqliteOptions options) {
    this.database = database;
    this.options = options;
  }

  /** Makes the tables in a new file; refuses a file that is something else. */
  void create() throws SQLException {
    boolean fresh = isEmpty();
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      if (fresh || isOnlyBegun(statement)) {
        statement.execute("PRAGMA page_size = " + options.pageBytes());
        statement.execute("PRAGMA journal_mode = WAL");
        statement.execute("PRAGMA synchronous = FULL");
        statement.execute("BEGIN IMMEDIATE");
        for (String sql : STATEMENTS) {
          statement.execute(sql);
        }
        statement.execute("PRAGMA application_id = " + APPLICATION_ID);
        statement.execute("PRAGMA user_version = " + LAYOUT);
        statement.execute("COMMIT");
      } else {
        requireLog(statement);
        if (number(statement, "PRAGMA user_version") == Migration.COLUMNS) {
          Migration.fromColumns(connection, STATEMENTS, LAYOUT);
        }
        requireLayout(statement);
      }
    }
  }

  /** Runs the SQL that domains bring. */
  DomainScripts run(List<StorageRequest.Script> scripts) throws SQLException {
    if (scripts.isEmpty()) {
      return DomainScripts.NONE;
    }
    try (Connection connection = connect()) {
      return DomainScripts.run(connection, scripts);
    }
  }

  /**
   * Tells a file that SQLite has made, but in which nobody has made anything yet: a loss of power
   * between the two leaves it.
   */
  private static boolean isOnlyBegun(Statement statement) throws SQLException {
    return number(statement, "PRAGMA application_id") == 0
        && number(statement, "PRAGMA user_version") == 0
        && number(statement, "SELECT count(*) FROM sqlite_schema") == 0;
  }

  private boolean isEmpty() {
    try {
      return !Files.exists(database) || Files.size(database) == 0;
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be looked at".formatted(database), e);
    }
  }

  void requireLayout() throws SQLException {
    try (Connection connection = connectToRead();
        Statement statement = connection.createStatement()) {
      requireLayout(statement);
    }
  }

  private void requireLog(Statement statement) throws SQLException {
    if (number(statement, "PRAGMA application_id") != APPLICATION_ID) {
      throw StorageFailed.damaged("%s is a SQLite database, but not a log's".formatted(database));
    }
  }

  private void requireLayout(Statement statement) throws SQLException {
    requireLog(statement);
    int layout = number(statement, "PRAGMA user_version");
    if (layout == Migration.COLUMNS) {
      throw new StorageFailed(
          "%s has layout %d; open it once to write, and it is brought to layout %d"
              .formatted(database, layout, LAYOUT));
    }
    if (layout != LAYOUT) {
      throw new StorageFailed(
          "%s has layout %d; this version reads layout %d".formatted(database, layout, LAYOUT));
    }
  }

  Connection openReading() throws SQLException {
    Connection connection = connectToRead();
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA query_only = ON");
      statement.execute("PRAGMA mmap_size = 268435456");
    }
    return connection;
  }

  Connection openWriting(boolean durable) throws SQLException {
    Connection connection = connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = " + (durable ? "FULL" : "NORMAL"));
      statement.execute("PRAGMA wal_autocheckpoint = " + WAL_CHECKPOINT_PAGES);
      statement.execute("PRAGMA journal_size_limit = 67108864");
      statement.execute("PRAGMA cache_size = -32768");
      // What is dropped is overwritten at once; what was copied elsewhere meanwhile waits for
      // a compaction.
      statement.execute("PRAGMA secure_delete = ON");
    }
    return connection;
  }

  /**
   * SQLite cannot read a write-ahead log database where it cannot make its shared memory, unless it
   * is told that nobody changes the file: true of a disk that may not be written, where the log was
   * closed and so nothing is left in the write-ahead log.
   */
  private Connection connectToRead() throws SQLException {
    Path folder = database.toAbsolutePath().getParent();
    if (folder == null || Files.isWritable(folder) || hasWriteAheadLog()) {
      return connect();
    }
    return connect("jdbc:sqlite:file:" + database.toUri().getRawPath() + "?immutable=1");
  }

  private boolean hasWriteAheadLog() {
    try {
      Path ahead = database.resolveSibling(database.getFileName() + "-wal");
      return Files.exists(ahead) && Files.size(ahead) > 0;
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be looked at".formatted(database), e);
    }
  }

  private Connection connect() throws SQLException {
    return connect("jdbc:sqlite:" + database);
  }

  private static Connection connect(String url) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
      statement.execute("PRAGMA cell_size_check = ON");
    }
    return connection;
  }

  /** Writes how far a log is indexed and who may write it, sealed against stray changes. */
  static void writeName(Connection connection, int number, long indexedTo, long fence)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE log_names SET indexed_to = ?, fence = ?, seal = ? WHERE number = ?")) {
      update.setLong(1, indexedTo);
      update.setLong(2, fence);
      update.setBytes(3, seal(number, indexedTo, fence));
      update.setInt(4, number);
      update.executeUpdate();
    }
  }

  private static byte[] seal(int number, long indexedTo, long fence) {
    byte[] fields =
        ByteBuffer.allocate(20).putInt(number).putLong(indexedTo).putLong(fence).array();
    return Arrays.copyOf(Sha256.hash(fields), 8);
  }

  /** Checks what no row tells of: the file's header, its pages, its schema, strays. */
  Optional<String> check(Connection connection, HeldFile file) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      Optional<String> header = checkHeader(file);
      if (header.isPresent()) {
        return header;
      }
      try (ResultSet rows = statement.executeQuery("PRAGMA integrity_check(1)")) {
        if (rows.next() && !rows.getString(1).equals("ok")) {
          return Optional.of(rows.getString(1));
        }
      }
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name LIKE 'log~_%'"
                  + " ESCAPE '~' LIMIT 1")) {
        if (rows.next()) {
          return Optional.of("the trigger " + rows.getString(1) + " is on a table of the log");
        }
      }
      Set<String> defined = definitions(statement);
      for (String made : definitionsAsMade()) {
        if (!defined.contains(made)) {
          return Optional.of("the database does not define as it was made: " + made);
        }
      }
      for (String table : List.of("log_tiles", "log_checkpoints")) {
        if (number(
                statement,
                "SELECT EXISTS (SELECT 1 FROM "
                    + table
                    + " WHERE log NOT IN (SELECT number FROM log_names))")
            != 0) {
          return Optional.of(table + " has a row of no log");
        }
      }
      Optional<String> stray = strayIndexEntry(connection);
      if (stray.isPresent()) {
        return stray;
      }
      try (ResultSet rows =
          statement.executeQuery("SELECT number, indexed_to, fence, seal FROM log_names")) {
        while (rows.next()) {
          byte[] seal = seal(rows.getInt(1), rows.getLong(2), rows.getLong(3));
          if (!Arrays.equals(seal, rows.getBytes(4))) {
            return Optional.of("the entry of log %d was changed".formatted(rows.getInt(1)));
          }
        }
      }
      // Until a tile is full, proofs are made from the rows below it: a tile that is there too
      // early
      // would be taken for one that was checked.
      if (number(
              statement,
              "SELECT EXISTS (SELECT 1 FROM log_tiles AS tile WHERE level NOT BETWEEN 0 AND 4"
                  + " OR number < 0 OR (number + 1) << (8 * (level + 1)) > (SELECT"
                  + " coalesce(max(place) & 1099511627775, 0) FROM log_events"
                  + " WHERE place > tile.log << 40 AND place < (tile.log + 1) << 40))")
          != 0) {
        return Optional.of("log_tiles has a tile that cannot be full yet");
      }
      if (number(
              statement,
              "SELECT EXISTS (SELECT 1 FROM log_events WHERE place < 1 OR (place >> 40) NOT IN"
                  + " (SELECT number FROM log_names))")
          != 0) {
        return Optional.of("log_events has a row of no log");
      }
    }
    return Optional.empty();
  }

  /** An entry of an index that is no log's, or leads beyond what its log has indexed. */
  private static Optional<String> strayIndexEntry(Connection connection) throws SQLException {
    Map<Integer, Long> indexedTo = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet names = statement.executeQuery("SELECT number, indexed_to FROM log_names")) {
      while (names.next()) {
        indexedTo.put(names.getInt(1), names.getLong(2));
      }
    }
    for (IndexTable index : IndexTable.values()) {
      if (index.hasStray(connection, indexedTo)) {
        return Optional.of(index.table + " has an entry of no log, or one that leads too far");
      }
    }
    return Optional.empty();
  }

  /** What a new database defines. The names in it are of no use to SQLite, and still no slack. */
  private static Set<String> definitionsAsMade() throws SQLException {
    try (Connection made = DriverManager.getConnection("jdbc:sqlite::memory:");
        Statement statement = made.createStatement()) {
      for (String sql : STATEMENTS) {
        statement.execute(sql);
      }
      return definitions(statement);
    }
  }

  private static Set<String> definitions(Statement statement) throws SQLException {
    Set<String> definitions = new HashSet<>();
    try (ResultSet rows =
        statement.executeQuery(
            "SELECT concat_ws(' ', type, name, tbl_name, sql, typeof(type), typeof(name),"
                + " typeof(tbl_name), typeof(rootpage), typeof(sql)) FROM sqlite_schema")) {
      while (rows.next()) {
        definitions.add(rows.getString(1));
      }
    }
    return definitions;
  }

  /**
   * The parts of the 100-byte header that SQLite itself does not insist on (its file format,
   * section 1.3): what it writes there is fixed, so anything else is a change from outside.
   */
  private Optional<String> checkHeader(HeldFile file) {
    byte[] header;
    try {
      header = file.head(100);
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be read".formatted(database), e);
    }
    ByteBuffer in = ByteBuffer.wrap(header);
    boolean sound =
        header[18] == 2
            && header[19] == 2
            && header[20] == 0
            && in.getInt(44) == 4
            && in.getInt(52) == 0
            && in.getInt(56) == 1
            && in.getInt(64) == 0
            && in.getInt(48) == 0
            && in.getInt(24) == in.getInt(92);
    for (int i = 72; i < 92; i++) {
      sound &= header[i] == 0;
    }
    return sound ? Optional.empty() : Optional.of("the header of the file was changed");
  }

  private static int number(Statement statement, String sql) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      return rows.getInt(1);
    }
  }

  private static List<String> statements() {
    try (InputStream in = Schema.class.getResourceAsStream("schema.sql")) {
      if (in == null) {
        throw new IllegalStateException("schema.sql is not beside its class");
      }
      List<String> statements = new ArrayList<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (line.startsWith("CREATE")) {
          statements.add(line.substring(0, line.lastIndexOf(';')));
        }
      }
      return statements;
    } catch (IOException e) {
      throw new IllegalStateException("schema.sql cannot be read", e);
    }
  }
}
