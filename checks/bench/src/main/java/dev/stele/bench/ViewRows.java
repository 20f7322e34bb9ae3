package dev.stele.bench;

import dev.stele.core.log.EventLog;
import dev.stele.core.view.ViewRunner;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.EntriesView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Projections into tables, against the same rows inserted by hand. */
final class ViewRows {
  private static final int BATCH = ViewRunner.MAX_BATCH;

  private ViewRows() {}

  static List<Row> rows() {
    return List.of(
        new Row(
            "project into a view with two indexes",
            "ViewRunner.step, SQLite",
            "os",
            BATCH,
            Workload.PAYLOAD_BYTES,
            1,
            ViewRows::project));
  }

  private static void project(Scene scene) throws Exception {
    int events = scene.workplace().plan().readEvents();
    Path folder = scene.workplace().folder();
    EventLog log = scene.keep(Store.SQLITE.open(folder));
    new Workload().fill(log, events, false);
    Projected projected = scene.keep(new Projected(folder, log));
    scene.ours(Side.alone("ours", projected::step));
    Inserted inserted = scene.keep(new Inserted(folder, events));
    scene.against(Side.alone("bare batched inserts, same tables", inserted::step));
  }

  private static void delete(Path database) throws IOException {
    for (String suffix : List.of("", "-wal", "-shm", ".lock")) {
      Files.deleteIfExists(Path.of(database + suffix));
    }
  }

  /** The log into the view, batch by batch, and into a new file whenever it has ended. */
  private static final class Projected implements AutoCloseable {
    private final Path database;
    private final EventLog log;
    private @Nullable SqliteViewStore store;
    private @Nullable ViewRunner runner;

    Projected(Path folder, EventLog log) {
      this.database = folder.resolve("projected.db");
      this.log = log;
    }

    long step() throws Exception {
      ViewRunner running = runner;
      if (running == null || running.status().lag() == 0) {
        close();
        delete(database);
        SqliteViewStore fresh = SqliteViewStore.openWriter(database);
        store = fresh;
        running = new ViewRunner(new EntriesView(), log, fresh);
        runner = running;
      }
      long before = running.status().position();
      if (!running.step(Duration.ZERO)) {
        throw new IllegalStateException("the view stands still: " + running.status());
      }
      return running.status().position() - before;
    }

    @Override
    public void close() {
      if (store != null) {
        store.close();
      }
    }
  }

  /** The same rows from memory into the same tables, as one would write it by hand. */
  private static final class Inserted implements AutoCloseable {
    private final Path database;
    private final int events;
    private final Workload workload = new Workload();
    private final List<Connection> open = new ArrayList<>();
    private @Nullable PreparedStatement insert;
    private int done;

    Inserted(Path folder, int events) {
      this.database = folder.resolve("inserted.db");
      this.events = events;
    }

    private PreparedStatement fresh() throws SQLException, IOException {
      close();
      delete(database);
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
      open.add(connection);
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA journal_mode = WAL");
        statement.execute("PRAGMA synchronous = NORMAL");
        statement.execute("PRAGMA wal_autocheckpoint = 4096");
        statement.execute("PRAGMA cache_size = -32768");
        statement.execute(
            "CREATE TABLE entries (position INTEGER PRIMARY KEY, stream TEXT NOT NULL,"
                + " type TEXT NOT NULL, recorded_at INTEGER NOT NULL, id TEXT NOT NULL,"
                + " payload BLOB) STRICT");
        statement.execute("CREATE INDEX entries_by_stream ON entries (stream, position)");
        statement.execute("CREATE INDEX entries_by_type ON entries (type, recorded_at)");
      }
      connection.setAutoCommit(false);
      done = 0;
      return connection.prepareStatement(
          "INSERT INTO entries (position, stream, type, recorded_at, id, payload) VALUES (?, ?, ?,"
              + " ?, ?, ?)");
    }

    long step() throws SQLException, IOException {
      PreparedStatement into = insert;
      if (into == null || done == events) {
        into = fresh();
        insert = into;
      }
      int batch = Math.min(BATCH, events - done);
      for (int i = 0; i < batch; i++) {
        into.setLong(1, ++done);
        into.setString(2, "bench");
        into.setString(3, "event");
        into.setLong(4, 1_700_000_000_000L + done);
        into.setString(5, Workload.id(done));
        into.setBytes(6, workload.payload(done));
        into.addBatch();
      }
      into.executeBatch();
      into.getConnection().commit();
      return batch;
    }

    @Override
    public void close() throws SQLException {
      for (Connection connection : open) {
        connection.close();
      }
      open.clear();
    }
  }
}
