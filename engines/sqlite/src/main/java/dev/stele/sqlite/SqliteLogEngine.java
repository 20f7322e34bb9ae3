package dev.stele.sqlite;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PendingIndex;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.SelfChecking;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
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
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
public final class SqliteLogEngine implements LogEngine, SelfChecking {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.sqlite");

  private static final int PLACE_SHIFT = 40;
  private static final long MAX_POSITION = (1L << PLACE_SHIFT) - 1;

  private static final String ROW_COLUMNS =
      "SELECT place, link, record, body, keys FROM log_events ";

  private final Path database;
  private final Schema schema;
  private final HeldFile file;
  private final ReadConnections readers;
  private final @Nullable Writer writer;
  private final Map<LogId, LogState> logs = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** What is known of one log of this file. */
  private static final class LogState {
    final int number;
    final PendingIndex pending = new PendingIndex();

    /** The last position in {@link #pending}; guarded by this. */
    long pendingTo;

    /** Up to where the indexes in the file go; guarded by this. */
    long indexedTo;

    /** How often the pending index went into the file; written under the lock of this. */
    volatile long flushes;

    /** The fence this writer holds; 0 for a reader, and before it is up in the file. */
    volatile long fence;

    LogState(int number) {
      this.number = number;
    }

    long place(long position) {
      return (long) number << PLACE_SHIFT | position;
    }
  }

  /** The connections of the one process that writes, used by whoever holds {@link #turn}. */
  private final class Writer implements AutoCloseable {
    final WriterLock lock;

    /**
     * Held through each commit: the logs of one file share a connection, and so one transaction,
     * and closing must not end it half-way.
     */
    final ReentrantLock turn = new ReentrantLock();

    final List<InlineView> views;
    final Map<Durability, Session> sessions = new ConcurrentHashMap<>();

    Writer(WriterLock lock, List<InlineView> views) {
      this.lock = lock;
      this.views = new ArrayList<>(views);
    }

    /** The level is a property of a connection, so each level in use has its own. */
    Session session(Durability durability) throws SQLException {
      Durability level = durability == Durability.DURABLE ? Durability.DURABLE : Durability.OS;
      Session session = sessions.get(level);
      if (session == null) {
        session = new Session(schema.openWriting(level == Durability.DURABLE), level);
        sessions.put(level, session);
      }
      return session;
    }

    @Override
    public void close() throws SQLException, IOException {
      turn.lock();
      try {
        for (Session session : sessions.values()) {
          session.connection.rollback();
        }
        Session durable = session(Durability.DURABLE);
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
    final PreparedStatement headCheck;
    final PreparedStatement insertRow;
    final PreparedStatement insertTile;
    final PreparedStatement insertCheckpoint;

    Session(Connection connection, Durability level) throws SQLException {
      this.connection = connection;
      this.level = level;
      connection.setAutoCommit(false);
      headCheck =
          connection.prepareStatement(
              "SELECT (SELECT fence FROM log_names WHERE number = ?1),"
                  + " (SELECT max(place) FROM log_events WHERE place > ?2 AND place <= ?3),"
                  + " (SELECT link FROM log_events WHERE place > ?2 AND place <= ?3"
                  + " ORDER BY place DESC LIMIT 1)");
      insertRow =
          connection.prepareStatement(
              "INSERT INTO log_events (place, link, record, body, keys) VALUES (?, ?, ?, ?, ?)");
      insertTile =
          connection.prepareStatement(
              "INSERT OR REPLACE INTO log_tiles (log, level, number, hashes) VALUES (?, ?, ?, ?)");
      insertCheckpoint =
          connection.prepareStatement(
              "INSERT OR REPLACE INTO log_checkpoints (log, size, note) VALUES (?, ?, ?)");
    }
  }

  private SqliteLogEngine(
      Path database,
      Schema schema,
      HeldFile file,
      @Nullable WriterLock lock,
      List<InlineView> views) {
    this.database = database;
    this.schema = schema;
    this.file = file;
    this.readers = new ReadConnections(schema::openReading);
    this.writer = lock == null ? null : new Writer(lock, views);
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
    WriterLock lock = WriterLock.take(database);
    try {
      Schema schema = new Schema(database, options);
      schema.create();
      SqliteLogEngine engine = new SqliteLogEngine(database, schema, hold(database), lock, views);
      try {
        engine.attachViews();
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
      return new SqliteLogEngine(database, schema, hold(database), null, List.of());
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
            "SELECT place, link FROM log_events WHERE place > ? AND place <= ? ORDER BY place DESC"
                + " LIMIT 1");
    select.setLong(1, state.place(0));
    select.setLong(2, state.place(MAX_POSITION));
    try (ResultSet row = select.executeQuery()) {
      return row.next()
          ? new Head(row.getLong(1) & MAX_POSITION, bytes(row, 2))
          : new Head(0, new byte[0]);
    }
  }

  @Override
  public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
    Writer writing = writer;
    if (writing == null) {
      throw new IllegalStateException("%s was opened to read only".formatted(database));
    }
    writing.turn.lock();
    try {
      requireOpen();
      return commit(writing, log, expected, batch, durability);
    } finally {
      writing.turn.unlock();
    }
  }

  private CommitResult commit(
      Writer writing, LogId log, Head expected, Batch batch, Durability durability) {
    Session session = null;
    try {
      session = writing.session(durability);
      LogState state = writingState(session, log);
      Optional<CommitResult> moved = checkHead(session, state, expected);
      if (moved.isPresent()) {
        session.connection.rollback();
        return moved.get();
      }
      batch.requireContinues(expected);
      insert(session, state, batch);
      applyViews(session, log, batch.rows());
      boolean flush = state.pending.size() >= PendingIndex.FLUSH_AT;
      if (flush) {
        flush(session, state);
      }
      // Under the lock of the log's state, so that an audit of the index sees a flush whole.
      synchronized (state) {
        session.connection.commit();
        if (flush) {
          state.indexedTo = state.pendingTo;
          state.flushes++;
          state.pending.clear();
        }
        state.pending.add(batch.rows());
        state.pendingTo = expected.size() + batch.rows().size();
      }
      return new CommitResult.Committed(session.level);
    } catch (SQLException e) {
      rollBack(session);
      throw failed(database, "append to", e);
    } catch (RuntimeException e) {
      rollBack(session);
      throw e;
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
    check.setLong(3, state.place(MAX_POSITION));
    try (ResultSet row = check.executeQuery()) {
      long fence = row.getLong(1);
      if (fence != state.fence) {
        return Optional.of(
            new CommitResult.Fenced(
                "fence %d is up, this writer holds %d".formatted(fence, state.fence)));
      }
      long size = row.getLong(2) & MAX_POSITION;
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
      insert.setBytes(2, row.link());
      insert.setBytes(3, row.record());
      insert.setBytes(4, row.body());
      insert.setBytes(5, row.keys());
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

  /** Writes the pending index down in order, and how far it goes. */
  private static void flush(Session session, LogState state) throws SQLException {
    Connection connection = session.connection;
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO log_claims (log, key, position) VALUES (?, ?, ?)")) {
      for (IndexEntry entry : state.pending.sortedClaims()) {
        insert.setInt(1, state.number);
        insert.setBytes(2, entry.key().bytes());
        insert.setLong(3, entry.position());
        insert.addBatch();
      }
      insert.executeBatch();
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO log_streams (log, key, revision, position) VALUES (?, ?, ?, ?)")) {
      for (IndexEntry entry : state.pending.sortedStreams()) {
        insert.setInt(1, state.number);
        insert.setBytes(2, entry.key().bytes());
        insert.setLong(3, entry.revision());
        insert.setLong(4, entry.position());
        insert.addBatch();
      }
      insert.executeBatch();
    }
    Schema.writeName(connection, state.number, state.pendingTo, state.fence);
  }

  // ---- inline views ----

  private void attachViews() throws SQLException {
    Writer writing = writer;
    if (writing == null || writing.views.isEmpty()) {
      return;
    }
    Session session = writing.session(Durability.DURABLE);
    for (InlineView view : List.copyOf(writing.views)) {
      try {
        attach(session, view);
      } catch (SQLException | RuntimeException e) {
        // A table that was changed from outside must not keep its log from being opened.
        session.connection.rollback();
        writing.views.remove(view);
        LOGGER.log(System.Logger.Level.ERROR, "event=view-detached view=" + view.name(), e);
      }
    }
  }

  private void attach(Session session, InlineView view) throws SQLException {
    long position = 0;
    view.create(session.connection);
    try (PreparedStatement select =
        session.connection.prepareStatement(
            "SELECT version, position FROM log_views WHERE name = ?")) {
      select.setString(1, view.name());
      try (ResultSet row = select.executeQuery()) {
        if (row.next() && row.getInt(1) == view.version()) {
          position = row.getLong(2);
        } else {
          view.reset(session.connection);
        }
      }
    }
    session.connection.commit();
    catchUp(session, view, position);
  }

  private void catchUp(Session session, InlineView view, long from) throws SQLException {
    long position = from;
    List<Row> rows;
    do {
      rows = read(LogId.MAIN, position, 1_000);
      if (!rows.isEmpty()) {
        position = rows.getLast().position();
        view.apply(session.connection, rows);
      }
      writeViewPosition(session, view, position);
      session.connection.commit();
    } while (!rows.isEmpty());
  }

  private static void writeViewPosition(Session session, InlineView view, long position)
      throws SQLException {
    try (PreparedStatement write =
        session.connection.prepareStatement(
            "INSERT OR REPLACE INTO log_views (name, version, position) VALUES (?, ?, ?)")) {
      write.setString(1, view.name());
      write.setInt(2, view.version());
      write.setLong(3, position);
      write.executeUpdate();
    }
  }

  private void applyViews(Session session, LogId log, List<Row> rows) throws SQLException {
    Writer writing = writer;
    if (writing == null || writing.views.isEmpty() || rows.isEmpty() || !log.equals(LogId.MAIN)) {
      return;
    }
    for (Iterator<InlineView> each = writing.views.iterator(); each.hasNext(); ) {
      InlineView view = each.next();
      execute(session.connection, "SAVEPOINT inline_view");
      try {
        view.apply(session.connection, rows);
        writeViewPosition(session, view, rows.getLast().position());
      } catch (SQLException | RuntimeException e) {
        execute(session.connection, "ROLLBACK TO inline_view");
        each.remove();
        LOGGER.log(
            System.Logger.Level.ERROR,
            "event=view-detached view=" + view.name() + " at=" + rows.getFirst().position(),
            e);
      }
      execute(session.connection, "RELEASE inline_view");
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  // ---- reading ----

  @Override
  public List<Row> read(LogId log, long after, int limit) {
    return reading(
        "read",
        log,
        List.of(),
        (lent, state) -> {
          PreparedStatement select =
              lent.statement(ROW_COLUMNS + "WHERE place > ? AND place <= ? ORDER BY place LIMIT ?");
          select.setLong(1, state.place(Math.min(after, MAX_POSITION)));
          select.setLong(2, state.place(MAX_POSITION));
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
        });
  }

  @Override
  public List<Row> readStream(LogId log, IndexKey stream, long afterRevision, int limit) {
    return reading(
        "read a stream of",
        log,
        List.of(),
        (lent, state) -> {
          List<Long> positions =
              lookUp(lent, state, () -> streamPositions(lent, state, stream, afterRevision, limit));
          PreparedStatement select = lent.statement(ROW_COLUMNS + "WHERE place = ?");
          List<Row> rows = new ArrayList<>(positions.size());
          long bytes = 0;
          for (long position : positions) {
            select.setLong(1, state.place(position));
            try (ResultSet result = select.executeQuery()) {
              if (result.next()) {
                Row row = row(result);
                rows.add(row);
                bytes += row.sizeBytes();
              }
            }
            if (bytes > MAX_READ_BYTES) {
              break;
            }
          }
          return rows;
        });
  }

  private static List<Long> streamPositions(
      ReadConnections.Lent lent, LogState state, IndexKey stream, long after, int limit)
      throws SQLException {
    List<Long> positions = new ArrayList<>();
    PreparedStatement select =
        lent.statement(
            "SELECT position FROM log_streams WHERE log = ? AND key = ? AND revision > ? ORDER BY"
                + " revision LIMIT ?");
    select.setInt(1, state.number);
    select.setBytes(2, stream.bytes());
    select.setLong(3, after);
    select.setInt(4, limit);
    try (ResultSet result = select.executeQuery()) {
      while (result.next()) {
        positions.add(result.getLong(1));
      }
    }
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
  private <T> T lookUp(ReadConnections.Lent lent, LogState state, Lookup<T> lookup)
      throws SQLException {
    if (state.fence == 0) {
      synchronized (state) {
        catchUp(lent, state);
        return lookup.run();
      }
    }
    while (true) {
      long flushes = state.flushes;
      T found = lookup.run();
      if (flushes == state.flushes) {
        return found;
      }
    }
  }

  @Override
  public long lastRevision(LogId log, IndexKey stream) {
    return reading(
        "find a stream of",
        log,
        0L,
        (lent, state) -> {
          return lookUp(lent, state, () -> lastRevision(lent, state, stream));
        });
  }

  @Override
  public long find(LogId log, IndexKey claim) {
    return reading(
        "find a claim of",
        log,
        0L,
        (lent, state) -> {
          return lookUp(lent, state, () -> find(lent, state, claim));
        });
  }

  private static long lastRevision(ReadConnections.Lent lent, LogState state, IndexKey stream)
      throws SQLException {
    long pending = state.pending.lastRevision(stream);
    if (pending > 0) {
      return pending;
    }
    PreparedStatement select =
        lent.statement("SELECT max(revision) FROM log_streams WHERE log = ? AND key = ?");
    select.setInt(1, state.number);
    select.setBytes(2, stream.bytes());
    try (ResultSet result = select.executeQuery()) {
      return result.getLong(1);
    }
  }

  private static long find(ReadConnections.Lent lent, LogState state, IndexKey claim)
      throws SQLException {
    long pending = state.pending.find(claim);
    if (pending > 0) {
      return pending;
    }
    PreparedStatement select =
        lent.statement("SELECT max(position) FROM log_claims WHERE log = ? AND key = ?");
    select.setInt(1, state.number);
    select.setBytes(2, claim.bytes());
    try (ResultSet result = select.executeQuery()) {
      return result.getLong(1);
    }
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
    return scan(
        log,
        "SELECT key, 0, position FROM log_claims WHERE log = ? ORDER BY key, position",
        PendingIndex::sortedClaims,
        sink);
  }

  @Override
  public long scanStreams(LogId log, Consumer<IndexEntry> sink) {
    return scan(
        log,
        "SELECT key, revision, position FROM log_streams WHERE log = ? ORDER BY key, revision",
        PendingIndex::sortedStreams,
        sink);
  }

  private interface PendingEntries {
    List<IndexEntry> of(PendingIndex pending);
  }

  /** Merges what is flushed with what is pending. */
  private long scan(LogId log, String sql, PendingEntries entries, Consumer<IndexEntry> sink) {
    return reading(
        "audit the index of",
        log,
        0L,
        (lent, state) -> {
          // One transaction for everything that is read: another process may flush meanwhile, and
          // each entry must be in exactly one of what is pending and what is flushed.
          lent.connection().setAutoCommit(false);
          try {
            return scan(lent, state, sql, entries, sink);
          } finally {
            lent.connection().setAutoCommit(true);
          }
        });
  }

  private static long scan(
      ReadConnections.Lent lent,
      LogState state,
      String sql,
      PendingEntries entries,
      Consumer<IndexEntry> sink)
      throws SQLException {
    PreparedStatement select = lent.statement(sql);
    select.setInt(1, state.number);
    List<IndexEntry> pending;
    long covered;
    ResultSet flushed;
    // This process commits and clears what it flushed under this lock too.
    synchronized (state) {
      catchUp(lent, state);
      pending = entries.of(state.pending);
      covered = state.pendingTo;
      flushed = select.executeQuery();
    }
    Iterator<IndexEntry> later = pending.iterator();
    @Nullable IndexEntry next = later.hasNext() ? later.next() : null;
    try (flushed) {
      while (flushed.next()) {
        IndexEntry entry =
            new IndexEntry(
                IndexKey.of(requireKey(bytes(flushed, 1)), 0),
                flushed.getLong(2),
                flushed.getLong(3));
        while (next != null && next.key().compareTo(entry.key()) < 0) {
          sink.accept(next);
          next = later.hasNext() ? later.next() : null;
        }
        sink.accept(entry);
      }
    }
    while (next != null) {
      sink.accept(next);
      next = later.hasNext() ? later.next() : null;
    }
    return covered;
  }

  private static byte[] requireKey(byte[] key) {
    if (key.length != Row.KEY_BYTES) {
      throw StorageFailed.damaged("an index key has %d bytes".formatted(key.length));
    }
    return key;
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
    return new Row(
        result.getLong(1) & MAX_POSITION,
        bytes(result, 2),
        bytes(result, 3),
        result.getBytes(4),
        bytes(result, 5));
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
      replay(lent.statement(ROW_COLUMNS + "WHERE place > ? AND place <= ? ORDER BY place"), state);
    }
  }

  private static void replay(PreparedStatement select, LogState state) throws SQLException {
    select.setLong(1, state.place(state.pendingTo));
    select.setLong(2, state.place(MAX_POSITION));
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
                  ROW_COLUMNS + "WHERE place > ? AND place <= ? ORDER BY place")) {
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
    return state;
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
