package dev.stele.bench;

import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.postgresserver.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Envelopes in two tables by plain JDBC, as one would write it by hand: for each a guard row, an
 * event row and a commit, and nothing is checked. Blobs lie in a map of this process, which is less
 * work than reading them from anywhere.
 *
 * <p>Each connection is for one thread, but for the one of {@link #saveOnOneConnection}.
 */
final class PlainEnvelopes implements AutoCloseable {
  private static final String TABLES =
      """
      CREATE TABLE events (
        id uuid PRIMARY KEY, event_type text NOT NULL, issued_at timestamptz NOT NULL,
        source text NOT NULL, content_hash text NOT NULL, envelope bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now());
      CREATE UNIQUE INDEX ON events (content_hash);
      CREATE INDEX ON events (event_type, issued_at);
      CREATE INDEX ON events (source, issued_at);
      CREATE TABLE replay_guard (
        key_id text NOT NULL, nonce text NOT NULL, issued_at timestamptz NOT NULL,
        PRIMARY KEY (key_id, nonce));
      CREATE INDEX ON replay_guard (issued_at);
      """;

  /** A connection and the two statements of a save. */
  private record Writer(Connection connection, PreparedStatement guard, PreparedStatement event) {}

  private final List<Writer> writers = new ArrayList<>();
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final Connection reader;
  private final PreparedStatement metadata;

  /** Opens so many connections to a fresh database of a server. */
  PlainEnvelopes(PostgresServer server, int connections) throws SQLException {
    String uri = server.freshDatabase();
    reader = server.connect(uri);
    try (Statement statement = reader.createStatement()) {
      statement.execute(TABLES);
    }
    metadata =
        reader.prepareStatement(
            "SELECT id, event_type, issued_at, source, content_hash FROM events WHERE id = ?");
    for (int i = 0; i < connections; i++) {
      Connection connection = server.connect(uri);
      connection.setAutoCommit(false);
      writers.add(
          new Writer(
              connection,
              connection.prepareStatement(
                  "INSERT INTO replay_guard (key_id, nonce, issued_at) VALUES (?, ?, ?)"
                      + " ON CONFLICT DO NOTHING"),
              connection.prepareStatement(
                  "INSERT INTO events (id, event_type, issued_at, source, content_hash, envelope)"
                      + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (content_hash) DO NOTHING")));
    }
  }

  /** Saves on the connection that all callers share, one after another. */
  synchronized long saveOnOneConnection(SignedEnvelope envelope) throws SQLException {
    return save(0, envelope);
  }

  /** Saves on a caller's own connection. */
  long save(int connection, SignedEnvelope envelope) throws SQLException {
    Writer writer = writers.get(connection);
    EnvelopeHeader header = envelope.header();
    Timestamp issued = Timestamp.from(Instant.parse(header.issuedAt()));
    writer.guard.setString(1, header.keyId());
    writer.guard.setString(2, header.nonce());
    writer.guard.setTimestamp(3, issued);
    int fresh = writer.guard.executeUpdate();
    byte[] wire = envelope.wire();
    writer.event.setObject(1, UUID.fromString(header.id()));
    writer.event.setString(2, header.type());
    writer.event.setTimestamp(3, issued);
    writer.event.setString(4, header.source());
    writer.event.setString(5, header.payloadHash());
    writer.event.setBytes(6, wire);
    int stored = writer.event.executeUpdate();
    writer.connection.commit();
    if (fresh + stored != 2) {
      throw new IllegalStateException("an envelope of the workload was there");
    }
    blobs.put(header.payloadHash(), wire);
    return 1;
  }

  /** One query for the metadata, and the blob by its hash. One thread. */
  byte[] get(String id) throws SQLException {
    metadata.setObject(1, UUID.fromString(id));
    try (ResultSet rows = metadata.executeQuery()) {
      if (!rows.next() || rows.getString("source") == null) {
        throw new IllegalStateException("an envelope of the workload is not there");
      }
      return Objects.requireNonNull(blobs.get(rows.getString("content_hash"))).clone();
    }
  }

  @Override
  public void close() throws SQLException {
    for (Writer writer : writers) {
      writer.connection.close();
    }
    reader.close();
  }
}
