package dev.stele.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Connections to one schema of one database, and what goes wrong with them in our words.
 *
 * <p>Work takes one of a bounded pool and gives it back. What lasts long, and may ask for other
 * work meanwhile, takes a connection aside, so that no number of them can starve the pool.
 * Thread-safe.
 */
final class Connections implements AutoCloseable {
  /**
   * 5 seconds for a free connection: a server that is not back by then is down, and callers who
   * wait longer for each other are too many.
   */
  private static final long BORROW_MILLIS = 5_000;

  /** Something to be done on a connection. */
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  private final String name;
  private final PGSimpleDataSource source;
  private final HikariDataSource pool;
  private final Set<Connection> aside = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  Connections(PostgresAddress address, PostgresOptions options) {
    this.name = address + " schema " + options.schema();
    this.source = address.source(options.schema());
    HikariConfig config = new HikariConfig();
    config.setDataSource(source);
    config.setPoolName("stele");
    config.setMaximumPoolSize(options.poolSize());
    config.setMinimumIdle(1);
    config.setConnectionTimeout(BORROW_MILLIS);
    // Whoever made this has connected before, and has said what was wrong.
    config.setInitializationFailTimeout(-1);
    this.pool = new HikariDataSource(config);
  }

  void requireOpen() {
    if (closed) {
      throw new LogClosed("%s was closed; open it again".formatted(name));
    }
  }

  /** Borrows a connection; to be closed, which gives it back. Each statement is a transaction. */
  Connection borrow() throws SQLException {
    requireOpen();
    return pool.getConnection();
  }

  /**
   * Reads. When the connection turns out to be dead, as all are after the server was restarted, a
   * new one is tried once: a read changes nothing.
   */
  <T> T read(String what, Work<T> work) {
    try {
      try (Connection connection = borrow()) {
        return work.run(connection);
      } catch (SQLException e) {
        // Without a new connection there is nothing to try again on.
        if (closed || !isConnectionLost(e) || e instanceof SQLTransientConnectionException) {
          throw e;
        }
        pool.getHikariPoolMXBean().softEvictConnections();
      }
      try (Connection connection = borrow()) {
        return work.run(connection);
      }
    } catch (SQLException e) {
      throw failed(what, e);
    }
  }

  /** Changes something in one transaction; whatever is thrown undoes it. */
  <T> T change(String what, Work<T> work) {
    try (Connection connection = borrow()) {
      connection.setAutoCommit(false);
      T done = work.run(connection);
      connection.commit();
      return done;
    } catch (SQLException e) {
      throw failed(what, e);
    }
  }

  /** Does work on a connection outside of the pool, which is closed afterwards. */
  <T> T aside(String what, Work<T> work) {
    requireOpen();
    try (Connection connection = source.getConnection()) {
      aside.add(connection);
      try {
        requireOpen();
        return work.run(connection);
      } finally {
        aside.remove(connection);
      }
    } catch (SQLException e) {
      throw failed(what, e);
    }
  }

  /** Says what failed. After a lost connection the others of the pool are not trusted either. */
  RuntimeException failed(String what, SQLException cause) {
    if (closed) {
      return new LogClosed("%s was closed while it was asked to %s".formatted(name, what));
    }
    if (isConnectionLost(cause)) {
      pool.getHikariPoolMXBean().softEvictConnections();
    }
    return failed(name, what, cause);
  }

  /** The same before there is a pool. */
  static StorageFailed failed(String name, String what, SQLException cause) {
    String message = "could not %s %s: %s".formatted(what, name, cause.getMessage());
    return switch (String.valueOf(cause.getSQLState())) {
      case "XX001", "XX002" -> StorageFailed.damaged(message + "; verify it", cause);
      case "42501" ->
          new StorageFailed(
              message + "; grant the role what it lacks, or connect as the schema's owner", cause);
      default -> new StorageFailed(message, cause);
    };
  }

  /** Whether the cause lies with the server or the way to it, not with what was asked. */
  static boolean isPassing(@Nullable Throwable cause) {
    if (!(cause instanceof SQLException failure)) {
      return false;
    }
    String state = String.valueOf(failure.getSQLState());
    return isConnectionLost(failure)
        || state.startsWith("40")
        || state.startsWith("53")
        || state.startsWith("55")
        || state.startsWith("58");
  }

  private static boolean isConnectionLost(SQLException failure) {
    String state = String.valueOf(failure.getSQLState());
    return state.startsWith("08") || state.startsWith("57P");
  }

  String name() {
    return name;
  }

  /** Closes everything, also what is in use. Idempotent. */
  @Override
  public void close() {
    closed = true;
    pool.close();
    for (Connection each : aside) {
      try {
        each.abort(Runnable::run);
      } catch (SQLException e) {
        throw new StorageFailed("a connection to %s could not be closed".formatted(name), e);
      }
    }
  }
}
