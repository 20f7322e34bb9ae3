package dev.stele.sqlite;

import dev.stele.core.engine.LogClosed;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * A few connections for readers, each with its prepared statements, lent to one thread at a time.
 *
 * <p>Bounded: a caller that finds none free waits. Thread-safe.
 */
final class ReadConnections {
  /** More readers than processors do not read faster; each holds a page cache of its own. */
  private static final int MAX_CONNECTIONS =
      Math.max(4, Runtime.getRuntime().availableProcessors());

  interface Opener {
    Connection open() throws SQLException;
  }

  interface Work<T> {
    T run(Lent connection) throws SQLException;
  }

  /** A connection with the statements that were prepared on it. Confined to its borrower. */
  static final class Lent {
    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    Lent(Connection connection) {
      this.connection = connection;
    }

    PreparedStatement statement(String sql) throws SQLException {
      PreparedStatement known = statements.get(sql);
      if (known == null) {
        known = connection.prepareStatement(sql);
        statements.put(sql, known);
      }
      return known;
    }

    Connection connection() {
      return connection;
    }
  }

  private final Opener opener;
  private final Semaphore places = new Semaphore(MAX_CONNECTIONS);

  /** Guarded by itself. */
  private final Deque<Lent> idle = new ArrayDeque<>();

  /**
   * Set while a thread has a connection. One that reads again meanwhile, as the audit of an index
   * does for single rows, must not wait for a place: all places may be held by such as itself.
   */
  private final ThreadLocal<Boolean> reading = ThreadLocal.withInitial(() -> false);

  private volatile boolean closed;

  ReadConnections(Opener opener) {
    this.opener = opener;
  }

  <T> T read(Work<T> work) throws SQLException {
    if (reading.get()) {
      return readInTurn(work);
    }
    places.acquireUninterruptibly();
    reading.set(true);
    try {
      return readInTurn(work);
    } finally {
      reading.remove();
      places.release();
    }
  }

  /** Work that no reader may be beside. */
  interface Alone {
    void run() throws SQLException;
  }

  /** Waits until every reader is done, keeps new ones out, and closes idle connections. */
  void alone(Alone work) throws SQLException {
    places.acquireUninterruptibly(MAX_CONNECTIONS);
    try {
      Deque<Lent> left;
      synchronized (idle) {
        left = new ArrayDeque<>(idle);
        idle.clear();
      }
      for (Lent lent : left) {
        lent.connection.close();
      }
      work.run();
    } finally {
      places.release(MAX_CONNECTIONS);
    }
  }

  private <T> T readInTurn(Work<T> work) throws SQLException {
    Lent lent = borrow();
    boolean sound = false;
    try {
      T result = work.run(lent);
      sound = true;
      return result;
    } finally {
      giveBack(lent, sound);
    }
  }

  private Lent borrow() throws SQLException {
    synchronized (idle) {
      if (closed) {
        throw new LogClosed("this SQLite engine was closed");
      }
      Lent lent = idle.pollFirst();
      if (lent != null) {
        return lent;
      }
    }
    return new Lent(opener.open());
  }

  private void giveBack(Lent lent, boolean sound) throws SQLException {
    synchronized (idle) {
      if (sound && !closed) {
        idle.addFirst(lent);
        return;
      }
    }
    lent.connection.close();
  }

  void close() throws SQLException {
    Deque<Lent> left;
    synchronized (idle) {
      closed = true;
      left = new ArrayDeque<>(idle);
      idle.clear();
    }
    // Those that are lent out are closed by their borrowers; wait for them.
    places.acquireUninterruptibly(MAX_CONNECTIONS);
    places.release(MAX_CONNECTIONS);
    for (Lent lent : left) {
      lent.connection.close();
    }
  }
}
