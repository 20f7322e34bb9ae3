package dev.stele.mcp.store;

import static dev.stele.mcp.store.Messages.ALICE;
import static dev.stele.mcp.store.Messages.BOB;
import static dev.stele.mcp.store.Messages.SESSION;
import static dev.stele.mcp.store.Messages.append;
import static dev.stele.mcp.store.Messages.json;
import static dev.stele.mcp.store.Messages.jsons;
import static dev.stele.mcp.store.Messages.note;
import static dev.stele.mcp.store.Messages.notes;
import static dev.stele.mcp.store.Messages.replay;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.storage.AssembledStorage;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.ViewStore;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.view.McpView;
import dev.stele.testkit.FailingEngine;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A disk that goes and comes back under an open store. */
class AStoreOnAFailingDiskTest {
  private static final long SEED = 17_042;

  /** An engine whose disk can be taken away: then nothing is read and nothing is written. */
  private static final class Disk extends FailingEngine {
    volatile boolean gone;

    Disk() {
      super(new MemoryLogEngine());
    }

    private void require() {
      if (gone) {
        throw new StorageFailed("the disk is gone, as the test wants");
      }
    }

    @Override
    public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
      require();
      return super.commit(log, expected, batch, durability);
    }

    @Override
    public Head head(LogId log) {
      require();
      return super.head(log);
    }

    @Override
    public List<Row> read(LogId log, long after, int limit) {
      require();
      return super.read(log, after, limit);
    }

    @Override
    public List<Row> readStream(LogId log, IndexKey stream, long afterRevision, int limit) {
      require();
      return super.readStream(log, stream, afterRevision, limit);
    }

    @Override
    public long lastRevision(LogId log, IndexKey stream) {
      require();
      return super.lastRevision(log, stream);
    }
  }

  private final Disk disk = new Disk();
  private final McpEventStore store = open(McpStoreOptions.DEFAULT.caching(10, 1_000_000));

  private McpEventStore open(McpStoreOptions options) {
    return new ObservedMcpEventStore(
        LogMcpEventStore.open(
            AssembledStorage.open(
                new StorageRequest(
                    "failing:",
                    false,
                    List.of(new McpView()),
                    SideTables.Definition.NONE,
                    List.of(),
                    Optional.empty()),
                Optional.empty(),
                new AssembledStorage.Parts() {
                  @Override
                  public LogEngine engine() {
                    return disk;
                  }

                  @Override
                  public ViewStore views() {
                    return new MemoryViewStore();
                  }

                  @Override
                  public ViewStore side() {
                    return new MemoryViewStore();
                  }
                }),
            options.with(new McpEventStoreTck.HandClock(), new Random(SEED))));
  }

  @AfterEach
  void close() {
    disk.gone = false;
    store.close();
  }

  @Test
  void fails_appends_loudly_and_takes_them_again_when_it_is_back() {
    String first = append(store, ALICE, "1", note(1)).eventId();
    disk.gone = true;

    assertThatThrownBy(() -> store.append(ALICE, "1", note(2))).isInstanceOf(StorageFailed.class);
    assertThatThrownBy(() -> store.append(ALICE, "new", note(2))).isInstanceOf(StorageFailed.class);
    disk.gone = false;

    assertThat(append(store, ALICE, "1", note(3)).sequence()).isEqualTo(2);
    assertThat(replay(store, ALICE, first).messages()).containsExactly(json(3));
    assertThat(store.stats().latencies().get("append"))
        .isNotNull()
        .extracting(McpStoreStats.Latency::failures)
        .isEqualTo(2L);
  }

  @Test
  void is_stood_in_for_by_memory_which_says_so() {
    store.putSession(ALICE, SESSION);
    String first = append(store, ALICE, "1", note(1)).eventId();
    store.appendAll(ALICE, "1", notes(5));
    disk.gone = true;
    assertThatThrownBy(() -> store.append(ALICE, "1", note(6))).isInstanceOf(StorageFailed.class);

    Messages.Got got = replay(store, ALICE, first);

    assertThat(got.messages()).isEqualTo(jsons(1, 5));
    assertThat(got.end()).isEqualTo(new McpReplay.Open("1", 5, 6, true));
  }

  @Test
  void is_not_stood_in_for_where_memory_has_a_gap() {
    append(store, ALICE, "1", note(0));
    store.appendAll(ALICE, "1", notes(20));
    disk.gone = true;

    assertThatThrownBy(() -> replay(store, ALICE, McpEventId.of(ALICE, "1", 10)))
        .as("events 12 to 21 are in memory, 11 is not")
        .isInstanceOf(StorageFailed.class);
    assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 11)).messages())
        .isEqualTo(jsons(11, 20));
    assertThatThrownBy(() -> replay(store, BOB, McpEventId.of(BOB, "1", 1)))
        .as("of a stream that memory does not know")
        .isInstanceOf(StorageFailed.class);

    disk.gone = false;
    assertThat(replay(store, ALICE, McpEventId.of(ALICE, "1", 10)).messages())
        .isEqualTo(jsons(10, 20));
  }

  @Test
  void may_have_kept_an_append_that_failed_and_then_it_is_replayed_in_its_place() {
    String first = append(store, ALICE, "1", note(1)).eventId();
    disk.next(FailingEngine.Next.FAILS_AFTER);
    assertThatThrownBy(() -> store.append(ALICE, "1", note(2))).isInstanceOf(StorageFailed.class);

    Messages.Got got = replay(store, ALICE, first);
    assertThat(got.messages()).containsExactly(json(2));
    assertThat(append(store, ALICE, "1", note(3)).sequence()).isEqualTo(3);
    assertThat(replay(store, ALICE, first).messages()).containsExactly(json(2), json(3));
  }

  @Test
  void may_have_lost_an_append_that_failed_and_then_its_place_is_the_next_ones() {
    String first = append(store, ALICE, "1", note(1)).eventId();
    disk.next(FailingEngine.Next.FAILS_BEFORE);
    assertThatThrownBy(() -> store.append(ALICE, "1", note(2))).isInstanceOf(StorageFailed.class);

    assertThat(replay(store, ALICE, first).messages()).isEmpty();
    assertThat(append(store, ALICE, "1", note(3)).sequence()).isEqualTo(2);
    assertThat(replay(store, ALICE, first).messages()).containsExactly(json(3));
  }

  @Test
  void leaves_a_stream_open_whose_completion_it_lost() {
    append(store, ALICE, "1", note(1));
    disk.next(FailingEngine.Next.FAILS_BEFORE);
    assertThatThrownBy(() -> store.complete(ALICE, "1")).isInstanceOf(StorageFailed.class);

    assertThat(append(store, ALICE, "1", note(2)).sequence()).isEqualTo(2);
  }

  @Test
  void leaves_a_stream_complete_whose_completion_it_kept() {
    append(store, ALICE, "1", note(1));
    disk.next(FailingEngine.Next.FAILS_AFTER);
    assertThatThrownBy(() -> store.complete(ALICE, "1")).isInstanceOf(StorageFailed.class);

    assertThat(store.append(ALICE, "1", note(2))).isEqualTo(new McpAppend.StreamCompleted());
  }

  @Test
  void ends_a_session_or_not_as_the_log_says() {
    store.putSession(ALICE, SESSION);
    store.putSession(BOB, SESSION);
    disk.next(FailingEngine.Next.FAILS_BEFORE);
    assertThatThrownBy(() -> store.endSession(ALICE)).isInstanceOf(StorageFailed.class);
    disk.next(FailingEngine.Next.FAILS_AFTER);
    assertThatThrownBy(() -> store.endSession(BOB)).isInstanceOf(StorageFailed.class);

    assertThat(append(store, ALICE, "1", note(1)).sequence()).isEqualTo(1);
    assertThat(store.append(BOB, "1", note(1))).isEqualTo(new McpAppend.SessionEnded());
  }

  @Test
  void gives_every_ack_its_place_while_it_comes_and_goes_under_many_callers() throws Exception {
    int callers = 6;
    try (ExecutorService threads = Executors.newFixedThreadPool(callers + 1)) {
      Future<?> weather =
          threads.submit(
              () -> {
                Random random = new Random(SEED);
                for (int i = 0; i < 200; i++) {
                  disk.next(
                      random.nextBoolean()
                          ? FailingEngine.Next.FAILS_AFTER
                          : FailingEngine.Next.FAILS_BEFORE);
                  Thread.onSpinWait();
                }
              });
      List<Future<Integer>> running =
          IntStream.range(0, callers)
              .mapToObj(caller -> threads.submit(() -> appendUntil(caller % 2, weather)))
              .toList();
      for (Future<Integer> one : running) {
        assertThat(one.get()).isPositive();
      }
    }
    for (int stream = 0; stream < 2; stream++) {
      String name = String.valueOf(stream);
      String before = append(store, ALICE, name, note(-1)).eventId();
      append(store, ALICE, name, note(-2));
      assertThat(replay(store, ALICE, before).messages()).containsExactly(json(-2));
    }
  }

  /** Appends until the weather is over, and requires each ack to be what is at its place. */
  private int appendUntil(int stream, Future<?> weather) {
    String name = String.valueOf(stream);
    int acked = 0;
    for (long number = 1; number < 50 || !weather.isDone(); number++) {
      try {
        McpAppend.Appended ack = append(store, ALICE, name, note(number));
        acked++;
        if (ack.sequence() > 1) {
          String behind = McpEventId.of(ALICE, name, ack.sequence() - 1);
          assertThat(replay(store, ALICE, behind).messages().getFirst()).isEqualTo(json(number));
        }
      } catch (StorageFailed e) {
        assertThat(e).hasMessageContaining("as the test wants");
      }
    }
    return acked;
  }
}
