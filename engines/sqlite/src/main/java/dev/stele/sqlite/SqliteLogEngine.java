package dev.stele.sqlite;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.ClaimFilter;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Described;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Erasable;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PendingIndex;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Restorable;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.SelfChecking;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.Trimmable;
import dev.stele.core.engine.TrimmedPrefix;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.view.ViewStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteException;

/**
 * Logs in one SQLite file.
 *
 * <p>Opened by one process to write ({@link #openWriter}) and by any number to read ({@link
 * #openReader}). A commit is one transaction: head check, rows, tiles, checkpoint, inline views,
 * and now and then a flush of the indexes. {@code DURABLE} syncs the write-ahead log, {@code OS}
 * leaves that to the system; there is nothing weaker, so {@code MEMORY} is answered with {@code
 * OS}.
 *
 * <p>Thread-safe as {@link LogEngine} says.
 */
public final class SqliteLogEngine
    implements LogEngine, Erasable, Trimmable, Restorable, Compactable, SelfChecking, Described {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.sqlite");

  /** The most rows that one statement gives as one value. */
  private static final int MAX_PAGE = 1_024;

  /** Below so many rows a statement for each row costs less than joining them. */
  private static final int LEAST_PAGE = 8;

  /** How many waiting events make it worth it to write the indexes down on closing. */
  private static final int FLUSH_ON_CLOSE_AT = 1_024;

  private static final int REWRITTEN_AT_A_TIME = 1_000;

  private static final String LINK_OF_ENTRY =
      "substr(entry, " + (RowPage.HEADER_BYTES + 1) + ", 32)";

  private static final String SELECT_ROWS = "SELECT place, entry FROM log_events ";

  // Cast to text and back, for that is what can be joined; the bytes stay what they are. A row too
  // large for a page is left out, and then the page is read row by row.
  private static final String SELECT_PAGE =
      "SELECT count(*), max(length(entry)), CAST(group_concat(CASE WHEN length(entry) <= ?3 THEN"
          + " CAST(entry AS TEXT) END, '') AS BLOB) FROM (SELECT entry FROM log_events WHERE place"
          + " > ?1 AND place <= ?2 ORDER BY place)";

  private final Path database;
  private final Schema schema;
  private final HeldFile file;
  private final ReadConnections readers;
  private final @Nullable Writer writer;
  private final Map<LogId, LogState> logs = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** The connections of the one process that writes, used by whoever holds {@link #turn}. */
  private final class Writer implements AutoCloseable {
    final WriterLock lock;

    /**
     * Held through each commit: the logs of one file share a connection, and so one transaction,
     * and closing must not end it half-way.
     */
    final ReentrantLock turn = new ReentrantLock();

    final InlineViews views;
    final DomainIndexing indexing;
    final Map<Durability, Session> sessions = new ConcurrentHashMap<>();

    Writer(WriterLock lock, List<InlineView> views, DomainScripts scripts) {
      this.lock = lock;
      this.views = new InlineViews(views);
      this.indexing = new DomainIndexing(schema, scripts, turn);
    }

    /**
     * Whether a sync may have failed: what was written before it counts as clean then, and no later
     * sync of the write-ahead log would write it.
     */
    boolean unsure;

    /** Where {@link #relieve} runs; from the first change of a view in the file on. */
    private @Nullable Connection mover;

    private @Nullable PreparedStatement lengths;

    /** Moves the write-ahead log into the database if it is long; readers are not waited for. */
    private void relieve() throws SQLException {
      PreparedStatement asking = lengths;
      if (asking == null) {
        Connection connection = schema.openWriting(true);
        mover = connection;
        asking = connection.prepareStatement("PRAGMA wal_checkpoint(NOOP)");
        lengths = asking;
      }
      long left;
      try (ResultSet row = asking.executeQuery()) {
        left = row.getLong(2) - row.getLong(3);
      }
      if (left >= Schema.WAL_CHECKPOINT_PAGES) {
        try (Statement statement = asking.getConnection().createStatement()) {
          statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
        }
      }
    }

    private void closeMover() throws SQLException {
      Connection connection = mover;
      mover = null;
      lengths = null;
      if (connection != null) {
        connection.close();
      }
    }

    /** Writes what the write-ahead log shows into the database, so that it is synced there. */
    private void settle(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet done = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
        if (done.getInt(1) != 0) {
          throw new SQLException("the write-ahead log is in use and cannot be settled; try again");
        }
        unsure = false;
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    }

    /** The level is a property of a connection, so each level in use has its own. */
    Session session(Durability durability) throws SQLException {
      Durability level = durability == Durability.DURABLE ? Durability.DURABLE : Durability.OS;
      Session session = sessions.get(level);
      if (session == null) {
        Connection connection = schema.openWriting(level == Durability.DURABLE);
        if (unsure) {
          settle(connection);
        }
        session = new Session(connection, level);
        sessions.put(level, session);
      }
      return session;
    }

    @Override
    public void close() throws SQLException, IOException {
      indexing.close();
      turn.lock();
      try {
        for (Session session : sessions.values()) {
          session.connection.rollback();
        }
        closeMover();
        Session durable = session(Durability.DURABLE);
        flushAll(durable);
        indexing.finish(indexedPlaces());
        durable.connection.setAutoCommit(true);
        for (Session session : sessions.values()) {
          if (session != durable) {
            session.connection.close();
          }
        }
        try (Statement statement = durable.connection.createStatement()) {
          statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        durable.connection.close();
      } finally {
        try {
          lock.close();
        } finally {
          turn.unlock();
        }
      }
    }
  }

  /** A writing connection with its statements; a transaction is always open on it. */
  private static final class Session {
    final Connection connection;
    final Durability level;
    private final PreparedStatement takeLock;
    final PreparedStatement headCheck;
    final PreparedStatement insertRow;
    final PreparedStatement insertTile;
    final PreparedStatement insertCheckpoint;

    /** Whether the open transaction has written the pending index down. */
    boolean flushed;

    /** The claims that it has written down. */
    List<IndexEntry> flushedClaims = List.of();

    Session(Connection connection, Durability level) throws SQLException {
      this.connection = connection;
      this.level = level;
      connection.setAutoCommit(false);
      takeLock = connection.prepareStatement(Schema.TAKE_WRITE_LOCK);
      headCheck =
          connection.prepareStatement(
              "SELECT (SELECT fence FROM log_names WHERE number = ?1),"
                  + " (SELECT max(place) FROM log_events WHERE place > ?2 AND place <= ?3),"
                  + " (SELECT "
                  + LINK_OF_ENTRY
                  + " FROM log_events WHERE place > ?2 AND place <= ?3"
                  + " ORDER BY place DESC LIMIT 1)");
      insertRow =
          connection.prepareStatement("INSERT INTO log_events (place, entry) VALUES (?, ?)");
      insertTile =
          connection.prepareStatement(
              "INSERT OR REPLACE INTO log_tiles (log, level, number, hashes) VALUES (?, ?, ?, ?)");
      insertCheckpoint =
          connection.prepareStatement(
              "INSERT OR REPLACE INTO log_checkpoints (log, size, note) VALUES (?, ?, ?)");
    }

    /** Comes before the first statement of each transaction; see {@link Schema}. */
    void takeLock() throws SQLException {
      takeLock.executeUpdate();
    }
  }

  private SqliteLogEngine(
      Path database,
      Schema schema,
      HeldFile file,
      @Nullable WriterLock lock,
      List<InlineView> views,
      DomainScripts scripts) {
    this.database = database;
    this.schema = schema;
    this.file = file;
    this.readers = new ReadConnections(schema::openReading);
    this.writer = lock == null ? null : new Writer(lock, views, scripts);
  }

  /** Tells whether there is a database to open. */
  public static boolean exists(Path database) {
    return Files.exists(database);
  }

  /** Opens a database to write, making it where it is not there, without inline views. */
  public static SqliteLogEngine openWriter(Path database) {
    return openWriter(database, SqliteOptions.DEFAULT, List.of());
  }

  /**
   * Opens a database to write, making it where it is not there.
   *
   * @param database the file; its folder must exist
   * @param views tables that move in the log's transactions, for the log {@link LogId#MAIN}
   * @throws StorageFailed when another process writes it, or it cannot be made or read
   */
  public static SqliteLogEngine openWriter(
      Path database, SqliteOptions options, List<InlineView> views) {
    return openWriter(database, options, views, List.of());
  }

  /**
   * As {@link #openWriter(Path, SqliteOptions, List)}, and runs the SQL that domains bring.
   *
   * @param scripts those for SQLite are run, where their versions have not been
   */
  static SqliteLogEngine openWriter(
      Path database,
      SqliteOptions options,
      List<InlineView> views,
      List<StorageRequest.Script> scripts) {
    WriterLock lock = WriterLock.take(database);
    try {
      Schema schema = new Schema(database, options);
      schema.create();
      SqliteLogEngine engine =
          new SqliteLogEngine(database, schema, hold(database), lock, views, schema.run(scripts));
      try {
        if (!views.isEmpty()) {
          engine.attachViews();
        }
      } catch (SQLException | RuntimeException e) {
        engine.close();
        throw e;
      }
      return engine;
    } catch (SQLException e) {
      close(lock);
      throw failed(database, "open", e);
    } catch (RuntimeException e) {
      close(lock);
      throw e;
    }
  }

  private static HeldFile hold(Path database) {
    try {
      return HeldFile.of(database);
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be read".formatted(database), e);
    }
  }

  private static void close(WriterLock lock) {
    try {
      lock.close();
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.WARNING, "the lock file could not be closed", e);
    }
  }

  /**
   * Opens a database to read, also while another process writes it.
   *
   * @throws StorageFailed when it is not there, or is not a log's
   */
  public static SqliteLogEngine openReader(Path database) {
    if (!Files.exists(database)) {
      throw new StorageFailed("there is no log at %s; make one first".formatted(database));
    }
    try {
      Schema schema = new Schema(database, SqliteOptions.DEFAULT);
      schema.requireLayout();
      return new SqliteLogEngine(
          database, schema, hold(database), null, List.of(), DomainScripts.NONE);
    } catch (SQLException e) {
      throw failed(database, "open", e);
    }
  }

  @Override
  public Durability strongest() {
    return Durability.DURABLE;
  }

  @Override
  public Head head(LogId log) {
    Head none = new Head(0, new byte[0]);
    return reading("find the end of", log, none, SqliteLogEngine::headOf);
  }

  private static Head headOf(ReadConnections.Lent lent, LogState state) throws SQLException {
    PreparedStatement select =
        lent.statement(
            "SELECT place, "
                + LINK_OF_ENTRY
                + " FROM log_events WHERE place > ? AND place <= ? ORDER BY place DESC LIMIT 1");
    select.setLong(1, state.place(0));
    select.setLong(2, state.place(LogState.MAX_POSITION));
    try (ResultSet row = select.executeQuery()) {
      return row.next()
          ? new Head(LogState.position(row.getLong(1)), bytes(row, 2))
          : new Head(0, new byte[0]);
    }
  }

  @Override
  public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
    return commit(log, expected, batch, durability, (_, _) -> {});
  }

  @Override
  public CommitResult commitErasing(
      LogId log, Head expected, Batch batch, List<PositionRange> erased, Durability durability) {
    return commit(
        log,
        expected,
        batch,
        durability,
        (session, state) -> {
          Set<InlineView> unable = new HashSet<>();
          for (PositionRange range : erased) {
            erase(session, log, state, range, unable);
          }
          writer().views.replay(session.connection, unable, mainRows(session.connection));
        });
  }

  @Override
  public CommitResult commitTrimming(
      LogId log, Head expected, Batch batch, long upTo, Durability durability) {
    if (upTo >= expected.size()) {
      throw new IllegalArgumentException(
          "trimming up to %d leaves nothing of %d events".formatted(upTo, expected.size()));
    }
    return commit(log, expected, batch, durability, (session, state) -> trim(session, state, upTo));
  }

  /** Inline views are not told of the rows: they are replayed when they are opened. */
  @Override
  public CommitResult commitBehind(
      LogId log, TrimmedPrefix prefix, Batch batch, Durability durability) {
    return commit(
        log,
        new Head(0, new byte[0]),
        prefix.head(),
        batch,
        durability,
        (session, state) -> insert(session, state, prefix));
  }

  /** What a commit drops besides what it adds. */
  private interface Forgetting {
    void run(Session session, LogState state) throws SQLException;
  }

  private CommitResult commit(
      LogId log, Head expected, Batch batch, Durability durability, Forgetting forgetting) {
    return commit(log, expected, expected, batch, durability, forgetting);
  }

  /**
   * Commits.
   *
   * @param continued what the batch follows: another head than the log's where that begins behind
   *     what was trimmed
   */
  private CommitResult commit(
      LogId log,
      Head expected,
      Head continued,
      Batch batch,
      Durability durability,
      Forgetting forgetting) {
    Writer writing = writer();
    writing.turn.lock();
    try {
      requireOpen();
      return commit(writing, log, expected, continued, batch, durability, forgetting);
    } finally {
      writing.turn.unlock();
    }
  }

  private Writer writer() {
    if (writer == null) {
      throw new IllegalStateException("%s was opened to read only".formatted(database));
    }
    return writer;
  }

  private CommitResult commit(
      Writer writing,
      LogId log,
      Head expected,
      Head continued,
      Batch batch,
      Durability durability,
      Forgetting forgetting) {
    Session session = null;
    try {
      session = writing.session(durability);
      session.takeLock();
      LogState state = writingState(session, log);
      Optional<CommitResult> moved = checkHead(session, state, expected);
      if (moved.isPresent()) {
        session.connection.rollback();
        return moved.get();
      }
      batch.requireContinues(continued);
      session.flushed = false;
      forgetting.run(session, state);
      insert(session, state, batch);
      if (log.equals(LogId.MAIN) && continued.size() == expected.size()) {
        writing.views.apply(session.connection, batch.rows());
      }
      if (state.pending.size() >= PendingIndex.FLUSH_AT && !session.flushed) {
        flush(session, state);
      }
      state.committing = true;
      try {
        // Under the lock of the log's state, so that an audit of the index sees a flush whole.
        synchronized (state) {
          session.connection.commit();
          if (session.flushed) {
            ClaimFilter filter = state.filter;
            if (filter != null) {
              filter.flushed(session.flushedClaims);
            }
            session.flushedClaims = List.of();
            state.indexedTo = state.pendingTo;
            state.flushes++;
            state.pending.clear();
            writing.indexing.reached(state.number, state.place(state.indexedTo));
          }
          state.pending.add(batch.rows());
          state.pendingTo = continued.size() + batch.rows().size();
        }
      } finally {
        state.committing = false;
      }
      if (continued.size() != expected.size()) {
        // It was made when the file had no claims.
        state.filter = new ClaimFilter(continued.size(), sink -> scanClaims(log, whileOpen(sink)));
      }
      return new CommitResult.Committed(session.level);
    } catch (SQLException e) {
      giveUp(writing, session, log);
      throw failed(database, "append to", e);
    } catch (RuntimeException e) {
      rollBack(session);
      throw e;
    }
  }

  /**
   * Closes a connection on which a statement failed, and forgets what was known of the log. SQLite
   * rolls back by itself when a write or a sync fails, and JDBC is not told: what ran next on that
   * connection would be outside of any transaction.
   */
  private void giveUp(Writer writing, @Nullable Session session, LogId log) {
    logs.remove(log);
    if (session == null) {
      return;
    }
    writing.sessions.remove(session.level);
    writing.unsure = true;
    try {
      session.connection.close();
    } catch (SQLException e) {
      LOGGER.log(System.Logger.Level.WARNING, "a connection that failed could not be closed", e);
    }
  }

  private static void rollBack(@Nullable Session session) {
    if (session == null) {
      return;
    }
    try {
      session.connection.rollback();
    } catch (SQLException e) {
      LOGGER.log(System.Logger.Level.WARNING, "a failed commit could not be rolled back", e);
    }
  }

  private static Optional<CommitResult> checkHead(Session session, LogState state, Head expected)
      throws SQLException {
    PreparedStatement check = session.headCheck;
    check.setInt(1, state.number);
    check.setLong(2, state.place(0));
    check.setLong(3, state.place(LogState.MAX_POSITION));
    try (ResultSet row = check.executeQuery()) {
      long fence = row.getLong(1);
      if (fence != state.fence) {
        return Optional.of(
            new CommitResult.Fenced(
                "fence %d is up, this writer holds %d".formatted(fence, state.fence)));
      }
      long size = LogState.position(row.getLong(2));
      byte[] link = row.getBytes(3);
      boolean same = size == expected.size() && (size == 0 || Arrays.equals(link, expected.link()));
      if (!same) {
        return Optional.of(
            new CommitResult.HeadMoved(new Head(size, link == null ? new byte[0] : link)));
      }
    }
    return Optional.empty();
  }

  private static void insert(Session session, LogState state, Batch batch) throws SQLException {
    PreparedStatement insert = session.insertRow;
    boolean alone = batch.rows().size() == 1;
    for (Row row : batch.rows()) {
      insert.setLong(1, state.place(row.position()));
      insert.setBytes(2, RowPage.encode(row));
      if (alone) {
        insert.executeUpdate();
      } else {
        insert.addBatch();
      }
    }
    if (!alone && !batch.rows().isEmpty()) {
      insert.executeBatch();
    }
    for (Tile tile : batch.tiles()) {
      session.insertTile.setInt(1, state.number);
      session.insertTile.setInt(2, tile.level());
      session.insertTile.setLong(3, tile.index());
      session.insertTile.setBytes(4, tile.hashes());
      session.insertTile.executeUpdate();
    }
    StoredCheckpoint checkpoint = batch.checkpoint();
    if (checkpoint != null) {
      session.insertCheckpoint.setInt(1, state.number);
      session.insertCheckpoint.setLong(2, checkpoint.size());
      session.insertCheckpoint.setBytes(3, checkpoint.note());
      session.insertCheckpoint.executeUpdate();
    }
  }

  /** Writes what is left of trimmed events, whose index entries are all in the file then. */
  private static void insert(Session session, LogState state, TrimmedPrefix prefix)
      throws SQLException {
    for (Tile tile : prefix.tiles()) {
      insert(session, state, new Batch(List.of(), List.of(tile), null));
    }
    insertEntries(session, state, IndexTable.CLAIMS, prefix.claims());
    insertEntries(session, state, IndexTable.STREAMS, prefix.streams());
    state.pendingTo = prefix.head().size();
    flush(session, state);
  }

  private static void insertEntries(
      Session session, LogState state, IndexTable index, Iterable<IndexEntry> entries)
      throws SQLException {
    List<IndexEntry> some = new ArrayList<>();
    for (IndexEntry entry : entries) {
      some.add(entry);
      if (some.size() == REWRITTEN_AT_A_TIME) {
        index.insert(session.connection, state.number, some);
        some.clear();
      }
    }
    index.insert(session.connection, state.number, some);
  }

  /** Writes down what would take long to replay on the next opening. */
  private void flushAll(Session session) throws SQLException {
    for (LogState state : logs.values()) {
      if (state.fence == 0 || state.pending.size() < FLUSH_ON_CLOSE_AT) {
        continue;
      }
      try (PreparedStatement fence =
          session.connection.prepareStatement("SELECT fence FROM log_names WHERE number = ?")) {
        fence.setInt(1, state.number);
        try (ResultSet up = fence.executeQuery()) {
          if (up.getLong(1) == state.fence) {
            flush(session, state);
          }
        }
        session.connection.commit();
      } catch (SQLException e) {
        // Nothing is lost: the next opening replays what is not written down.
        session.connection.rollback();
        LOGGER.log(System.Logger.Level.WARNING, "the indexes were not written down", e);
      }
    }
  }

  /** Up to which place each log that was written is indexed. */
  private Map<Integer, Long> indexedPlaces() {
    Map<Integer, Long> places = new HashMap<>();
    for (LogState state : logs.values()) {
      if (state.fence != 0) {
        synchronized (state) {
          places.put(state.number, state.place(state.pendingTo));
        }
      }
    }
    return places;
  }

  /** Writes the pending index down in order, and how far it goes. */
  private static void flush(Session session, LogState state) throws SQLException {
    session.flushedClaims = state.pending.sortedClaims();
    IndexTable.CLAIMS.insert(session.connection, state.number, session.flushedClaims);
    IndexTable.STREAMS.insert(session.connection, state.number, state.pending.sortedStreams());
    Schema.writeName(session.connection, state.number, state.pendingTo, state.fence);
    session.flushed = true;
  }

  // ---- forgetting ----

  private void erase(
      Session session, LogId log, LogState state, PositionRange range, Set<InlineView> unable)
      throws SQLException {
    try (PreparedStatement update =
        session.connection.prepareStatement("UPDATE log_events SET entry = ? WHERE place = ?")) {
      long after = range.first() - 1;
      while (after < range.last()) {
        int limit = (int) Math.min(REWRITTEN_AT_A_TIME, range.last() - after);
        List<Row> bare = new ArrayList<>();
        List<Row> rows = rows(session.connection, state, after, limit);
        for (Row row : rows) {
          if (row.position() <= range.last() && row.body() != null) {
            Row without = new Row(row.position(), row.link(), row.record(), null, row.keys());
            update.setBytes(1, RowPage.encode(without));
            update.setLong(2, state.place(row.position()));
            update.addBatch();
            bare.add(without);
          }
        }
        update.executeBatch();
        if (log.equals(LogId.MAIN) && !bare.isEmpty()) {
          unable.addAll(writer().views.forget(session.connection, bare));
        }
        after = rows.isEmpty() ? range.last() : rows.getLast().position();
      }
    }
  }

  // ---- views in the log's file ----

  /**
   * The views that are in the log's own file, in tables beside the log's; a commit of them waits
   * for the log's, and the log's for one of them, and costs no sync. To be closed by the caller,
   * before or after the engine.
   *
   * @throws StorageFailed when they cannot be opened, or there are none and this only reads
   */
  public SqliteViewStore views() {
    try {
      Writer writing = writer;
      if (writing == null) {
        return reading(
            "find the views of",
            lent -> {
              if (!hasViews(lent.connection())) {
                throw new StorageFailed("there are no views in %s".formatted(database));
              }
              return new SqliteViewStore(database, this, null, new ReentrantLock(), readers);
            });
      }
      writing.turn.lock();
      try {
        requireOpen();
        return new SqliteViewStore(database, this, openForViews(), writing.turn, readers);
      } finally {
        writing.turn.unlock();
      }
    } catch (SQLException e) {
      throw failed(database, "open the views of", e);
    }
  }

  private static boolean hasViews(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT 1 FROM sqlite_schema WHERE name = 'stele_views'")) {
      return row.next();
    }
  }

  private Connection openForViews() throws SQLException {
    Connection connection = schema.openWriting(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_autocheckpoint = 0");
      if (!hasViews(connection)) {
        statement.execute(SqliteViewStore.DEFINITION);
      }
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Moves the write-ahead log into the database once views have made it long. They commit without
   * syncs and so never do it themselves: the next commit of the log would have to, and while it
   * rests, as through a rebuild, the write-ahead log would have no end.
   */
  void relieveWriteAheadLog() {
    Writer writing = writer();
    writing.turn.lock();
    try {
      if (!closed) {
        writing.relieve();
      }
    } catch (SQLException e) {
      writing.unsure = true;
      throw failed(database, "move the write-ahead log of", e);
    } finally {
      writing.turn.unlock();
    }
  }

  /** Empties the write-ahead log, unless somebody reads it; returns whether it was done. */
  boolean emptyWriteAheadLog() {
    Writer writing = writer();
    writing.turn.lock();
    try (Connection connection = schema.openWriting(true);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 0");
      try (ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
        return row.getInt(1) == 0;
      }
    } catch (SQLException e) {
      writing.unsure = true;
      throw failed(database, "empty the write-ahead log of", e);
    } finally {
      writing.turn.unlock();
    }
  }

  // ---- inline views ----

  /** How far each inline view is that the file knows, in the order of names. */
  public List<InlineStatus> inlineViews() {
    return reading(
        "list the views of",
        lent -> {
          List<InlineStatus> views = new ArrayList<>();
          PreparedStatement select =
              lent.statement("SELECT name, version, position FROM log_views ORDER BY name");
          try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
              views.add(new InlineStatus(rows.getString(1), rows.getInt(2), rows.getLong(3)));
            }
          }
          return views;
        });
  }

  /**
   * Empties an inline view and replays it from the log, in one transaction: who reads it sees the
   * old rows until all new ones are there. Appends wait meanwhile. A view that was detached is
   * attached again.
   *
   * @param name of a view that the engine was opened with
   * @param progress is told the last position that was replayed, now and then
   * @return the last position it reflects
   * @throws IllegalArgumentException when there is no such view
   * @throws StorageFailed when the view cannot be replayed; it is then what it was before
   */
  public long rebuildView(String name, LongConsumer progress) {
    Writer writing = writer();
    InlineView view = writing.views.require(name);
    Session session = null;
    writing.turn.lock();
    try {
      requireOpen();
      session = writing.session(Durability.DURABLE);
      session.takeLock();
      return writing.views.rebuild(
          session.connection, view, mainRows(session.connection), progress);
    } catch (SQLException e) {
      rollBack(session);
      throw failed(database, "rebuild view " + name + " in", e);
    } catch (RuntimeException e) {
      rollBack(session);
      throw e;
    } finally {
      writing.turn.unlock();
    }
  }

  /**
   * Reads an inline view: rows, and the position they reflect, as of one moment.
   *
   * @throws IllegalArgumentException when the file does not know the view
   */
  public <T> ViewStore.Answer<T> readView(InlineTables view, ViewStore.Reading<T> reading) {
    return reading(
        "read a view of",
        lent -> {
          lent.connection().setAutoCommit(false);
          SqlTables tables = view.read(database, lent::statement);
          try {
            PreparedStatement select =
                lent.statement("SELECT position FROM log_views WHERE name = ?");
            select.setString(1, view.name());
            long position;
            try (ResultSet row = select.executeQuery()) {
              if (!row.next()) {
                throw new IllegalArgumentException(
                    "no view '%s' is inline here".formatted(view.name()));
              }
              position = row.getLong(1);
            }
            return new ViewStore.Answer<>(reading.read(tables), position);
          } finally {
            tables.end();
            lent.connection().setAutoCommit(true);
          }
        });
  }

  private InlineViews.Rows mainRows(Connection connection) {
    return (position, limit) -> {
      LogState main = logs.get(LogId.MAIN);
      return main == null ? List.of() : rows(connection, main, position, limit);
    };
  }

  /** Rows as the open transaction of a connection has them. */
  private static List<Row> rows(Connection connection, LogState state, long after, int limit)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            SELECT_ROWS + "WHERE place > ? AND place <= ? ORDER BY place LIMIT ?")) {
      return rows(select, state, after, limit);
    }
  }

  private static void trim(Session session, LogState state, long upTo) throws SQLException {
    flush(session, state);
    long after = 0;
    while (after < upTo) {
      List<Row> rows = rows(session.connection, state, after, REWRITTEN_AT_A_TIME);
      List<IndexEntry> lapsing = new ArrayList<>();
      for (Row row : rows) {
        if (row.position() <= upTo) {
          for (IndexKey key : row.expiringKeys()) {
            lapsing.add(new IndexEntry(key, 0, row.position()));
          }
        }
      }
      IndexTable.CLAIMS.delete(session.connection, state.number, lapsing);
      after = rows.isEmpty() ? upTo : rows.getLast().position();
    }
    try (PreparedStatement delete =
        session.connection.prepareStatement(
            "DELETE FROM log_events WHERE place > ? AND place <= ?")) {
      delete.setLong(1, state.place(0));
      delete.setLong(2, state.place(upTo));
      delete.executeUpdate();
    }
  }

  @Override
  public Compacted compact() {
    Writer writing = writer();
    writing.turn.lock();
    try {
      requireOpen();
      long before = sizeBytes();
      for (Session session : writing.sessions.values()) {
        session.connection.rollback();
      }
      // A connection of its own: to rewrite a file, no statement may be open on the one that does.
      try (Connection connection = schema.openWriting(true)) {
        readers.alone(
            () -> {
              truncateLog(connection);
              try (Statement statement = connection.createStatement()) {
                statement.execute("VACUUM");
              }
              truncateLog(connection);
            });
      }
      return new Compacted(before, sizeBytes());
    } catch (SQLException e) {
      throw failed(database, "compact", e);
    } finally {
      writing.turn.unlock();
    }
  }

  /** Moves the write-ahead log into the database and empties its file. */
  private void truncateLog(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      if (result.getInt(1) != 0) {
        throw new StorageFailed(
            "%s cannot be compacted while another process reads an older state of it; try again"
                .formatted(database));
      }
    }
  }

  private long sizeBytes() {
    try {
      Path log = database.resolveSibling(database.getFileName() + "-wal");
      return Files.size(database) + (Files.exists(log) ? Files.size(log) : 0);
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be looked at".formatted(database), e);
    }
  }

  private void attachViews() throws SQLException {
    Connection connection = writer().session(Durability.DURABLE).connection;
    writer().views.attach(connection, (position, limit) -> read(LogId.MAIN, position, limit));
  }

  // ---- reading ----

  @Override
  public List<Row> read(LogId log, long after, int limit) {
    return reading(
        "read",
        log,
        List.of(),
        (lent, state) -> {
          if (limit == 1) {
            Optional<Row> row = row(lent, state, after + 1);
            if (row.isPresent()) {
              return List.of(row.get());
            }
          }
          if (limit >= LEAST_PAGE) {
            Optional<RowPage> page = page(lent, state, after, limit);
            if (page.isPresent()) {
              return page.get().rows();
            }
          }
          PreparedStatement select =
              lent.statement(SELECT_ROWS + "WHERE place > ? AND place <= ? ORDER BY place LIMIT ?");
          return rows(select, state, Math.min(after, LogState.MAX_POSITION), limit);
        });
  }

  @Override
  public RowPage readPage(LogId log, long after, int limit) {
    Optional<RowPage> page =
        reading("read", log, Optional.empty(), (lent, state) -> page(lent, state, after, limit));
    return page.isPresent() ? page.get() : LogEngine.super.readPage(log, after, limit);
  }

  /**
   * A page as one value; empty where there is none: no row right after {@code after}, or one too
   * large.
   */
  private static Optional<RowPage> page(
      ReadConnections.Lent lent, LogState state, long after, int limit) throws SQLException {
    PreparedStatement select = lent.statement(SELECT_PAGE);
    int wanted = (int) Math.min(Math.min(limit, MAX_PAGE), LogState.MAX_POSITION - after);
    while (wanted > 0) {
      int largest = (int) (MAX_READ_BYTES / wanted);
      select.setLong(1, state.place(after));
      select.setLong(2, state.place(after + wanted));
      select.setInt(3, largest);
      try (ResultSet result = select.executeQuery()) {
        int found = result.getInt(1);
        if (found == wanted && result.getInt(2) <= largest) {
          byte[] bytes = bytes(result, 3);
          return Optional.of(new RowPage(after + 1, bytes, bytes.length));
        }
        if (found == wanted) {
          return Optional.empty();
        }
        // Fewer than asked for, as at the log's end: if they have no gap, they are these.
        wanted = found;
      }
    }
    return Optional.empty();
  }

  private static Optional<Row> row(ReadConnections.Lent lent, LogState state, long position)
      throws SQLException {
    if (position > LogState.MAX_POSITION) {
      return Optional.empty();
    }
    PreparedStatement select = lent.statement("SELECT entry FROM log_events WHERE place = ?");
    select.setLong(1, state.place(position));
    try (ResultSet result = select.executeQuery()) {
      return result.next()
          ? Optional.of(RowPage.decode(position, bytes(result, 1)))
          : Optional.empty();
    }
  }

  private static List<Row> rows(PreparedStatement select, LogState state, long after, int limit)
      throws SQLException {
    select.setLong(1, state.place(after));
    select.setLong(2, state.place(LogState.MAX_POSITION));
    select.setInt(3, limit);
    List<Row> rows = new ArrayList<>(Math.min(limit, 1_024));
    long bytes = 0;
    try (ResultSet result = select.executeQuery()) {
      while (bytes <= MAX_READ_BYTES && result.next()) {
        Row row = row(result);
        rows.add(row);
        bytes += row.sizeBytes();
      }
    }
    return rows;
  }

  @Override
  public List<Row> readStream(LogId log, IndexKey stream, long afterRevision, int limit) {
    return reading(
        "read a stream of",
        log,
        List.of(),
        (lent, state) -> {
          List<Long> positions =
              lookUp(
                  lent,
                  state,
                  List.of(),
                  () -> streamPositions(lent, state, stream, afterRevision, limit));
          if (!positions.isEmpty() && row(lent, state, positions.getFirst()).isEmpty()) {
            long after = beforeFirstKept(lent, state, stream, afterRevision);
            positions =
                lookUp(
                    lent,
                    state,
                    List.of(),
                    () -> streamPositions(lent, state, stream, after, limit));
          }
          List<Row> rows = new ArrayList<>(positions.size());
          long bytes = 0;
          int at = 0;
          while (at < positions.size() && bytes <= MAX_READ_BYTES) {
            List<Row> next = rowsFrom(lent, state, positions, at);
            for (Row row : next) {
              rows.add(row);
              bytes += row.sizeBytes();
            }
            at += Math.max(1, next.size());
          }
          return rows;
        });
  }

  /** The next rows at positions: a page where these are neighbours, else the one or none. */
  private static List<Row> rowsFrom(
      ReadConnections.Lent lent, LogState state, List<Long> positions, int at) throws SQLException {
    int end = at + 1;
    while (end < positions.size() && positions.get(end) == positions.get(end - 1) + 1) {
      end++;
    }
    if (end - at >= LEAST_PAGE) {
      Optional<RowPage> page = page(lent, state, positions.get(at) - 1, end - at);
      if (page.isPresent()) {
        return page.get().rows();
      }
    }
    return row(lent, state, positions.get(at)).stream().toList();
  }

  /** The last revision of a stream whose event was trimmed; places in a stream only ever grow. */
  private long beforeFirstKept(
      ReadConnections.Lent lent, LogState state, IndexKey stream, long afterRevision)
      throws SQLException {
    PreparedStatement select =
        lent.statement(SELECT_ROWS + "WHERE place > ? AND place <= ? ORDER BY place LIMIT ?");
    List<Row> first = rows(select, state, 0, 1);
    long firstKept = first.isEmpty() ? 1 : first.getFirst().position();
    long trimmed = afterRevision;
    long beyond = lookUp(lent, state, 0L, () -> lastRevision(lent, state, stream)) + 1;
    while (beyond - trimmed > 1) {
      long middle = (trimmed + beyond) >>> 1;
      List<Long> at =
          lookUp(lent, state, List.of(), () -> streamPositions(lent, state, stream, middle - 1, 1));
      if (!at.isEmpty() && at.getFirst() < firstKept) {
        trimmed = middle;
      } else {
        beyond = middle;
      }
    }
    return trimmed;
  }

  private static List<Long> streamPositions(
      ReadConnections.Lent lent, LogState state, IndexKey stream, long after, int limit)
      throws SQLException {
    List<Long> positions = new ArrayList<>();
    IndexTable.STREAMS.positions(lent, state.number, stream, after, limit, positions);
    long revision = after + positions.size() + 1;
    positions.addAll(state.pending.positions(stream, revision, limit - positions.size()));
    return positions;
  }

  private interface Lookup<T> {
    T run() throws SQLException;
  }

  /**
   * Looks into the file and into what is pending as of one moment. In the writing process only a
   * flush moves entries from one to the other, seldom, and then the look-up is made again; a reader
   * that follows another process moves them itself, under the lock.
   */
  private <T> T lookUp(ReadConnections.Lent lent, LogState state, T none, Lookup<T> lookup)
      throws SQLException {
    if (state.fence == 0) {
      synchronized (state) {
        catchUp(lent, state);
        return lookup.run();
      }
    }
    long flushes = state.flushes;
    boolean committing = state.committing;
    T found = lookup.run();
    if (flushes == state.flushes && !(committing && found.equals(none))) {
      return found;
    }
    // What is not found may be in a commit whose rows can be read already: its index entries are
    // there once the lock is free.
    synchronized (state) {
      return lookup.run();
    }
  }

  @Override
  public long lastRevision(LogId log, IndexKey stream) {
    return reading(
        "find a stream of",
        log,
        0L,
        (lent, state) -> {
          return lookUp(lent, state, 0L, () -> lastRevision(lent, state, stream));
        });
  }

  @Override
  public long find(LogId log, IndexKey claim) {
    return reading(
        "find a claim of",
        log,
        0L,
        (lent, state) -> {
          return lookUp(lent, state, 0L, () -> find(lent, state, claim));
        });
  }

  private static long lastRevision(ReadConnections.Lent lent, LogState state, IndexKey stream)
      throws SQLException {
    long pending = state.pending.lastRevision(stream);
    if (pending > 0) {
      return pending;
    }
    IndexEntry last = IndexTable.STREAMS.last(lent, state.number, stream);
    return last == null ? 0 : last.revision();
  }

  /** Answered from memory but for claims that the filter takes for older ones. */
  @Override
  public long probe(LogId log, IndexKey claim) {
    requireOpen();
    LogState state = logs.get(log);
    if (state == null || state.fence == 0) {
      return find(log, claim);
    }
    long pending = state.pending.find(claim);
    if (pending > 0) {
      return pending;
    }
    // After the look at what is pending: a flush tells the filter first.
    ClaimFilter filter = state.filter;
    return filter == null || filter.mayHold(claim) ? find(log, claim) : 0;
  }

  private static long find(ReadConnections.Lent lent, LogState state, IndexKey claim)
      throws SQLException {
    long pending = state.pending.find(claim);
    if (pending > 0) {
      return pending;
    }
    ClaimFilter filter = state.filter;
    if (filter != null && !filter.mayHold(claim)) {
      return 0;
    }
    IndexEntry last = IndexTable.CLAIMS.last(lent, state.number, claim);
    return last == null ? 0 : last.position();
  }

  @Override
  public Optional<Tile> tile(LogId log, int level, long index) {
    return reading(
        "read a tile of",
        log,
        Optional.empty(),
        (lent, state) -> {
          PreparedStatement select =
              lent.statement(
                  "SELECT hashes FROM log_tiles WHERE log = ? AND level = ? AND number = ?");
          select.setInt(1, state.number);
          select.setInt(2, level);
          select.setLong(3, index);
          try (ResultSet result = select.executeQuery()) {
            return result.next()
                ? Optional.of(new Tile(level, index, bytes(result, 1)))
                : Optional.empty();
          }
        });
  }

  @Override
  public List<StoredCheckpoint> checkpoints(LogId log, long fromSize, int limit) {
    return reading(
        "read the checkpoints of",
        log,
        List.of(),
        (lent, state) -> {
          PreparedStatement select =
              lent.statement(
                  "SELECT size, note FROM log_checkpoints WHERE log = ? AND size >= ? ORDER BY size"
                      + " LIMIT ?");
          select.setInt(1, state.number);
          select.setLong(2, fromSize);
          select.setInt(3, limit);
          List<StoredCheckpoint> checkpoints = new ArrayList<>();
          try (ResultSet result = select.executeQuery()) {
            while (result.next()) {
              checkpoints.add(new StoredCheckpoint(result.getLong(1), bytes(result, 2)));
            }
          }
          return checkpoints;
        });
  }

  @Override
  public Optional<StoredCheckpoint> latestCheckpoint(LogId log) {
    return reading(
        "read the checkpoint of",
        log,
        Optional.empty(),
        (lent, state) -> {
          PreparedStatement select =
              lent.statement(
                  "SELECT size, note FROM log_checkpoints WHERE log = ? ORDER BY size DESC LIMIT"
                      + " 1");
          select.setInt(1, state.number);
          try (ResultSet result = select.executeQuery()) {
            return result.next()
                ? Optional.of(new StoredCheckpoint(result.getLong(1), bytes(result, 2)))
                : Optional.empty();
          }
        });
  }

  @Override
  public long scanClaims(LogId log, Consumer<IndexEntry> sink) {
    return scan(log, IndexTable.CLAIMS, PendingIndex::sortedClaims, sink);
  }

  @Override
  public long scanStreams(LogId log, Consumer<IndexEntry> sink) {
    return scan(log, IndexTable.STREAMS, PendingIndex::sortedStreams, sink);
  }

  private interface PendingEntries {
    List<IndexEntry> of(PendingIndex pending);
  }

  /** Merges what is flushed with what is pending. */
  private long scan(
      LogId log, IndexTable index, PendingEntries entries, Consumer<IndexEntry> sink) {
    return reading(
        "audit the index of",
        log,
        0L,
        (lent, state) -> {
          // One transaction for everything that is read: another process may flush meanwhile, and
          // each entry must be in exactly one of what is pending and what is flushed.
          lent.connection().setAutoCommit(false);
          try {
            return scan(lent, state, index, entries, sink);
          } finally {
            lent.connection().setAutoCommit(true);
          }
        });
  }

  private static long scan(
      ReadConnections.Lent lent,
      LogState state,
      IndexTable index,
      PendingEntries entries,
      Consumer<IndexEntry> sink)
      throws SQLException {
    List<IndexEntry> pending;
    long covered;
    // This process commits and clears what it flushed under this lock too; the first statement of
    // the transaction sets what all its statements see.
    synchronized (state) {
      catchUp(lent, state);
      pending = entries.of(state.pending);
      covered = state.pendingTo;
      headOf(lent, state);
    }
    Iterator<IndexEntry> later = pending.iterator();
    IndexEntry[] next = {later.hasNext() ? later.next() : null};
    index.scan(
        lent,
        state.number,
        entry -> {
          while (next[0] != null && next[0].key().compareTo(entry.key()) < 0) {
            sink.accept(next[0]);
            next[0] = later.hasNext() ? later.next() : null;
          }
          sink.accept(entry);
        });
    while (next[0] != null) {
      sink.accept(next[0]);
      next[0] = later.hasNext() ? later.next() : null;
    }
    return covered;
  }

  @Override
  public List<String> tables() {
    return schemaNames("table");
  }

  @Override
  public List<String> indexes() {
    return schemaNames("index");
  }

  private List<String> schemaNames(String type) {
    return reading(
        "look at the schema of",
        lent -> {
          PreparedStatement select =
              lent.statement(
                  "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite~_%'"
                      + " ESCAPE '~' ORDER BY name");
          select.setString(1, type);
          List<String> names = new ArrayList<>();
          try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
              names.add(rows.getString(1));
            }
          }
          return names;
        });
  }

  @Override
  public Optional<String> selfCheck() {
    return reading("check", lent -> schema.check(lent.connection(), file));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      try {
        readers.close();
      } finally {
        try {
          if (writer != null) {
            writer.close();
          }
        } finally {
          file.close();
        }
      }
    } catch (SQLException | IOException e) {
      throw new StorageFailed("%s could not be closed cleanly".formatted(database), e);
    }
  }

  // ---- logs of the file ----

  private static Row row(ResultSet result) throws SQLException {
    return RowPage.decode(LogState.position(result.getLong(1)), bytes(result, 2));
  }

  /** A value that no writer leaves out; where it is missing, the page was changed from outside. */
  private static byte[] bytes(ResultSet result, int column) throws SQLException {
    byte[] bytes = result.getBytes(column);
    if (bytes == null) {
      throw StorageFailed.damaged(
          "a row lacks a value that every row has", new IllegalStateException("column " + column));
    }
    return bytes;
  }

  /** What is known of a log, reading it from the file once; empty when there is no such log. */
  private Optional<LogState> state(ReadConnections.Lent lent, LogId log) throws SQLException {
    LogState known = logs.get(log);
    if (known != null) {
      return Optional.of(known);
    }
    PreparedStatement select =
        lent.statement("SELECT number, indexed_to FROM log_names WHERE name = ?");
    select.setString(1, log.name());
    try (ResultSet row = select.executeQuery()) {
      if (!row.next()) {
        return Optional.empty();
      }
      LogState state = new LogState(row.getInt(1));
      state.indexedTo = row.getLong(2);
      state.pendingTo = state.indexedTo;
      LogState earlier = logs.putIfAbsent(log, state);
      return Optional.of(earlier == null ? state : earlier);
    }
  }

  /**
   * Brings a log's pending index up to the log's end: on the first use, and in a process that reads
   * what another writes. The writer itself keeps it up in each commit.
   */
  private static void catchUp(ReadConnections.Lent lent, LogState state) throws SQLException {
    if (state.fence != 0) {
      return;
    }
    synchronized (state) {
      PreparedStatement name = lent.statement("SELECT indexed_to FROM log_names WHERE number = ?");
      name.setInt(1, state.number);
      try (ResultSet row = name.executeQuery()) {
        long indexedTo = row.next() ? row.getLong(1) : state.indexedTo;
        if (indexedTo != state.indexedTo) {
          state.pending.clear();
          state.indexedTo = indexedTo;
          state.pendingTo = indexedTo;
        }
      }
      replay(lent.statement(SELECT_ROWS + "WHERE place > ? AND place <= ? ORDER BY place"), state);
    }
  }

  private static void replay(PreparedStatement select, LogState state) throws SQLException {
    select.setLong(1, state.place(state.pendingTo));
    select.setLong(2, state.place(LogState.MAX_POSITION));
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        Row row = row(rows);
        try {
          state.pending.add(List.of(row));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
          throw StorageFailed.damaged("event %d cannot be indexed".formatted(row.position()), e);
        }
        state.pendingTo = row.position();
      }
    }
  }

  /** The log to append to, made where it is not there, with the fence taken. */
  private LogState writingState(Session session, LogId log) throws SQLException {
    LogState known = logs.get(log);
    if (known != null && known.fence != 0) {
      return known;
    }
    Connection connection = session.connection;
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO log_names (number, name, indexed_to, fence, seal)"
                + " SELECT coalesce(max(number) + 1, 0), ?1, 0, 0, x'' FROM log_names"
                + " WHERE true ON CONFLICT (name) DO NOTHING")) {
      insert.setString(1, log.name());
      insert.executeUpdate();
    }
    LogState state;
    long fence;
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT number, indexed_to, fence FROM log_names WHERE name = ?")) {
      select.setString(1, log.name());
      try (ResultSet row = select.executeQuery()) {
        LogState fresh = new LogState(row.getInt(1));
        state = logs.getOrDefault(log, fresh);
        synchronized (state) {
          state.pending.clear();
          state.indexedTo = row.getLong(2);
          state.pendingTo = state.indexedTo;
          try (PreparedStatement rows =
              connection.prepareStatement(
                  SELECT_ROWS + "WHERE place > ? AND place <= ? ORDER BY place")) {
            replay(rows, state);
          }
          fence = row.getLong(3) + 1;
          Schema.writeName(connection, state.number, state.indexedTo, fence);
        }
      }
    }
    connection.commit();
    state.fence = fence;
    logs.put(log, state);
    long indexedTo;
    synchronized (state) {
      indexedTo = state.indexedTo;
    }
    state.filter = new ClaimFilter(indexedTo, sink -> scanClaims(log, whileOpen(sink)));
    writer().indexing.reached(state.number, state.place(indexedTo));
    return state;
  }

  /** Ends a scan in the background once the engine is closed. */
  private Consumer<IndexEntry> whileOpen(Consumer<IndexEntry> sink) {
    return entry -> {
      requireOpen();
      sink.accept(entry);
    };
  }

  private void requireOpen() {
    if (closed) {
      throw new LogClosed("%s was closed; open it again".formatted(database));
    }
  }

  private interface LogWork<T> {
    T run(ReadConnections.Lent lent, LogState state) throws SQLException;
  }

  /** Reads of one log; {@code none} is the answer where the file has no such log. */
  private <T> T reading(String what, LogId log, T none, LogWork<T> work) {
    return reading(
        what,
        lent -> {
          Optional<LogState> state = state(lent, log);
          return state.isEmpty() ? none : work.run(lent, state.get());
        });
  }

  private <T> T reading(String what, ReadConnections.Work<T> work) {
    requireOpen();
    try {
      return readers.read(work);
    } catch (SQLException e) {
      throw failed(database, what, e);
    }
  }

  static StorageFailed failed(Path database, String what, SQLException cause) {
    if (cause instanceof SQLiteException sqlite) {
      switch (sqlite.getResultCode().code & 0xff) {
        case 11, 26 -> {
          return StorageFailed.damaged(
              "%s is damaged: %s; verify it".formatted(database, cause.getMessage()), cause);
        }
        default -> {}
      }
    }
    return new StorageFailed(
        "could not %s %s: %s".formatted(what, database, cause.getMessage()), cause);
  }
}
