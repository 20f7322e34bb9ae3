package dev.stele.ledger.view;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.ledger.gate.LedgerGate;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares {@code ledger_events} with the log, row by row and in constant memory.
 *
 * <p>Rows that are appended meanwhile are left for the next time. Used once, by one thread.
 */
public final class TableAudit {
  private static final int PAGE = 1_000;

  /**
   * Where the table says something else than the log.
   *
   * @param seqNo the number of the first row that differs
   * @param position the log position of its event; past the end for a row of no event
   * @param detail one sentence for people
   */
  public record Difference(long seqNo, long position, String detail) {}

  private final Path database;
  private final LogReader log;
  private long seqNo;
  private long position;

  private TableAudit(Path database, LogReader log) {
    this.database = database;
    this.log = log;
  }

  /**
   * The first difference, if any.
   *
   * @throws StorageFailed when the database cannot be opened
   */
  public static Optional<Difference> run(Path database, LogReader log) {
    return new TableAudit(database, log).run();
  }

  private Optional<Difference> run() {
    long end = log.lastRevision(LedgerGate.STREAM);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA query_only = ON");
      if (end == 0 && !isThere(statement)) {
        // A log of other events: there is nothing to retell, and no table that should have.
        return Optional.empty();
      }
      Optional<Difference> definition = definition(statement);
      if (definition.isPresent()) {
        return definition;
      }
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT " + LedgerTable.COLUMNS + " FROM ledger_events ORDER BY seq_no")) {
        return compare(rows, end);
      }
    } catch (SQLException e) {
      return Optional.of(difference("the table ledger_events cannot be read: " + e.getMessage()));
    }
  }

  private static boolean isThere(Statement statement) throws SQLException {
    try (ResultSet any =
        statement.executeQuery("SELECT 1 FROM sqlite_schema WHERE name = 'ledger_events'")) {
      return any.next();
    }
  }

  private Optional<Difference> definition(Statement statement) throws SQLException {
    try (ResultSet table =
        statement.executeQuery(
            "SELECT sql FROM sqlite_schema WHERE name = 'ledger_events' AND type = 'table'")) {
      boolean same = table.next() && LedgerTable.DEFINITION.equals(table.getString(1));
      if (!same) {
        return Optional.of(difference("the table ledger_events is not defined as it was made"));
      }
    }
    try (ResultSet triggers =
        statement.executeQuery(
            "SELECT name FROM sqlite_schema WHERE tbl_name = 'ledger_events' AND type ="
                + " 'trigger'")) {
      return triggers.next()
          ? Optional.of(difference("the table ledger_events has a trigger"))
          : Optional.empty();
    }
  }

  private Difference difference(String detail) {
    return new Difference(seqNo + 1, position + 1, detail);
  }

  private Optional<Difference> compare(ResultSet rows, long end) throws SQLException {
    while (seqNo < end) {
      List<StoredEvent> events =
          log.readStream(LedgerGate.STREAM, seqNo, (int) Math.min(PAGE, end - seqNo));
      for (StoredEvent event : events) {
        @Nullable Object[] expected = LedgerTable.values(event);
        Optional<String> wrong =
            rows.next() ? differs(expected, rows) : Optional.of("the row is missing");
        if (wrong.isPresent()) {
          return Optional.of(
              new Difference(
                  event.revision(),
                  event.position(),
                  "row %d of ledger_events: %s".formatted(event.revision(), wrong.get())));
        }
        seqNo = event.revision();
        position = event.position();
      }
      if (events.isEmpty()) {
        break;
      }
    }
    // Whatever was appended meanwhile is in the log by the time its row can be read.
    if (rows.next() && rows.getLong(1) > log.lastRevision(LedgerGate.STREAM)) {
      return Optional.of(
          difference("row %d of ledger_events is of no event".formatted(rows.getLong(1))));
    }
    return Optional.empty();
  }

  private static Optional<String> differs(@Nullable Object[] expected, ResultSet row)
      throws SQLException {
    for (int i = 0; i < expected.length; i++) {
      if (!same(expected[i], row.getObject(i + 1))) {
        return Optional.of(
            "the column %s is not that of the event"
                .formatted(row.getMetaData().getColumnName(i + 1)));
      }
    }
    return Optional.empty();
  }

  private static boolean same(@Nullable Object expected, @Nullable Object actual) {
    if (expected == null || actual == null) {
      return expected == null && actual == null;
    }
    return switch (expected) {
      case Long number ->
          (actual instanceof Long || actual instanceof Integer)
              && number == ((Number) actual).longValue();
      case byte[] bytes -> actual instanceof byte[] blob && Arrays.equals(bytes, blob);
      default -> expected.equals(actual);
    };
  }
}
