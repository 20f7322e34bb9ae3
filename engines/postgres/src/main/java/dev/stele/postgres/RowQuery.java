package dev.stele.postgres;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The queries that give rows of a log. Immutable.
 *
 * <p>The server stops by itself where enough bytes have been gathered: it adds up what the rows
 * before each one take, which it knows without reading them.
 */
final class RowQuery {
  /** No row counts for less: {@link Row#sizeBytes} and its link. So there never are more rows. */
  private static final int LEAST_ROW_BYTES = 128;

  private static final int MOST_ROWS = (int) (LogEngine.MAX_READ_BYTES / LEAST_ROW_BYTES) + 1;

  private static final String COLUMNS = "position, link, record, keys, salt, claims, payload";

  private final String one;
  private final String page;
  private final String stream;

  RowQuery(String schema) {
    String events = "\"" + schema + "\".stele_events AS e";
    // The limit keeps the planner from joining whole tables, which it prefers now and then, and
    // which would make each read as long as the log.
    String bodies =
        " LEFT JOIN LATERAL (SELECT * FROM \""
            + schema
            + "\".stele_bodies AS o WHERE o.log = e.log AND o.position = e.position LIMIT 1) AS b"
            + " ON true";
    String columns = "e.position, e.link, e.record, e.keys, b.salt, b.claims, b.payload";
    String sizes =
        "96 + octet_length(e.link) + octet_length(e.record) + octet_length(e.keys)"
            + " + coalesce(octet_length(b.salt) + octet_length(b.claims) + octet_length(b.payload),"
            + " 0)";
    this.one =
        "SELECT "
            + columns
            + " FROM "
            + events
            + bodies
            + " WHERE e.log = ? AND e.position > ? ORDER BY e.position LIMIT ?";
    this.page =
        bounded(
            "SELECT "
                + columns
                + ", "
                + sizes
                + " AS bytes FROM "
                + events
                + bodies
                + " WHERE e.log = ? AND e.position > ? ORDER BY e.position LIMIT ?");
    this.stream =
        bounded(
            "SELECT "
                + columns
                + ", "
                + sizes
                + " AS bytes FROM \""
                + schema
                + "\".stele_streams AS s JOIN "
                + events
                + " ON e.log = s.log AND e.position = s.position"
                + bodies
                + " WHERE s.log = ? AND s.key = ? AND s.revision > ?"
                // Places of trimmed events are passed over in the index, without asking for each.
                + " AND s.position >= (SELECT f.position FROM \""
                + schema
                + "\".stele_events AS f WHERE f.log = ? ORDER BY f.position LIMIT 1)"
                + " ORDER BY s.revision LIMIT ?");
  }

  private static String bounded(String rows) {
    return "SELECT "
        + COLUMNS
        + " FROM (SELECT "
        + COLUMNS
        + ", sum(bytes) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        + " AS gathered FROM ("
        + rows
        + ") AS r) AS g WHERE gathered IS NULL OR gathered <= "
        + LogEngine.MAX_READ_BYTES
        + " ORDER BY position";
  }

  /** Rows after a position. */
  List<Row> after(Connection connection, int log, long position, int limit) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(limit == 1 ? one : page)) {
      select.setInt(1, log);
      select.setLong(2, position);
      select.setInt(3, Math.min(limit, MOST_ROWS));
      return rows(select);
    }
  }

  /** Rows of a stream after a revision; those that were trimmed are not among them. */
  List<Row> ofStream(Connection connection, int log, byte[] key, long revision, int limit)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(stream)) {
      select.setInt(1, log);
      select.setBytes(2, key);
      select.setLong(3, revision);
      select.setInt(4, log);
      select.setInt(5, Math.min(limit, MOST_ROWS));
      return rows(select);
    }
  }

  private static List<Row> rows(PreparedStatement select) throws SQLException {
    List<Row> rows = new ArrayList<>();
    try (ResultSet result = select.executeQuery()) {
      while (result.next()) {
        byte[] salt = result.getBytes(5);
        byte[] body =
            salt == null ? null : new SplitBody(salt, bytes(result, 6), bytes(result, 7)).whole();
        rows.add(
            new Row(result.getLong(1), bytes(result, 2), bytes(result, 3), body, bytes(result, 4)));
      }
    }
    return rows;
  }

  /** A value that no writer leaves out; where it is missing, the table was changed from outside. */
  static byte[] bytes(ResultSet result, int column) throws SQLException {
    byte[] bytes = result.getBytes(column);
    if (bytes == null) {
      throw StorageFailed.damaged(
          "a row lacks a value that every row has", new IllegalStateException("column " + column));
    }
    return bytes;
  }
}
