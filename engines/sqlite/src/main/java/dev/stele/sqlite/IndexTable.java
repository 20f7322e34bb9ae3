package dev.stele.sqlite;

import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One of the two indexes in the file: a table whose only column is its key.
 *
 * <pre>
 *   log_claims    log u32 │ key 16 │ position u64
 *   log_streams   log u32 │ key 16 │ revision u64 │ position u64
 * </pre>
 *
 * <p>Numbers are big-endian, so that bytes sort as entries do. One value to bind for an entry, and
 * a whole page of entries in one value when they are audited: both are bound by the calls into the
 * library, not by its work.
 */
enum IndexTable {
  CLAIMS("log_claims", 4 + Row.KEY_BYTES + 8),
  STREAMS("log_streams", 4 + Row.KEY_BYTES + 8 + 8);

  /** Entries that one statement gives as one value: some 100 KB. */
  private static final int PAGE = 4_096;

  final String table;
  private final int entryBytes;

  IndexTable(String table, int entryBytes) {
    this.table = table;
    this.entryBytes = entryBytes;
  }

  byte[] encode(int log, IndexKey key, long revision, long position) {
    ByteBuffer out = ByteBuffer.allocate(entryBytes);
    out.putInt(log).putLong(key.high()).putLong(key.low());
    if (this == STREAMS) {
      out.putLong(revision);
    }
    return out.putLong(position).array();
  }

  private IndexEntry decode(ByteBuffer in) {
    IndexKey key = new IndexKey(in.getLong(), in.getLong());
    long revision = this == STREAMS ? in.getLong() : 0;
    return new IndexEntry(key, revision, in.getLong());
  }

  /** Writes entries down, which come sorted. */
  void insert(Connection connection, int log, List<IndexEntry> entries) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO " + table + " (entry) VALUES (?)")) {
      for (IndexEntry entry : entries) {
        insert.setBytes(1, encode(log, entry.key(), entry.revision(), entry.position()));
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  void delete(Connection connection, int log, List<IndexEntry> entries) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM " + table + " WHERE entry = ?")) {
      for (IndexEntry entry : entries) {
        delete.setBytes(1, encode(log, entry.key(), entry.revision(), entry.position()));
        delete.addBatch();
      }
      delete.executeBatch();
    }
  }

  /** The last entry of a key, or null. */
  @Nullable IndexEntry last(ReadConnections.Lent lent, int log, IndexKey key) throws SQLException {
    PreparedStatement select =
        lent.statement("SELECT max(entry) FROM " + table + " WHERE entry BETWEEN ? AND ?");
    select.setBytes(1, encode(log, key, 0, 0));
    select.setBytes(2, encode(log, key, -1, -1));
    try (ResultSet result = select.executeQuery()) {
      byte[] entry = result.getBytes(1);
      return entry == null ? null : decodeOne(entry);
    }
  }

  /** The positions of a stream's entries after a revision, in order. */
  void positions(
      ReadConnections.Lent lent, int log, IndexKey key, long after, int limit, List<Long> found)
      throws SQLException {
    PreparedStatement select =
        lent.statement(
            "SELECT entry FROM " + table + " WHERE entry BETWEEN ? AND ? ORDER BY entry LIMIT ?");
    select.setBytes(1, encode(log, key, after + 1, 0));
    select.setBytes(2, encode(log, key, -1, -1));
    select.setInt(3, limit);
    try (ResultSet result = select.executeQuery()) {
      while (result.next()) {
        found.add(decodeOne(result.getBytes(1)).position());
      }
    }
  }

  private IndexEntry decodeOne(byte[] entry) {
    if (entry.length != entryBytes) {
      throw notAnEntry();
    }
    return decode(ByteBuffer.wrap(entry).position(4));
  }

  private StorageFailed notAnEntry() {
    return StorageFailed.damaged("%s holds what is no entry of an index".formatted(table));
  }

  /** Gives every entry of a log, in order. */
  void scan(ReadConnections.Lent lent, int log, Consumer<IndexEntry> sink) throws SQLException {
    // Cast to text and back, for that is what can be joined; the bytes stay what they are.
    PreparedStatement select =
        lent.statement(
            "SELECT CAST(group_concat(CAST(entry AS TEXT), '') AS BLOB), max(length(entry)),"
                + " count(*) FROM (SELECT entry FROM "
                + table
                + " WHERE entry > ? AND entry <= ? ORDER BY entry LIMIT "
                + PAGE
                + ")");
    byte[] after = ByteBuffer.allocate(4).putInt(log).array();
    select.setBytes(2, encode(log, new IndexKey(-1, -1), -1, -1));
    int count = PAGE;
    while (count == PAGE) {
      select.setBytes(1, after);
      byte[] page;
      try (ResultSet result = select.executeQuery()) {
        page = result.getBytes(1);
        count = result.getInt(3);
        if (count > 0 && (result.getInt(2) != entryBytes || page.length != count * entryBytes)) {
          throw notAnEntry();
        }
      }
      if (count > 0) {
        ByteBuffer in = ByteBuffer.wrap(page);
        while (in.hasRemaining()) {
          in.getInt();
          sink.accept(decode(in));
        }
        after = Arrays.copyOfRange(page, page.length - entryBytes, page.length);
      }
    }
  }

  /** Whether an entry is malformed, of no log, or leads beyond what its log has indexed. */
  boolean hasStray(Connection connection, Map<Integer, Long> indexedTo) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // Every entry of a log with a name lies between two bounds; those outside are strays.
      StringBuilder outside = new StringBuilder("SELECT count(*) FROM " + table);
      String joint = " WHERE ";
      for (int log : indexedTo.keySet()) {
        outside.append(joint);
        outside.append("entry NOT BETWEEN x'%08x' AND x'%08x'".formatted(log, log + 1));
        joint = " AND ";
      }
      try (ResultSet strays = statement.executeQuery(outside.toString())) {
        if (strays.getLong(1) > 0) {
          return true;
        }
      }
    }
    boolean[] stray = {false};
    ReadConnections.Lent lent = new ReadConnections.Lent(connection);
    for (Map.Entry<Integer, Long> log : indexedTo.entrySet()) {
      scan(
          lent,
          log.getKey(),
          entry -> stray[0] |= entry.position() < 1 || entry.position() > log.getValue());
    }
    return stray[0];
  }
}
