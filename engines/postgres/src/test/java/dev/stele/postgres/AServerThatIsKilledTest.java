package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.Rows;
import dev.stele.testkit.Scale;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What was acknowledged, when the server dies at once, and when a connection does. */
@Tag("crash")
class AServerThatIsKilledTest {
  private static final int LOGS = 4;
  private static final long SEED = 20_261;

  /** What one writer was told. */
  private record Told(LogId log, List<Row> acked) {}

  private static Told writeUntilItFails(PostgresLogEngine engine, LogId log, CountDownLatch begun) {
    Rows rows = new Rows();
    List<Row> acked = new ArrayList<>();
    try {
      while (true) {
        Head before = rows.head();
        List<Row> next = rows.next("a", 1 + acked.size() % 5);
        CommitResult result =
            engine.commit(log, before, new Batch(next, List.of(), null), Durability.DURABLE);
        assertThat(result).isEqualTo(new CommitResult.Committed(Durability.DURABLE));
        acked.addAll(next);
        begun.countDown();
      }
    } catch (StorageFailed e) {
      return new Told(log, acked);
    }
  }

  @Test
  void has_every_acknowledged_row_when_it_is_back_and_batches_are_whole() throws Exception {
    Random random = new Random(SEED);
    try (PostgresServer server = PostgresServer.start(PostgresServer.Sync.ON, Map.of());
        ExecutorService threads = Executors.newFixedThreadPool(LOGS)) {
      for (int round = 0; round < Scale.of(20); round++) {
        String database = server.freshDatabase();
        try (PostgresLogEngine engine =
            PostgresLogEngine.openWriter(
                database, PostgresOptions.DEFAULT, List.of(new EntriesView()))) {
          CountDownLatch begun = new CountDownLatch(20 + random.nextInt(200));
          List<Future<Told>> writers = new ArrayList<>();
          for (int i = 0; i < LOGS; i++) {
            LogId log = i == 0 ? LogId.MAIN : new LogId("log-" + i);
            writers.add(threads.submit(() -> writeUntilItFails(engine, log, begun)));
          }
          begun.await();
          server.kill();
          List<Told> told = new ArrayList<>();
          for (Future<Told> writer : writers) {
            told.add(writer.get());
          }
          assertThatThrownBy(() -> engine.head(LogId.MAIN)).isInstanceOf(StorageFailed.class);
          server.restart();
          for (Told each : told) {
            assertThat(engine.read(each.log(), 0, 100_000))
                .as("seed %d round %d", SEED, round)
                .usingRecursiveFieldByFieldElementComparator()
                .startsWith(each.acked().toArray(Row[]::new));
            long more = engine.head(each.log()).size() - each.acked().size();
            assertThat(more)
                .as("rows of the one batch in flight")
                .isIn(0L, 1L + each.acked().size() % 5);
          }
          assertThat(engine.inlineViews().getFirst().position())
              .isEqualTo(engine.head(LogId.MAIN).size());
          assertThat(engine.selfCheck()).isEmpty();
        }
      }
    }
  }

  @Test
  void a_lost_connection_fails_a_commit_at_most_and_a_read_not_at_all() throws Exception {
    String database = PostgresServer.shared().freshDatabase();
    Rows rows = new Rows();
    try (PostgresLogEngine engine = PostgresLogEngine.openWriter(database);
        Connection administrator = PostgresServer.shared().connect(database);
        Statement statement = administrator.createStatement()) {
      rows.commit(engine, LogId.MAIN, "a", 2);
      String cut =
          "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND pid <> pg_backend_pid()";
      statement.execute(cut);
      assertThat(engine.read(LogId.MAIN, 0, 10)).hasSize(2);
      statement.execute(cut);
      List<Row> next = rows.next("a", 1);
      assertThatThrownBy(
              () ->
                  engine.commit(LogId.MAIN, rows.committed(), Rows.batch(next), Durability.DURABLE))
          .isInstanceOf(StorageFailed.class);
      assertThat(engine.head(LogId.MAIN)).isEqualTo(rows.committed());
      rows.commit(engine, LogId.MAIN, Rows.batch(next));
      assertThat(engine.head(LogId.MAIN)).isEqualTo(rows.head());
    }
  }

  @Test
  void without_its_syncs_no_ack_says_durable() {
    try (PostgresLogEngine engine =
        PostgresLogEngine.openWriter(PostgresServer.shared().freshDatabase())) {
      Rows rows = new Rows();
      assertThat(engine.strongest()).isEqualTo(Durability.OS);
      assertThat(
              engine.commit(
                  LogId.MAIN, rows.committed(), Rows.batch(rows.next("a", 1)), Durability.DURABLE))
          .isEqualTo(new CommitResult.Committed(Durability.OS));
    }
  }
}
