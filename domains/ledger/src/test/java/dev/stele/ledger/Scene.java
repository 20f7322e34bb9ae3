package dev.stele.ledger;

import dev.stele.core.engine.RowPage;
import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import org.sqlite.Function;

/** What the tests of the ledger share: one folder, one time, one seed. */
final class Scene {
  static final long NOW = 1_770_000_000_000L;
  static final InstantSource CLOCK = InstantSource.fixed(java.time.Instant.ofEpochMilli(NOW));

  final Path database;
  final LedgerOptions options;

  Scene(Path folder) {
    this.database = folder.resolve("node-1.db");
    this.options =
        LedgerOptions.defaults()
            .with(CLOCK, new Random(7))
            .checkpointEvery(Duration.ZERO)
            .anchoredIn(folder.resolve("anchors"));
  }

  EventLedger open() {
    return EventLedger.open(database, "node-1", options);
  }

  /** A ledger with {@code count} events signed by its node, closed again. */
  Scene withEvents(int count) {
    try (EventLedger ledger = open()) {
      for (int i = 1; i <= count; i++) {
        appended(ledger.record(canonical("event-" + i, i)));
      }
    }
    return this;
  }

  /**
   * Changes the file behind the ledger's back. Statements may use {@code without_body(entry)}, a
   * row of the log without its body.
   */
  void tamper(String... statements) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      Function.create(
          connection,
          "without_body",
          new Function() {
            @Override
            protected void xFunc() throws SQLException {
              result(RowPage.withoutBody(value_blob(0)));
            }
          });
      for (String sql : statements) {
        statement.execute(sql);
      }
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  static CanonicalEvent canonical(String id, long sequence) {
    return new CanonicalEvent(
        id,
        "track.update",
        NOW,
        "node-1",
        sequence,
        utf8("payload of " + id),
        Optional.of("s3://b/" + id));
  }

  static EventSigner signer(int seed) {
    return new EventSigner(key(seed), CLOCK, new Random(seed));
  }

  static Ed25519Key key(int seed) {
    return Ed25519Key.generate(new Random(seed));
  }

  static SignedEvent signed(EventSigner signer, CanonicalEvent event, byte[] previous) {
    return switch (signer.sign(event, previous)) {
      case EventSigner.Signing.Signed(SignedEvent signed) -> signed;
      case EventSigner.Signing.Refused refused -> throw new AssertionError(refused);
    };
  }

  static LedgerAppend.Appended appended(LedgerAppend outcome) {
    if (outcome instanceof LedgerAppend.Appended appended) {
      return appended;
    }
    throw new AssertionError(outcome);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
