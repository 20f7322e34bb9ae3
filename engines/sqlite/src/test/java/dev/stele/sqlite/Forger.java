package dev.stele.sqlite;

import dev.stele.core.engine.RowPage;
import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Someone with the database and everything that is public, but without the log's key: edits rows,
 * and computes the links, places and tiles of all that follow anew.
 */
final class Forger {
  private static final int BODY_HASH_AT = 41;
  private static final int RECORDED_AT_AT = 73;
  private static final int STREAM_AT = 89;
  private static final byte[] NONE = new byte[0];

  /** A row as it is in the file, to be edited. */
  static final class Row {
    byte[] link;
    byte[] record;
    byte[] body;
    byte[] keys;

    /** Whether the row is written without its body. */
    boolean erased;

    Row(byte[] link, byte[] record, byte[] body, byte[] keys) {
      this.link = link;
      this.record = record;
      this.body = body;
      this.keys = keys;
    }

    void changeRecord(int at) {
      record[at] ^= 1;
    }

    void changePayload() {
      body[body.length - 1] ^= 1;
    }

    void changeTime() {
      changeRecord(RECORDED_AT_AT + 7);
    }

    void changeStream() {
      changeRecord(STREAM_AT + 2);
    }

    void changeType() {
      changeRecord(indexOf(record, "tested"));
    }

    void changeId() {
      changeRecord(indexOf(record, "id-"));
    }

    void changeGate() {
      changeRecord(indexOf(record, "test/1"));
    }

    void changeClaim() {
      body[indexOf(body, "event-id") + 12] ^= 1;
    }

    void commitToBody() {
      System.arraycopy(Sha256.hash(body), 0, record, BODY_HASH_AT, 32);
    }

    void relink() {
      link = Sha256.tagged((byte) 0, record);
    }

    private static int indexOf(byte[] bytes, String text) {
      return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
    }
  }

  private final SmallLog log;
  final List<Row> rows = new ArrayList<>();

  Forger(SmallLog log) throws SQLException {
    this.log = log;
    try (Connection connection = log.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT entry FROM log_events ORDER BY place")) {
      while (result.next()) {
        dev.stele.core.engine.Row row = RowPage.decode(rows.size() + 1, result.getBytes(1));
        byte[] body = row.body();
        rows.add(new Row(row.link(), row.record(), body == null ? NONE : body, row.keys()));
      }
    }
  }

  /** The row at a position, from 1. */
  Row at(int position) {
    return rows.get(position - 1);
  }

  /** Gives the rows from {@code position} on their places, and links them to what is before. */
  Forger relinkFrom(int position) {
    for (int at = position; at <= rows.size(); at++) {
      byte[] previous =
          at == 1
              ? Sha256.tagged(
                  (byte) 2, "stele/genesis/v1\ntest.example/log".getBytes(StandardCharsets.UTF_8))
              : at(at - 1).link;
      ByteBuffer.wrap(at(at).record).putLong(1, at).put(9, previous);
      at(at).relink();
    }
    return this;
  }

  /** Writes the rows back, from place 1, and the full tiles of level 0 with them. */
  void write() throws SQLException {
    log.sql("DELETE FROM log_events");
    try (Connection connection = log.connect();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO log_events (place, entry) VALUES (?, ?)");
        PreparedStatement tile =
            connection.prepareStatement(
                "INSERT OR REPLACE INTO log_tiles (log, level, number, hashes) VALUES (0, 0, ?,"
                    + " ?)")) {
      ByteBuffer hashes = ByteBuffer.allocate(256 * 32);
      for (int i = 0; i < rows.size(); i++) {
        Row row = rows.get(i);
        insert.setLong(1, i + 1L);
        insert.setBytes(
            2,
            RowPage.encode(
                new dev.stele.core.engine.Row(
                    i + 1L, row.link, row.record, row.erased ? null : row.body, row.keys)));
        insert.executeUpdate();
        hashes.put(row.link);
        if (!hashes.hasRemaining()) {
          tile.setLong(1, i / 256);
          tile.setBytes(2, hashes.array());
          tile.executeUpdate();
          hashes.clear();
        }
      }
    }
  }
}
