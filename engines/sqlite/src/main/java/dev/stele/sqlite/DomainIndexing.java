package dev.stele.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Fills what domains index of the logs in a file, beside the appends.
 *
 * <pre>
 *   flush ──reached──► wanted ──► one thread: read some rows          while commits go on
 *                                             take a turn, write      between two commits
 *                                             until there is no more
 * </pre>
 *
 * <p>What it writes is not synced by itself, and goes to the disk with the next commit; it can be
 * filled again. Its connection never moves the write-ahead log into the database, so that no sync
 * is ever its to fail. A failure is logged, and the work is taken up with the next flush. Without
 * scripts it does nothing. Thread-safe.
 */
final class DomainIndexing implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.sqlite");

  /** 32 steps on closing: all that one flush leaves, and some tens of milliseconds each. */
  private static final int STEPS_ON_CLOSING = 32;

  private final Schema schema;
  private final DomainScripts scripts;

  /** Held through each commit to the file. */
  private final ReentrantLock turn;

  /** Guarded by this: up to which place each log is to be indexed. */
  private final Map<Integer, Long> wanted = new LinkedHashMap<>();

  /** Guarded by this. */
  private @Nullable Thread thread;

  /** Guarded by this. */
  private boolean stopping;

  DomainIndexing(Schema schema, DomainScripts scripts, ReentrantLock turn) {
    this.schema = schema;
    this.scripts = scripts;
    this.turn = turn;
  }

  /** Says that the indexes of a log reach up to a place, as the file has it. */
  synchronized void reached(int log, long place) {
    if (scripts.indexNothing() || stopping) {
      return;
    }
    wanted.merge(log, place, Math::max);
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("stele-index").start(this::run);
    }
  }

  private synchronized Map.@Nullable Entry<Integer, Long> next() {
    if (stopping || wanted.isEmpty()) {
      thread = null;
      return null;
    }
    Map.Entry<Integer, Long> first = Map.copyOf(wanted).entrySet().iterator().next();
    wanted.remove(first.getKey());
    return first;
  }

  private synchronized boolean goOn() {
    return !stopping;
  }

  // The top of the thread.
  private void run() {
    try (Connection connection = open()) {
      for (var log = next(); log != null; log = next()) {
        boolean more = true;
        while (more && goOn()) {
          more = step(connection, log.getKey(), log.getValue());
        }
      }
    } catch (SQLException | RuntimeException e) {
      LOGGER.log(System.Logger.Level.WARNING, "what domains index is behind its log", e);
      synchronized (this) {
        thread = null;
      }
    }
  }

  private Connection open() throws SQLException {
    Connection connection = schema.openWriting(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_autocheckpoint = 0");
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Indexes some rows, and tells whether there may be more. */
  private boolean step(Connection connection, int log, long place) throws SQLException {
    scripts.read(connection, log, place);
    connection.commit();
    turn.lock();
    try (PreparedStatement takeLock = connection.prepareStatement(Schema.TAKE_WRITE_LOCK)) {
      takeLock.executeUpdate();
      boolean more = scripts.write(connection, log, place);
      connection.commit();
      return more;
    } finally {
      turn.unlock();
    }
  }

  /** Lets the thread come to its end; nothing is taken up after it. Not for who has the turn. */
  @Override
  public void close() {
    Thread last;
    synchronized (this) {
      stopping = true;
      last = thread;
    }
    if (last != null) {
      boolean interrupted = false;
      while (last.isAlive()) {
        try {
          last.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What is left when the file is closed, if it is little, so that others find it indexed. */
  void finish(Map<Integer, Long> logs) {
    if (scripts.indexNothing()) {
      return;
    }
    try (Connection connection = open()) {
      for (Map.Entry<Integer, Long> log : logs.entrySet()) {
        int steps = 0;
        while (steps < STEPS_ON_CLOSING && step(connection, log.getKey(), log.getValue())) {
          steps++;
        }
      }
    } catch (SQLException e) {
      LOGGER.log(System.Logger.Level.WARNING, "what domains index is behind its log", e);
    }
  }
}
