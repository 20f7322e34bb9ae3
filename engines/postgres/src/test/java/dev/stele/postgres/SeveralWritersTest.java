package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.event.Body;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.EventRecord;
import dev.stele.core.event.StoredEvent;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.Rows;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Several engines on one log, as several processes have it. */
@Tag("engine")
class SeveralWritersTest {
  private static final LogId LOG = LogId.MAIN;
  private static final byte[] GENESIS = EventRecord.genesis("test.example/race");

  private final AtomicLong claims = new AtomicLong();
  private String database;

  @BeforeEach
  void make() {
    database = PostgresServer.shared().freshDatabase();
  }

  /** The rows that continue a head, in a stream that only its writer has. */
  private List<Row> after(Head head, String stream, long revision, int count) {
    List<Row> rows = new ArrayList<>();
    byte[] link = head.size() == 0 ? GENESIS : head.link();
    for (int i = 0; i < count; i++) {
      long position = head.size() + 1 + i;
      EventDraft draft = EventDraft.of(stream, "raced", "", new byte[] {(byte) position});
      byte[] body = Body.encode(draft, new byte[Body.SALT_BYTES]);
      byte[] record =
          EventRecord.encodeUnplaced(
              stream.getBytes(StandardCharsets.UTF_8),
              "raced".getBytes(StandardCharsets.UTF_8),
              new byte[0],
              "test/1".getBytes(StandardCharsets.UTF_8),
              Body.hash(body),
              draft);
      EventRecord.place(record, position, link, 1_000 + position, revision + i);
      link = EventRecord.link(record);
      rows.add(
          new Row(position, link, record, body, Rows.claimOf(claims.incrementAndGet()).bytes()));
    }
    return rows;
  }

  /** Commits batches, coming back with the head it is told whenever it was late. */
  private int race(LogEngine engine, String stream, int batches) {
    int lost = 0;
    Head head = engine.head(LOG);
    long revision = 1;
    for (int done = 0; done < batches; ) {
      int count = 1 + done % 3;
      List<Row> rows = after(head, stream, revision, count);
      switch (engine.commit(LOG, head, new Batch(rows, List.of(), null), Durability.DURABLE)) {
        case CommitResult.Committed _ -> {
          head = new Head(rows.getLast().position(), rows.getLast().link());
          revision += count;
          done++;
        }
        case CommitResult.HeadMoved(Head actual) -> {
          head = actual;
          lost++;
        }
        case CommitResult.Fenced(String reason) -> throw new AssertionError(reason);
      }
    }
    return lost;
  }

  @Test
  void two_engines_with_four_threads_each_make_one_chain_without_a_gap() throws Exception {
    try (PostgresLogEngine one = PostgresLogEngine.openWriter(database);
        PostgresLogEngine two = PostgresLogEngine.openWriter(database);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Integer>> racers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        LogEngine engine = i % 2 == 0 ? one : two;
        String stream = "writer-" + i;
        racers.add(threads.submit(() -> race(engine, stream, 30)));
      }
      int lost = 0;
      for (Future<Integer> racer : racers) {
        lost += racer.get();
      }
      assertThat(lost).as("commits that came too late").isPositive();
      List<Row> rows = one.read(LOG, 0, 10_000);
      assertThat(rows).hasSize(8 * 60);
      byte[] link = GENESIS;
      for (int i = 0; i < rows.size(); i++) {
        Row row = rows.get(i);
        assertThat(row.position()).isEqualTo(i + 1);
        StoredEvent event = new StoredEvent(row.link(), row.record(), row.body());
        assertThat(event.previousLink()).isEqualTo(link);
        assertThat(EventRecord.link(row.record())).isEqualTo(row.link());
        link = row.link();
      }
      assertThat(two.head(LOG)).isEqualTo(new Head(480, link));
      for (int i = 0; i < 8; i++) {
        assertThat(two.lastRevision(LOG, Rows.keyOf("writer-" + i))).isEqualTo(60);
      }
    }
  }

  /** What a follower asks for: the positions after one. */
  private interface Source {
    List<Long> after(long position) throws SQLException;
  }

  /** Follows once: gives what is new, which must come right after what was known. */
  private static long follow(Source source, long known, List<Long> seen) throws SQLException {
    long last = known;
    for (long position : source.after(known)) {
      seen.add(position);
      last = position;
    }
    return last;
  }

  @Test
  void a_reader_that_follows_never_misses_a_position() throws Exception {
    int batches = 60;
    try (PostgresLogEngine one = PostgresLogEngine.openWriter(database);
        PostgresLogEngine two = PostgresLogEngine.openWriter(database);
        ExecutorService threads = Executors.newFixedThreadPool(5)) {
      int total = 4 * batches * 2;
      Callable<List<Long>> follower =
          () -> {
            List<Long> seen = new ArrayList<>();
            long known = 0;
            while (known < total) {
              known =
                  follow(
                      after -> two.read(LOG, after, 7).stream().map(Row::position).toList(),
                      known,
                      seen);
            }
            return seen;
          };
      Future<List<Long>> following = threads.submit(follower);
      List<Future<Integer>> racers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        LogEngine engine = i % 2 == 0 ? one : two;
        String stream = "writer-" + i;
        racers.add(threads.submit(() -> race(engine, stream, batches)));
      }
      for (Future<Integer> racer : racers) {
        racer.get();
      }
      List<Long> seen = following.get();
      assertThat(seen).hasSize(total);
      for (int i = 0; i < total; i++) {
        assertThat(seen.get(i)).isEqualTo(i + 1);
      }
    }
  }

  @Test
  void the_same_reader_misses_one_where_a_sequence_gives_the_positions() throws Exception {
    PostgresServer server = PostgresServer.shared();
    try (Connection reader = server.connect(database);
        Connection slow = server.connect(database);
        Connection quick = server.connect(database);
        Statement reading = reader.createStatement();
        Statement slowly = slow.createStatement();
        Statement quickly = quick.createStatement()) {
      reading.execute("CREATE TABLE naive (position bigserial PRIMARY KEY, who text)");
      Source naive =
          after -> {
            List<Long> positions = new ArrayList<>();
            try (ResultSet rows =
                reading.executeQuery(
                    "SELECT position FROM naive WHERE position > " + after + " ORDER BY 1")) {
              while (rows.next()) {
                positions.add(rows.getLong(1));
              }
            }
            return positions;
          };
      slow.setAutoCommit(false);
      slowly.execute("INSERT INTO naive (who) VALUES ('slow')");
      quickly.execute("INSERT INTO naive (who) VALUES ('quick')");
      List<Long> seen = new ArrayList<>();
      long known = follow(naive, 0, seen);
      slow.commit();
      follow(naive, known, seen);
      assertThat(seen).as("the row of the slow one is there, and was missed").containsExactly(2L);
      assertThat(naive.after(0)).containsExactly(1L, 2L);
    }
  }
}
