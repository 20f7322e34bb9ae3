package dev.stele.postgres;

import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.Tile;
import dev.stele.core.engine.TrimmedPrefix;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Iterator;

/** Writes what is left of events that were trimmed elsewhere, in the transaction that is open. */
final class TrimmedRest {
  /** Rows that go to the server at once: a tile has 8 KB. */
  private static final int AT_A_TIME = 1_000;

  private TrimmedRest() {}

  static void insert(Connection connection, String schema, int log, TrimmedPrefix prefix)
      throws SQLException {
    Iterator<Tile> tiles = prefix.tiles().iterator();
    insert(
        connection,
        "INSERT INTO \""
            + schema
            + "\".stele_tiles (log, level, number, hashes) VALUES (?, ?, ?, ?)",
        tiles,
        (statement, tile) -> {
          statement.setInt(1, log);
          statement.setInt(2, tile.level());
          statement.setLong(3, tile.index());
          statement.setBytes(4, tile.hashes());
        });
    insert(
        connection,
        "INSERT INTO \""
            + schema
            + "\".stele_claims (log, key, position, expires) VALUES (?, ?, ?, false)",
        prefix.claims().iterator(),
        (statement, entry) -> {
          statement.setInt(1, log);
          statement.setBytes(2, entry.key().bytes());
          statement.setLong(3, entry.position());
        });
    insert(
        connection,
        "INSERT INTO \""
            + schema
            + "\".stele_streams (log, key, revision, position) VALUES (?, ?, ?, ?)",
        prefix.streams().iterator(),
        (statement, entry) -> {
          statement.setInt(1, log);
          bind(statement, entry);
        });
  }

  private static void bind(PreparedStatement statement, IndexEntry entry) throws SQLException {
    statement.setBytes(2, entry.key().bytes());
    statement.setLong(3, entry.revision());
    statement.setLong(4, entry.position());
  }

  private interface Binding<T> {
    void bind(PreparedStatement statement, T each) throws SQLException;
  }

  private static <T> void insert(
      Connection connection, String sql, Iterator<T> rows, Binding<T> binding) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      int waiting = 0;
      while (rows.hasNext()) {
        binding.bind(insert, rows.next());
        insert.addBatch();
        waiting++;
        if (waiting == AT_A_TIME) {
          insert.executeBatch();
          waiting = 0;
        }
      }
      insert.executeBatch();
    }
  }
}
