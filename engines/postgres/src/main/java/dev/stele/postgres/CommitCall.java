package dev.stele.postgres;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A batch as the arguments of {@code stele_commit}: columns as arrays, so that any number of rows
 * is one call and one round trip. One thread.
 */
final class CommitCall {
  private static final int PARAMETERS = 23;

  /**
   * What the server answered.
   *
   * @param committed whether the head was where it was expected, and everything is stored
   * @param head where the log ends
   * @param moved the names of the inline views that were current, and were moved on
   */
  record Answer(boolean committed, Head head, Set<String> moved) {}

  /** An inline view that is to be moved on. */
  record Moving(String name, int version) {}

  private final int log;
  private final Head expected;
  private final Batch batch;
  private final boolean durable;
  private final byte[][] links;
  private final byte[][] records;
  private final byte[][] keys;
  private final byte[] @Nullable [] salts;
  private final byte[] @Nullable [] claims;
  private final byte[] @Nullable [] payloads;
  private final byte[][] streams;
  private final Long[] revisions;
  private final List<byte[]> claimKeys = new ArrayList<>();
  private final List<Long> claimPositions = new ArrayList<>();
  private final List<Boolean> claimExpires = new ArrayList<>();

  CommitCall(int log, Head expected, Batch batch, boolean durable) {
    this.log = log;
    this.expected = expected;
    this.batch = batch;
    this.durable = durable;
    int count = batch.rows().size();
    this.links = new byte[count][];
    this.records = new byte[count][];
    this.keys = new byte[count][];
    this.salts = new byte[count][];
    this.claims = new byte[count][];
    this.payloads = new byte[count][];
    this.streams = new byte[count][];
    this.revisions = new Long[count];
    for (int i = 0; i < count; i++) {
      add(i, batch.rows().get(i));
    }
  }

  private void add(int i, Row row) {
    links[i] = row.link();
    records[i] = row.record();
    keys[i] = row.keys();
    byte[] body = row.body();
    if (body != null) {
      SplitBody split = SplitBody.of(body);
      salts[i] = split.salt();
      claims[i] = split.claims();
      payloads[i] = split.payload();
    }
    streams[i] = IndexKey.ofStream(EventRecord.streamBytes(row.record())).bytes();
    revisions[i] = EventRecord.revision(row.record());
    for (int claim = 0; claim * Row.KEY_BYTES < row.keys().length; claim++) {
      claimKeys.add(IndexKey.of(row.keys(), claim * Row.KEY_BYTES).bytes());
      claimPositions.add(row.position());
      claimExpires.add(EventRecord.claimExpiresAtMillis(row.record(), claim) != Claim.NEVER);
    }
  }

  /**
   * Makes the call, in the transaction that is open or in one of its own.
   *
   * @param behind what is written after it in the same round trip; when there is anything, the call
   *     fails instead of answering that the head or a view has moved
   */
  Answer run(Connection connection, String schema, List<Moving> views, List<SqlTables.Write> behind)
      throws SQLException {
    StringBuilder sql =
        new StringBuilder("SELECT committed, head_size, head_link, moved_views FROM \"")
            .append(schema)
            .append("\".stele_commit(")
            .append("?, ".repeat(PARAMETERS - 1))
            .append("?)");
    for (SqlTables.Write write : behind) {
      sql.append(";\n").append(write.sql());
    }
    try (PreparedStatement call = connection.prepareStatement(sql.toString())) {
      bind(connection, call, views);
      call.setBoolean(PARAMETERS, !behind.isEmpty());
      int parameter = PARAMETERS + 1;
      for (SqlTables.Write write : behind) {
        write.binding().bind(call, parameter);
        parameter += write.parameters();
      }
      call.execute();
      try (ResultSet row = call.getResultSet()) {
        return answer(row);
      }
    }
  }

  private Answer answer(ResultSet row) throws SQLException {
    if (!row.next()) {
      throw new SQLException("stele_commit answered nothing");
    }
    long size = row.getLong(2);
    if (row.wasNull()) {
      throw new SQLException("stele_logs has lost log number " + log);
    }
    Set<String> moved = new HashSet<>();
    java.sql.Array names = row.getArray(4);
    if (names != null) {
      moved.addAll(List.of((String[]) names.getArray()));
    }
    return new Answer(row.getBoolean(1), new Head(size, row.getBytes(3)), moved);
  }

  private void bind(Connection connection, PreparedStatement call, List<Moving> views)
      throws SQLException {
    call.setInt(1, log);
    call.setLong(2, expected.size());
    call.setBytes(3, expected.link());
    call.setBoolean(4, durable);
    call.setArray(5, connection.createArrayOf("bytea", links));
    call.setArray(6, connection.createArrayOf("bytea", records));
    call.setArray(7, connection.createArrayOf("bytea", keys));
    call.setArray(8, connection.createArrayOf("bytea", salts));
    call.setArray(9, connection.createArrayOf("bytea", claims));
    call.setArray(10, connection.createArrayOf("bytea", payloads));
    call.setArray(11, connection.createArrayOf("bytea", streams));
    call.setArray(12, connection.createArrayOf("int8", revisions));
    call.setArray(13, connection.createArrayOf("bytea", claimKeys.toArray(byte[][]::new)));
    call.setArray(14, connection.createArrayOf("int8", claimPositions.toArray(Long[]::new)));
    call.setArray(15, connection.createArrayOf("bool", claimExpires.toArray(Boolean[]::new)));
    List<Tile> tiles = batch.tiles();
    call.setArray(
        16,
        connection.createArrayOf("int4", tiles.stream().map(Tile::level).toArray(Integer[]::new)));
    call.setArray(
        17, connection.createArrayOf("int8", tiles.stream().map(Tile::index).toArray(Long[]::new)));
    call.setArray(
        18,
        connection.createArrayOf("bytea", tiles.stream().map(Tile::hashes).toArray(byte[][]::new)));
    StoredCheckpoint checkpoint = batch.checkpoint();
    if (checkpoint == null) {
      call.setNull(19, Types.BIGINT);
      call.setNull(20, Types.BINARY);
    } else {
      call.setLong(19, checkpoint.size());
      call.setBytes(20, checkpoint.note());
    }
    call.setArray(
        21,
        connection.createArrayOf("text", views.stream().map(Moving::name).toArray(String[]::new)));
    call.setArray(
        22,
        connection.createArrayOf(
            "int4", views.stream().map(Moving::version).toArray(Integer[]::new)));
  }
}
