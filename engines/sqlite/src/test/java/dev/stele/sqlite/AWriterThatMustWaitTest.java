package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogId;
import dev.stele.core.view.ViewStore.Slot;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.Rows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SQLite's write lock is held for a moment by somebody else, as a reader holds it that finds the
 * shared index half written.
 */
@Tag("engine")
class AWriterThatMustWaitTest {
  private static final LogId LOG = LogId.MAIN;

  @TempDir Path folder;

  /** Holds the lock, lets it go a moment after the caller went on, and does the work meanwhile. */
  private static void whileLocked(Path database, Runnable work) throws Exception {
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      CompletableFuture<Void> release =
          CompletableFuture.runAsync(
              () -> {
                try {
                  statement.execute("ROLLBACK");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              },
              CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS));
      work.run();
      release.get();
    }
  }

  @Test
  void commits_to_the_log_when_its_turn_comes() throws Exception {
    Path database = folder.resolve("log.db");
    Rows rows = new Rows();
    try (SqliteLogEngine engine = SqliteLogEngine.openWriter(database)) {
      rows.commit(engine, LOG, "a", 1);
      whileLocked(database, () -> rows.commit(engine, LOG, "a", 1));
      assertThat(engine.head(LOG).size()).isEqualTo(2);
    }
  }

  @Test
  void changes_a_view_when_its_turn_comes() throws Exception {
    Path database = folder.resolve("log.views.db");
    try (SqliteViewStore store = SqliteViewStore.openWriter(database)) {
      store.begin("entries", Slot.LIVE, 1, new EntriesView().tables(), 0);
      whileLocked(
          database,
          () ->
              store.change(
                  "entries",
                  Slot.LIVE,
                  tables -> {
                    byte[] payload = "hello".getBytes(StandardCharsets.UTF_8);
                    tables.put(EntriesView.ENTRIES, 1, "letters", "sent", 0L, "id-1", payload);
                    return new Head(1, new byte[32]);
                  }));
      assertThat(store.find("entries", Slot.LIVE).orElseThrow().position()).isEqualTo(1);
    }
  }
}
