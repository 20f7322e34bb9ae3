package dev.stele.bench;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.UUID;

/** Events of streams in one SQLite table, as one would write it by hand. Callers take turns. */
final class PlainStreams implements AutoCloseable {
  private final Connection connection;
  private final PreparedStatement insert;
  private final PreparedStatement select;
  private long number;

  private PlainStreams(Connection connection) throws SQLException {
    this.connection = connection;
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute(
          "CREATE TABLE events (event_id TEXT PRIMARY KEY, stream_id TEXT NOT NULL, message_json"
              + " TEXT NOT NULL, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, created_at DATETIME"
              + " DEFAULT CURRENT_TIMESTAMP)");
      statement.execute("CREATE INDEX idx_stream_timestamp ON events(stream_id, timestamp)");
      statement.execute("CREATE INDEX idx_timestamp ON events(timestamp)");
    }
    insert =
        connection.prepareStatement(
            "INSERT INTO events (event_id, stream_id, message_json, timestamp) VALUES (?, ?, ?,"
                + " ?)");
    select =
        connection.prepareStatement(
            "SELECT event_id, message_json, timestamp FROM events WHERE stream_id = ? AND rowid > ?"
                + " ORDER BY rowid LIMIT ?");
  }

  /** A new table in a new file. */
  static PlainStreams in(Path file) throws SQLException {
    return new PlainStreams(DriverManager.getConnection("jdbc:sqlite:" + file));
  }

  /** Inserts one event and commits it. */
  synchronized long insert(String stream, String message) throws SQLException {
    insert.setString(1, new UUID(number++ * 0x9E3779B97F4A7C15L, number).toString());
    insert.setString(2, stream);
    insert.setString(3, message);
    insert.setString(4, Instant.now().toString());
    return insert.executeUpdate();
  }

  /** Reads events of a stream behind a row. */
  synchronized long select(String stream, long after, int limit) throws SQLException {
    select.setString(1, stream);
    select.setLong(2, after);
    select.setInt(3, limit);
    long read = 0;
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        read +=
            rows.getString(1).isEmpty()
                    || rows.getString(2).isEmpty()
                    || rows.getString(3).isEmpty()
                ? 0
                : 1;
      }
    }
    return read;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
