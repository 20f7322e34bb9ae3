package dev.stele.sqlite;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Brings a database of an earlier layout to the present one, in one transaction. */
final class Migration {
  /** The layout that had a column for each part of a row and of an index entry. */
  static final int COLUMNS = 1;

  private static final List<String> RENAMED = List.of("log_events", "log_claims", "log_streams");

  private Migration() {}

  /** From {@link #COLUMNS} to the present layout; on a connection without a transaction. */
  static void fromColumns(Connection connection, List<String> statements, int layout)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      try {
        for (String table : RENAMED) {
          statement.execute("ALTER TABLE " + table + " RENAME TO old_" + table);
        }
        for (String sql : statements) {
          if (RENAMED.stream().anyMatch(table -> sql.startsWith("CREATE TABLE " + table + " "))) {
            statement.execute(sql);
          }
        }
        copyEvents(connection, statement);
        copyIndex(connection, statement, IndexTable.CLAIMS, "SELECT log, key, 0, position");
        copyIndex(connection, statement, IndexTable.STREAMS, "SELECT log, key, revision, position");
        for (String table : RENAMED) {
          statement.execute("DROP TABLE old_" + table);
        }
        statement.execute("PRAGMA user_version = " + layout);
        statement.execute("COMMIT");
      } catch (SQLException | RuntimeException e) {
        statement.execute("ROLLBACK");
        throw e;
      }
    }
  }

  private static void copyEvents(Connection connection, Statement statement) throws SQLException {
    try (ResultSet old =
            statement.executeQuery(
                "SELECT place, link, record, body, keys FROM old_log_events ORDER BY place");
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO log_events (place, entry) VALUES (?, ?)")) {
      while (old.next()) {
        long place = old.getLong(1);
        Row row =
            new Row(
                LogState.position(place),
                old.getBytes(2),
                old.getBytes(3),
                old.getBytes(4),
                old.getBytes(5));
        insert.setLong(1, place);
        insert.setBytes(2, RowPage.encode(row));
        insert.executeUpdate();
      }
    }
  }

  private static void copyIndex(
      Connection connection, Statement statement, IndexTable index, String columns)
      throws SQLException {
    try (ResultSet old =
            statement.executeQuery(columns + " FROM old_" + index.table + " ORDER BY 1, 2, 3");
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO " + index.table + " (entry) VALUES (?)")) {
      while (old.next()) {
        IndexKey key = IndexKey.of(old.getBytes(2), 0);
        insert.setBytes(1, index.encode(old.getInt(1), key, old.getLong(3), old.getLong(4)));
        insert.executeUpdate();
      }
    }
  }
}
