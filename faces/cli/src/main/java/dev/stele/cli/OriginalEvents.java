package dev.stele.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code events} of an event store that is one SQLite file, opened to be read and never
 * written. Rows come in the order in which they were put there. One thread at a time.
 */
final class OriginalEvents implements AutoCloseable {
  /** A row as it stands there; nothing of it was judged. */
  record Row(
      long number,
      @Nullable String id,
      @Nullable String stream,
      byte @Nullable [] message,
      @Nullable String timestamp) {}

  private final Path database;
  private final Connection connection;
  private final ResultSet rows;
  private long number;

  private OriginalEvents(Path database, Connection connection, ResultSet rows) {
    this.database = database;
    this.connection = connection;
    this.rows = rows;
  }

  static OriginalEvents open(Path database) throws IOException {
    if (!Files.isRegularFile(database)) {
      throw new CannotRun("no-file", "there is no file " + database, "name another file");
    }
    Path wal = Path.of(database + "-wal");
    boolean quiet = !Files.exists(wal) || Files.size(wal) == 0;
    String url =
        "jdbc:sqlite:file:%s?mode=ro%s"
            .formatted(database.toAbsolutePath().toUri().getRawPath(), quiet ? "&immutable=1" : "");
    try {
      Connection connection = DriverManager.getConnection(url);
      try {
        Statement statement = connection.createStatement();
        // The clock of who wrote them may have gone back; the order of rows never does.
        ResultSet rows =
            statement.executeQuery(
                "SELECT event_id, stream_id, CAST(message_json AS BLOB), timestamp FROM events"
                    + " ORDER BY rowid");
        return new OriginalEvents(database, connection, rows);
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw unreadable(database, e);
    }
  }

  private static CannotRun unreadable(Path database, SQLException e) {
    return new CannotRun(
        "not-events",
        "%s has no table events that can be read: %s".formatted(database, e.getMessage()),
        "name another file");
  }

  /** The next row, or null. */
  @Nullable Row next() {
    try {
      if (!rows.next()) {
        return null;
      }
      number++;
      return new Row(
          number, rows.getString(1), rows.getString(2), rows.getBytes(3), rows.getString(4));
    } catch (SQLException e) {
      throw unreadable(database, e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw unreadable(database, e);
    }
  }
}
