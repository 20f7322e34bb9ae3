package dev.stele.postgres;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Described;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Erasable;
import dev.stele.core.engine.FindsMany;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Restorable;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.SelfChecking;
import dev.stele.core.engine.SharedEngine;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.Trimmable;
import dev.stele.core.engine.TrimmedPrefix;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewStatus;
import dev.stele.core.view.ViewStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;

/**
 * Logs in one schema of a PostgreSQL database.
 *
 * <p>A commit is one call of one SQL function in one round trip: it locks the log's head row,
 * compares and moves it, and stores rows, indexes, tiles and checkpoint; what inline views put goes
 * along. That lock orders all writers of a log, in this process and in any other, so positions have
 * no gap and never become visible out of order; who comes with an old head is told where the log
 * ends.
 *
 * <p>{@code DURABLE} waits for the server's write-ahead log; weaker levels do not ({@code
 * synchronous_commit = off}) and are answered with {@code OS}. On a server that runs without {@code
 * fsync} nothing is stronger than {@code OS}, and the ack says so.
 *
 * <p>Thread-safe as {@link LogEngine} says. No read leaves a transaction open.
 */
public final class PostgresLogEngine
    implements LogEngine,
        SharedEngine,
        FindsMany,
        Erasable,
        Trimmable,
        Restorable,
        Compactable,
        SelfChecking,
        Described {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.postgres");

  /** How many entries of an index come at once while all of them are gone through. */
  private static final int ENTRIES_AT_A_TIME = 2_000;

  /** 50 milliseconds: 20 questions a second for all who wait, each a look at one row. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  /** Whether an engine writes. */
  private enum Use {
    WRITE,
    READ
  }

  private final Connections connections;
  private final String schema;
  private final Use use;
  private final RowQuery rows;
  private final Durability strongest;
  private final InlineViews views;
  private final Map<LogId, Integer> numbers = new ConcurrentHashMap<>();

  /** Shared by commits, alone for closing: a commit that has begun is answered. */
  private final ReadWriteLock life = new ReentrantReadWriteLock();

  private PostgresLogEngine(
      Connections connections,
      PostgresOptions options,
      Use use,
      Durability strongest,
      List<View> views) {
    this.connections = connections;
    this.schema = options.schema();
    this.use = use;
    this.rows = new RowQuery(schema);
    this.strongest = strongest;
    this.views = new InlineViews(schema, views, rows);
  }

  /** Opens a schema to write, making it where it is not there, without inline views. */
  public static PostgresLogEngine openWriter(String uri) {
    return openWriter(uri, PostgresOptions.DEFAULT, List.of());
  }

  /**
   * Opens a schema to write, making it where it is not there. Others may write it too.
   *
   * @param uri {@code postgres://USER:PASSWORD@HOST:PORT/DATABASE}; what it says of schema and pool
   *     counts more than the options
   * @param inline views that move in the log's own transactions, for the log {@link LogId#MAIN}
   * @throws IllegalArgumentException when the URI is not of the form
   * @throws StorageFailed when the server cannot be reached, is too old, or refuses
   */
  public static PostgresLogEngine openWriter(
      String uri, PostgresOptions options, List<View> inline) {
    return open(PostgresAddress.parse(uri), options, Use.WRITE, inline, List.of());
  }

  /**
   * Opens a schema to read; nothing is made or changed.
   *
   * @param inline the views that {@link #readView} is to answer from
   * @throws StorageFailed when there is no log
   */
  public static PostgresLogEngine openReader(
      String uri, PostgresOptions options, List<View> inline) {
    return open(PostgresAddress.parse(uri), options, Use.READ, inline, List.of());
  }

  static PostgresLogEngine open(
      PostgresAddress address,
      PostgresOptions options,
      boolean readOnly,
      List<View> inline,
      List<StorageRequest.Script> scripts) {
    return open(address, options, readOnly ? Use.READ : Use.WRITE, inline, scripts);
  }

  private static PostgresLogEngine open(
      PostgresAddress address,
      PostgresOptions defaults,
      Use use,
      List<View> inline,
      List<StorageRequest.Script> scripts) {
    PostgresOptions options = address.options(defaults);
    String name = address + " schema " + options.schema();
    Durability strongest;
    try {
      PostgresSchema made =
          new PostgresSchema(address.source(options.schema()), options.schema(), name);
      switch (use) {
        case WRITE -> made.make(scripts);
        case READ -> made.require();
      }
      strongest = made.strongest();
    } catch (SQLException e) {
      throw Connections.failed(name, "open", e);
    }
    Connections connections = new Connections(address, options);
    PostgresLogEngine engine = new PostgresLogEngine(connections, options, use, strongest, inline);
    try {
      engine.attachViews();
      return engine;
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  private void attachViews() {
    try (Connection connection = connections.borrow()) {
      int main = use == Use.WRITE ? numberForWriting(connection, LogId.MAIN) : 0;
      switch (use) {
        case WRITE -> views.attach(connection, main);
        case READ -> views.look(connection);
      }
    } catch (SQLException e) {
      throw connections.failed("keep the views of", e);
    }
  }

  /** The connections, for what stands beside the log in the same schema. */
  Connections connections() {
    return connections;
  }

  @Override
  public Durability strongest() {
    return strongest;
  }

  @Override
  public Duration lookEvery() {
    return LOOK_EVERY;
  }

  @Override
  public Head head(LogId log) {
    return connections.read(
        "find the end of log " + log + " in", connection -> head(connection, log));
  }

  private Head head(Connection connection, LogId log) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT size, link FROM \"" + schema + "\".stele_logs WHERE name = ?")) {
      select.setString(1, log.name());
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? new Head(row.getLong(1), RowQuery.bytes(row, 2))
            : new Head(0, new byte[0]);
      }
    }
  }

  @Override
  public List<String> tables() {
    return catalog("SELECT tablename FROM pg_tables WHERE schemaname = ? ORDER BY tablename");
  }

  @Override
  public List<String> indexes() {
    return catalog("SELECT indexname FROM pg_indexes WHERE schemaname = ? ORDER BY indexname");
  }

  private List<String> catalog(String sql) {
    return connections.read(
        "look at the schema of",
        connection -> {
          try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, schema);
            List<String> names = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                names.add(rows.getString(1));
              }
            }
            return names;
          }
        });
  }

  // ---- committing ----

  /** Something done in a transaction on a log. */
  private interface LogChange {
    void run(Connection connection, int log) throws SQLException;
  }

  /** What a commit drops besides what it adds, in its transaction. */
  private sealed interface Dropped {
    /** Nothing. */
    record Nothing() implements Dropped {}

    /** Bodies, of which the views are to forget what they told. */
    record Bodies(List<PositionRange> ranges) implements Dropped {}

    /** The first rows; what views told of them stays. */
    record Prefix(long upTo) implements Dropped {}
  }

  @Override
  public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
    return commit(log, expected, batch, durability, new Dropped.Nothing());
  }

  @Override
  public CommitResult commitErasing(
      LogId log, Head expected, Batch batch, List<PositionRange> erased, Durability durability) {
    return commit(log, expected, batch, durability, new Dropped.Bodies(erased));
  }

  @Override
  public CommitResult commitTrimming(
      LogId log, Head expected, Batch batch, long upTo, Durability durability) {
    if (upTo >= expected.size()) {
      throw new IllegalArgumentException(
          "trimming up to %d leaves nothing of %d events".formatted(upTo, expected.size()));
    }
    return commit(log, expected, batch, durability, new Dropped.Prefix(upTo));
  }

  /**
   * {@inheritDoc}
   *
   * @throws UnsupportedOperationException when views move with the log {@code MAIN}: they would
   *     begin in its middle
   */
  @Override
  public CommitResult commitBehind(
      LogId log, TrimmedPrefix prefix, Batch batch, Durability durability) {
    requireWriter();
    batch.requireContinues(prefix.head());
    if (log.equals(LogId.MAIN) && !views.isEmpty()) {
      throw new UnsupportedOperationException(
          "a trimmed log is put back without its views, which are replayed afterwards");
    }
    Lock begun = life.readLock();
    begun.lock();
    try (Connection connection = connections.borrow()) {
      int number = numberForWriting(connection, log);
      connection.setAutoCommit(false);
      try {
        if (!beginBehind(connection, number, prefix.head())) {
          connection.rollback();
          return new CommitResult.HeadMoved(head(connection, log));
        }
        TrimmedRest.insert(connection, schema, number, prefix);
        boolean durable = durability == Durability.DURABLE;
        CommitCall.Answer answer =
            new CommitCall(number, prefix.head(), batch, durable)
                .run(connection, schema, List.of(), List.of());
        connection.commit();
        return answer.committed()
            ? new CommitResult.Committed(durable ? strongest : Durability.OS)
            : new CommitResult.HeadMoved(answer.head());
      } catch (SQLException | RuntimeException e) {
        rollBack(connection);
        throw e;
      }
    } catch (SQLException e) {
      throw connections.failed("begin log " + log + " in", e);
    } finally {
      begun.unlock();
    }
  }

  private boolean beginBehind(Connection connection, int number, Head head) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE \""
                + schema
                + "\".stele_logs SET size = ?, link = ? WHERE number = ? AND size = 0")) {
      update.setLong(1, head.size());
      update.setBytes(2, head.link());
      update.setInt(3, number);
      return update.executeUpdate() == 1;
    }
  }

  private CommitResult commit(
      LogId log, Head expected, Batch batch, Durability durability, Dropped dropped) {
    requireWriter();
    batch.requireContinues(expected);
    Lock begun = life.readLock();
    begun.lock();
    try {
      connections.requireOpen();
      try (Connection connection = connections.borrow()) {
        int number = numberForWriting(connection, log);
        boolean durable = durability == Durability.DURABLE;
        CommitCall call = new CommitCall(number, expected, batch, durable);
        CommitCall.Answer answer;
        if (log.equals(LogId.MAIN) && !views.isEmpty()) {
          answer = views.alone(() -> withViews(connection, number, call, batch.rows(), dropped));
        } else {
          answer = withoutViews(connection, number, call, dropped);
        }
        return answer.committed()
            ? new CommitResult.Committed(durable ? strongest : Durability.OS)
            : new CommitResult.HeadMoved(answer.head());
      } catch (SQLException e) {
        throw connections.failed("append to log " + log + " in", e);
      }
    } finally {
      begun.unlock();
    }
  }

  private void requireWriter() {
    if (use == Use.READ) {
      throw new IllegalStateException(connections.name() + " was opened to read");
    }
  }

  /**
   * The call alone is a transaction; a drop makes it two calls and so a transaction around them.
   */
  private CommitCall.Answer withoutViews(
      Connection connection, int number, CommitCall call, Dropped dropped) throws SQLException {
    if (dropped instanceof Dropped.Nothing) {
      return call.run(connection, schema, List.of(), List.of());
    }
    connection.setAutoCommit(false);
    try {
      CommitCall.Answer answer = call.run(connection, schema, List.of(), List.of());
      if (answer.committed()) {
        drop(connection, number, dropped);
      }
      connection.commit();
      return answer;
    } catch (SQLException | RuntimeException e) {
      rollBack(connection);
      throw e;
    }
  }

  /**
   * Commits with the views that move along. One that fails is left out, and the transaction is made
   * again without it: seldom, and so nobody pays for savepoints.
   */
  private CommitCall.Answer withViews(
      Connection connection, int number, CommitCall call, List<Row> batch, Dropped dropped)
      throws SQLException {
    if (dropped instanceof Dropped.Nothing) {
      Optional<CommitCall.Answer> done = atOnce(connection, call, batch);
      if (done.isPresent()) {
        return done.get();
      }
    }
    connection.setAutoCommit(false);
    while (true) {
      try {
        CommitCall.Answer answer = call.run(connection, schema, views.moving(), List.of());
        if (answer.committed()) {
          drop(connection, number, dropped);
          switch (dropped) {
            case Dropped.Bodies _ -> views.forget(connection, number, batch, answer.moved());
            case Dropped.Nothing _, Dropped.Prefix _ ->
                views.apply(connection, number, batch, answer.moved());
          }
        }
        connection.commit();
        return answer;
      } catch (InlineViews.ViewFailed e) {
        connection.rollback();
        if (dropped instanceof Dropped.Bodies) {
          // A view that kept on telling would be worse than an erase that must be tried again.
          throw new StorageFailed(
              "view %s cannot forget, so nothing was erased: %s".formatted(e.view(), e.reason()),
              e);
        }
        views.detach(e);
      } catch (SQLException | RuntimeException e) {
        rollBack(connection);
        throw e;
      }
    }
  }

  /**
   * Commits with the views in one round trip, when they need no look at their tables. The server
   * refuses all of it when the head or a view is not where it was; then it is done step by step.
   */
  private Optional<CommitCall.Answer> atOnce(
      Connection connection, CommitCall call, List<Row> batch) throws SQLException {
    Optional<List<SqlTables.Write>> behind = views.gather(connection, batch);
    if (behind.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(call.run(connection, schema, views.moving(), behind.get()));
    } catch (SQLException e) {
      if (Connections.isPassing(e)) {
        throw e;
      }
      LOGGER.log(System.Logger.Level.DEBUG, "a commit is done step by step", e);
      return Optional.empty();
    }
  }

  private void drop(Connection connection, int number, Dropped dropped) throws SQLException {
    switch (dropped) {
      case Dropped.Nothing() -> {}
      case Dropped.Bodies(List<PositionRange> ranges) -> erase(connection, number, ranges);
      case Dropped.Prefix(long upTo) -> {
        try (PreparedStatement trim =
            connection.prepareStatement("SELECT \"" + schema + "\".stele_trim(?, ?)")) {
          trim.setInt(1, number);
          trim.setLong(2, upTo);
          trim.execute();
        }
      }
    }
  }

  private void erase(Connection connection, int number, List<PositionRange> ranges)
      throws SQLException {
    try (PreparedStatement erase =
        connection.prepareStatement(
            "SELECT \""
                + schema
                + "\".stele_erase(?, r.first, r.last)"
                + " FROM unnest(?::bigint[], ?::bigint[]) AS r (first, last)")) {
      erase.setInt(1, number);
      erase.setArray(
          2,
          connection.createArrayOf(
              "int8", ranges.stream().map(PositionRange::first).toArray(Long[]::new)));
      erase.setArray(
          3,
          connection.createArrayOf(
              "int8", ranges.stream().map(PositionRange::last).toArray(Long[]::new)));
      erase.execute();
    }
  }

  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "a failed commit was rolled back by the server", e);
    }
  }

  /** The number of a log, which is made where it is not there. */
  private int numberForWriting(Connection connection, LogId log) throws SQLException {
    Optional<Integer> known = number(connection, log);
    if (known.isPresent()) {
      return known.get();
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO \"" + schema + "\".stele_logs (name) VALUES (?) ON CONFLICT DO NOTHING")) {
      insert.setString(1, log.name());
      insert.executeUpdate();
    }
    return number(connection, log)
        .orElseThrow(() -> new StorageFailed("log %s could not be made".formatted(log)));
  }

  private Optional<Integer> number(Connection connection, LogId log) throws SQLException {
    Integer known = numbers.get(log);
    if (known != null) {
      return Optional.of(known);
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT number FROM \"" + schema + "\".stele_logs WHERE name = ?")) {
      select.setString(1, log.name());
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        int number = row.getInt(1);
        numbers.put(log, number);
        return Optional.of(number);
      }
    }
  }

  // ---- inline views ----

  /** How far each inline view is, in the order they were given. */
  public List<ViewStatus> inlineViews() {
    return connections.read(
        "list the views of",
        connection -> views.status(connection, head(connection, LogId.MAIN).size()));
  }

  /**
   * Reads an inline view: rows, and the position they reflect, as of one moment.
   *
   * @throws IllegalArgumentException when no view of that name was given, or it is not kept here
   */
  public <T> ViewStore.Answer<T> readView(String view, ViewStore.Reading<T> reading) {
    return connections.read(
        "read view " + view + " in", connection -> views.read(connection, view, reading));
  }

  /** Lets a detached view go on where it stands. */
  public void retryView(String view) {
    withMain(
        "retry view " + view + " in", (connection, main) -> views.retry(connection, main, view));
  }

  /**
   * Empties a view and replays it from the log, in one transaction: who reads it sees the old rows
   * until all new ones are there. Appends wait meanwhile. A view that was detached is attached
   * again.
   *
   * @throws StorageFailed when the view cannot be replayed; it is then what it was before
   */
  public void rebuildView(String view) {
    withMain(
        "rebuild view " + view + " in",
        (connection, main) -> views.rebuild(connection, main, view));
  }

  private void withMain(String what, LogChange work) {
    requireWriter();
    Lock begun = life.readLock();
    begun.lock();
    try (Connection connection = connections.borrow()) {
      work.run(connection, numberForWriting(connection, LogId.MAIN));
    } catch (SQLException e) {
      throw connections.failed(what, e);
    } finally {
      begun.unlock();
    }
  }

  // ---- reading ----

  private interface LogWork<T> {
    T run(Connection connection, int log) throws SQLException;
  }

  /** Reads of one log; {@code none} is the answer where there is no such log. */
  private <T> T reading(String what, LogId log, T none, LogWork<T> work) {
    return connections.read(
        what + " log " + log + " in",
        connection -> {
          Optional<Integer> number = number(connection, log);
          return number.isEmpty() ? none : work.run(connection, number.get());
        });
  }

  @Override
  public List<Row> read(LogId log, long after, int limit) {
    return reading(
        "read",
        log,
        List.of(),
        (connection, number) -> rows.after(connection, number, after, limit));
  }

  @Override
  public List<Row> readStream(LogId log, IndexKey stream, long afterRevision, int limit) {
    return reading(
        "read a stream of",
        log,
        List.of(),
        (connection, number) ->
            rows.ofStream(connection, number, stream.bytes(), afterRevision, limit));
  }

  @Override
  public long lastRevision(LogId log, IndexKey stream) {
    return reading(
        "find a stream of",
        log,
        0L,
        (connection, number) ->
            last(
                connection,
                number,
                stream,
                "SELECT revision FROM \""
                    + schema
                    + "\".stele_streams WHERE log = ? AND key = ? ORDER BY revision DESC LIMIT 1"));
  }

  @Override
  public long find(LogId log, IndexKey claim) {
    return reading(
        "find a claim of",
        log,
        0L,
        (connection, number) ->
            last(
                connection,
                number,
                claim,
                "SELECT position FROM \""
                    + schema
                    + "\".stele_claims WHERE log = ? AND key = ? ORDER BY position DESC LIMIT 1"));
  }

  @Override
  public Map<IndexKey, Long> findAll(LogId log, Collection<IndexKey> claims) {
    return reading(
        "find claims of",
        log,
        Map.of(),
        (connection, number) -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT key, max(position) FROM \""
                      + schema
                      + "\".stele_claims WHERE log = ? AND key = ANY (?) GROUP BY key")) {
            select.setInt(1, number);
            select.setArray(
                2,
                connection.createArrayOf(
                    "bytea", claims.stream().map(IndexKey::bytes).toArray(byte[][]::new)));
            Map<IndexKey, Long> found = new HashMap<>();
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                found.put(IndexKey.of(RowQuery.bytes(rows, 1), 0), rows.getLong(2));
              }
            }
            return found;
          }
        });
  }

  private static long last(Connection connection, int log, IndexKey key, String sql)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setInt(1, log);
      select.setBytes(2, key.bytes());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  @Override
  public Optional<Tile> tile(LogId log, int level, long index) {
    return reading(
        "read a tile of",
        log,
        Optional.empty(),
        (connection, number) -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT hashes FROM \""
                      + schema
                      + "\".stele_tiles WHERE log = ? AND level = ? AND number = ?")) {
            select.setInt(1, number);
            select.setInt(2, level);
            select.setLong(3, index);
            try (ResultSet row = select.executeQuery()) {
              return row.next()
                  ? Optional.of(new Tile(level, index, RowQuery.bytes(row, 1)))
                  : Optional.empty();
            }
          }
        });
  }

  @Override
  public List<StoredCheckpoint> checkpoints(LogId log, long fromSize, int limit) {
    return reading(
        "read the checkpoints of",
        log,
        List.of(),
        (connection, number) ->
            checkpoints(
                connection,
                number,
                "SELECT DISTINCT ON (size) size, note FROM \""
                    + schema
                    + "\".stele_checkpoints WHERE log = ? AND size >= ?"
                    + " ORDER BY size, number DESC LIMIT ?",
                fromSize,
                limit));
  }

  @Override
  public Optional<StoredCheckpoint> latestCheckpoint(LogId log) {
    return reading(
        "read the checkpoint of",
        log,
        Optional.empty(),
        (connection, number) ->
            checkpoints(
                    connection,
                    number,
                    "SELECT size, note FROM \""
                        + schema
                        + "\".stele_checkpoints WHERE log = ? AND size >= ?"
                        + " ORDER BY size DESC, number DESC LIMIT ?",
                    0,
                    1)
                .stream()
                .findFirst());
  }

  private static List<StoredCheckpoint> checkpoints(
      Connection connection, int log, String sql, long fromSize, int limit) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setInt(1, log);
      select.setLong(2, fromSize);
      select.setInt(3, limit);
      List<StoredCheckpoint> checkpoints = new ArrayList<>();
      try (ResultSet result = select.executeQuery()) {
        while (result.next()) {
          checkpoints.add(new StoredCheckpoint(result.getLong(1), RowQuery.bytes(result, 2)));
        }
      }
      return checkpoints;
    }
  }

  @Override
  public long scanClaims(LogId log, Consumer<IndexEntry> sink) {
    return scan(
        log,
        sink,
        "SELECT key, 0::bigint, position FROM \""
            + schema
            + "\".stele_claims WHERE log = ? ORDER BY key, position");
  }

  @Override
  public long scanStreams(LogId log, Consumer<IndexEntry> sink) {
    return scan(
        log,
        sink,
        "SELECT key, revision, position FROM \""
            + schema
            + "\".stele_streams WHERE log = ? ORDER BY key, revision");
  }

  /** In one snapshot, and a few entries at a time. */
  private long scan(LogId log, Consumer<IndexEntry> sink, String sql) {
    return connections.aside(
        "audit the index of log " + log + " in",
        connection -> {
          connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
          connection.setReadOnly(true);
          connection.setAutoCommit(false);
          long covered = head(connection, log).size();
          Optional<Integer> number = number(connection, log);
          if (number.isPresent()) {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
              select.setFetchSize(ENTRIES_AT_A_TIME);
              select.setInt(1, number.get());
              try (ResultSet entries = select.executeQuery()) {
                while (entries.next()) {
                  sink.accept(
                      new IndexEntry(
                          IndexKey.of(RowQuery.bytes(entries, 1), 0),
                          entries.getLong(2),
                          entries.getLong(3)));
                }
              }
            }
          }
          connection.rollback();
          return covered;
        });
  }

  // ---- the medium ----

  @Override
  public Optional<String> selfCheck() {
    return connections.read("check", connection -> new SchemaCheck(connection, schema).findings());
  }

  /**
   * Rewrites every table of the schema, so that none holds a dropped row, and lets the server write
   * its pages down. The write-ahead log is the server's: it keeps what was written until it
   * recycles its files, which a client can hasten but not enforce.
   *
   * @throws StorageFailed when another session still sees what is to go
   */
  @Override
  public Compacted compact() {
    requireWriter();
    return connections.aside(
        "compact",
        connection -> {
          List<String> tables = tables(connection);
          long before = sizeBytes(connection);
          requireNobodyLooksBack(connection);
          try (Statement statement = connection.createStatement()) {
            for (String table : tables) {
              statement.execute("VACUUM (FULL, ANALYZE) \"" + schema + "\".\"" + table + '"');
            }
            writeDown(statement);
          }
          return new Compacted(before, sizeBytes(connection));
        });
  }

  private List<String> tables(Connection connection) throws SQLException {
    List<String> tables = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                + " WHERE n.nspname = ? AND c.relkind = 'r'"
                + " AND pg_has_role(current_user, c.relowner, 'USAGE') ORDER BY c.relname")) {
      select.setString(1, schema);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          tables.add(rows.getString(1));
        }
      }
    }
    return tables;
  }

  /** A session with an older snapshot would make the server copy what is to go. */
  private void requireNobodyLooksBack(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                    + " AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
                    + " AND xact_start < now() - interval '1 second'")) {
      if (row.next() && row.getLong(1) > 0) {
        throw new StorageFailed(
            "%s cannot be compacted while another session reads an older state of it; try again"
                .formatted(connections.name()));
      }
    }
  }

  /** Asks for a checkpoint, and for a new file of the write-ahead log: where the role may. */
  private static void writeDown(Statement statement) throws SQLException {
    for (String sql : List.of("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")) {
      try {
        statement.execute(sql);
      } catch (SQLException e) {
        if (!"42501".equals(e.getSQLState())) {
          throw e;
        }
        LOGGER.log(
            System.Logger.Level.WARNING,
            "event=write-ahead-log-kept reason=\"the role may not ask for: " + sql + "\"");
      }
    }
  }

  private long sizeBytes(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c"
                + " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                + " WHERE n.nspname = ? AND c.relkind = 'r'")) {
      select.setString(1, schema);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  @Override
  public void close() {
    Lock alone = life.writeLock();
    alone.lock();
    try {
      connections.close();
    } finally {
      alone.unlock();
    }
  }
}
