package dev.stele.ledger;

import dev.stele.core.engine.StorageFailed;
import dev.stele.ledger.event.SignedEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * A ledger that is nothing but a SQLite table {@code ledger_events}, opened to be read and never
 * written.
 *
 * <p>Rows come in the order of {@code seq_no}, one at a time. One thread at a time.
 */
public final class OriginalLedger implements Iterator<LedgerImport.Candidate>, AutoCloseable {
  private static final List<String> INDEXES =
      List.of("idx_event_id", "idx_timestamp", "idx_seq_no");

  private final Path database;
  private final Connection connection;
  private final ResultSet rows;
  private final List<String> indexes;
  private boolean ahead;
  private boolean more;

  private OriginalLedger(
      Path database, Connection connection, ResultSet rows, List<String> indexes) {
    this.database = database;
    this.connection = connection;
    this.rows = rows;
    this.indexes = indexes;
  }

  /**
   * Opens the table in a file.
   *
   * @throws StorageFailed when there is no such file, or no such table in it
   */
  public static OriginalLedger open(Path database) {
    if (!Files.isRegularFile(database)) {
      throw new StorageFailed("there is no file %s to import from".formatted(database));
    }
    Connection connection = null;
    try {
      connection = DriverManager.getConnection(url(database));
      Statement statement = connection.createStatement();
      List<String> indexes = new ArrayList<>();
      try (ResultSet names =
          statement.executeQuery(
              "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name ="
                  + " 'ledger_events'")) {
        while (names.next()) {
          if (INDEXES.contains(names.getString(1))) {
            indexes.add(names.getString(1));
          }
        }
      }
      ResultSet rows =
          connection
              .createStatement()
              .executeQuery(
                  "SELECT seq_no, event_id, timestamp, event_hash, prev_event_hash, signature,"
                      + " public_key_id, event_type, payload_ref FROM ledger_events ORDER BY"
                      + " seq_no");
      return new OriginalLedger(database, connection, rows, List.copyOf(indexes));
    } catch (SQLException e) {
      close(connection);
      throw new StorageFailed(
          "%s has no table ledger_events that can be read: %s".formatted(database, e.getMessage()),
          e);
    }
  }

  /** Immutable where nobody writes it, so that not even a lock file is made beside it. */
  private static String url(Path database) {
    try {
      Path wal = database.resolveSibling(database.getFileName() + "-wal");
      boolean quiet = !Files.exists(wal) || Files.size(wal) == 0;
      return "jdbc:sqlite:file:%s?mode=ro%s"
          .formatted(database.toAbsolutePath().toUri().getRawPath(), quiet ? "&immutable=1" : "");
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be looked at".formatted(database), e);
    }
  }

  private static void close(@org.jspecify.annotations.Nullable Connection connection) {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        throw new StorageFailed("a database that was read cannot be closed", e);
      }
    }
  }

  /** Which of the three indexes the original makes beside its table are there. */
  public List<String> indexes() {
    return indexes;
  }

  @Override
  public boolean hasNext() {
    try {
      if (!ahead) {
        more = rows.next();
        ahead = true;
      }
      return more;
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public LedgerImport.Candidate next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the table ends here");
    }
    ahead = false;
    try {
      return new LedgerImport.Candidate(rows.getLong(1), event());
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private SignedEvent event() throws SQLException {
    return new SignedEvent(
        text(2).orElse(""),
        rows.getLong(3),
        text(8).filter(type -> !type.isEmpty()),
        "",
        0,
        new byte[0],
        text(9),
        new byte[SignedEvent.SALT_BYTES],
        text(7).orElse(""),
        bytes(5),
        bytes(4),
        bytes(6));
  }

  private Optional<String> text(int column) throws SQLException {
    return Optional.ofNullable(rows.getString(column));
  }

  private byte[] bytes(int column) throws SQLException {
    return Optional.ofNullable(rows.getBytes(column)).orElse(new byte[0]);
  }

  private StorageFailed failed(SQLException cause) {
    return StorageFailed.damaged(
        "the table ledger_events of %s cannot be read on: %s"
            .formatted(database, cause.getMessage()),
        cause);
  }

  @Override
  public void close() {
    close(connection);
  }
}
