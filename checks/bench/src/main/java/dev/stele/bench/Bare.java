package dev.stele.bench;

import dev.stele.crypto.Ed25519;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The primitives that nothing built on them can beat, and SQLite without us. */
final class Bare {
  private static final int RECORD_BYTES = 512;

  /** Work too short for a clock is called so often in a row. */
  private static final int BURST = 64;

  private static final int PAGE = 1_000;

  private Bare() {}

  /** Appends a record of 512 bytes to a file and syncs it. */
  static Side writeAndSync(Scene scene) throws Exception {
    FileChannel channel =
        scene.keep(
            FileChannel.open(
                scene.workplace().folder().resolve("bare.dat"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE));
    ByteBuffer record = ByteBuffer.allocateDirect(RECORD_BYTES);
    return Side.alone(
        "bare write + sync",
        () -> {
          channel.write(record.clear());
          channel.force(false);
          return 1;
        });
  }

  /** Checks signatures on every core. */
  static Side verifySignatures(Workload workload) {
    byte[] key = Workload.publicKey();
    return Side.onAllCores(
        "bare Ed25519 verify x cores",
        number -> {
          long[] at = {number};
          return () -> {
            byte[] signed = workload.signedPayload(at[0]++);
            byte[] signature = Arrays.copyOf(signed, Ed25519.SIGNATURE_BYTES);
            byte[] text = Arrays.copyOfRange(signed, Ed25519.SIGNATURE_BYTES, signed.length);
            if (!Ed25519.verify(key, text, signature)) {
              throw new IllegalStateException("a signature of the workload does not verify");
            }
            return 1;
          };
        });
  }

  /**
   * Hashes on every core what each event has to hash.
   *
   * @param parts one event after another, each the list of what is hashed for it
   */
  static Side hash(List<List<byte[]>> parts) {
    return Side.onAllCores("bare SHA-256 x cores", number -> hashing(parts));
  }

  /** The same on one core. */
  static Side hashAlone(List<List<byte[]>> parts) {
    return new Side("bare SHA-256", length -> Side.alone("", hashing(parts)).work().round(length));
  }

  private static Side.Call hashing(List<List<byte[]>> parts) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    int[] at = {0};
    return () -> {
      for (int i = 0; i < BURST; i++) {
        for (byte[] part : parts.get(at[0]++ % parts.size())) {
          digest.digest(part);
        }
      }
      return BURST;
    };
  }

  /** A table of events in a SQLite file, as one would write it by hand. */
  static final class Table implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement insert;
    private final PreparedStatement page;
    private final PreparedStatement byPosition;
    private final PreparedStatement byId;
    private final Workload workload;
    private long size;

    private Table(Path database, Workload workload) throws SQLException {
      this.workload = workload;
      connection = DriverManager.getConnection("jdbc:sqlite:" + database);
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA journal_mode = WAL");
        statement.execute("PRAGMA synchronous = FULL");
        statement.execute(
            "CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
                + " payload BLOB NOT NULL)");
      }
      insert = connection.prepareStatement("INSERT INTO events (id, payload) VALUES (?, ?)");
      page =
          connection.prepareStatement(
              "SELECT position, id, payload FROM events WHERE position > ? ORDER BY position LIMIT "
                  + PAGE);
      byPosition =
          connection.prepareStatement(
              "SELECT position, id, payload FROM events WHERE position = ?");
      byId = connection.prepareStatement("SELECT position, id, payload FROM events WHERE id = ?");
    }

    static Table in(Scene scene, Workload workload) throws SQLException {
      return scene.keep(new Table(scene.workplace().folder().resolve("plain.db"), workload));
    }

    void fill(int count) throws SQLException {
      connection.setAutoCommit(false);
      for (int i = 0; i < count; i++) {
        insert();
      }
      connection.commit();
      connection.setAutoCommit(true);
    }

    private long insert() throws SQLException {
      insert.setString(1, Workload.id(size));
      insert.setBytes(2, workload.payload(size));
      insert.executeUpdate();
      size++;
      return 1;
    }

    /** One prepared INSERT in a transaction of its own, synced. */
    Side append() {
      return Side.alone("plain JDBC, INSERT + FULL", this::insert);
    }

    Side readInSequence() {
      long[] after = {0};
      return Side.alone(
          "plain JDBC, pages of " + PAGE,
          () -> {
            page.setLong(1, after[0]);
            long read = rows(page);
            after[0] = read < PAGE ? 0 : after[0] + read;
            return read;
          });
    }

    Side readByPosition() {
      Random random = new Random(1);
      return Side.alone(
          "plain JDBC, prepared SELECT",
          () -> {
            byPosition.setLong(1, 1 + random.nextLong(size));
            return rows(byPosition);
          });
    }

    Side readById() {
      Random random = new Random(1);
      return Side.alone(
          "plain JDBC, prepared SELECT",
          () -> {
            byId.setString(1, Workload.id(random.nextLong(size)));
            return rows(byId);
          });
    }

    private static long rows(PreparedStatement statement) throws SQLException {
      long count = 0;
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          count +=
              rows.getLong(1) > 0 && rows.getString(2) != null && rows.getBytes(3) != null ? 1 : 0;
        }
      }
      return count;
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }
}
