package dev.stele.ledger.view;

import dev.stele.core.engine.Row;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.proof.Parsed;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.gate.LedgerGate;
import dev.stele.sqlite.InlineView;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code ledger_events}: one row for each event of the ledger.
 *
 * <p>{@code seq_no} is the event's revision in the stream, {@code created_at} when the log recorded
 * it. Of an erased event the row keeps what its record keeps: its number, id and type. One thread
 * at a time, as the engine calls it.
 */
public final class LedgerTable implements InlineView {
  /** The table's name. */
  public static final String NAME = "ledger_events";

  /** How the table is defined, exactly. */
  static final String DEFINITION =
      """
      CREATE TABLE ledger_events (
          seq_no INTEGER PRIMARY KEY AUTOINCREMENT,
          event_id TEXT NOT NULL UNIQUE,
          timestamp INTEGER NOT NULL,
          event_hash BLOB NOT NULL,
          prev_event_hash BLOB NOT NULL,
          signature BLOB NOT NULL,
          public_key_id TEXT NOT NULL,
          event_type TEXT,
          payload_ref TEXT,
          created_at INTEGER NOT NULL DEFAULT (strftime('%s', 'now') * 1000)
      )\
      """;

  static final String COLUMNS =
      "seq_no, event_id, timestamp, event_hash, prev_event_hash, signature, public_key_id,"
          + " event_type, payload_ref, created_at";

  /** Used by the one thread that writes. */
  private final IdentityHashMap<Connection, PreparedStatement> inserts = new IdentityHashMap<>();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int version() {
    return 1;
  }

  @Override
  public void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(DEFINITION.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"));
    }
  }

  @Override
  public void reset(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS " + NAME);
    }
    create(connection);
  }

  @Override
  public void apply(Connection connection, List<Row> rows) throws SQLException {
    PreparedStatement insert = insert(connection);
    for (Row row : rows) {
      StoredEvent event = new StoredEvent(row.link(), row.record(), row.body());
      if (event.stream().equals(LedgerGate.STREAM)) {
        @Nullable Object[] values = values(event);
        for (int i = 0; i < values.length; i++) {
          insert.setObject(i + 1, values[i]);
        }
        insert.executeUpdate();
      }
    }
  }

  @Override
  public boolean forget(Connection connection, List<Row> bare) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE ledger_events SET ("
                + COLUMNS
                + ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE seq_no = ?")) {
      for (Row row : bare) {
        StoredEvent event = new StoredEvent(row.link(), row.record(), row.body());
        if (event.stream().equals(LedgerGate.STREAM)) {
          @Nullable Object[] values = values(event);
          for (int i = 0; i < values.length; i++) {
            update.setObject(i + 1, values[i]);
          }
          update.setObject(values.length + 1, values[0]);
          update.executeUpdate();
        }
      }
    }
    return true;
  }

  /** Prepared once for each connection, which closes it: compiling costs as much as inserting. */
  private PreparedStatement insert(Connection connection) throws SQLException {
    PreparedStatement known = inserts.get(connection);
    if (known == null) {
      known =
          connection.prepareStatement(
              "INSERT INTO ledger_events (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
      inserts.put(connection, known);
    }
    return known;
  }

  /** What the row of an event holds, in the order of {@link #COLUMNS}. */
  static @Nullable Object[] values(StoredEvent event) throws SQLException {
    long recordedAt = event.recordedAt().toEpochMilli();
    byte[] none = new byte[0];
    if (event.erased()) {
      return new @Nullable Object[] {
        event.revision(),
        event.id(),
        recordedAt,
        none,
        none,
        none,
        "",
        event.type(),
        null,
        recordedAt
      };
    }
    return switch (SignedEvent.decode(event.payload().orElse(none))) {
      case Parsed.Value<SignedEvent>(SignedEvent signed) ->
          new @Nullable Object[] {
            event.revision(),
            signed.eventId(),
            signed.timestamp(),
            signed.eventHash(),
            signed.prevEventHash(),
            signed.signature(),
            signed.publicKeyId(),
            signed.eventType().orElse(null),
            signed.payloadRef().orElse(null),
            recordedAt
          };
      case Parsed.Malformed<SignedEvent>(String reason) ->
          throw new SQLException(
              "event %d is not a ledger event: %s".formatted(event.position(), reason));
    };
  }
}
