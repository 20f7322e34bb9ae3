package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.LogId;
import dev.stele.testkit.Rows;
import dev.stele.testkit.Scale;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ClosingWhileReadingTest {
  /**
   * More than may read at once; in the first round only, since they take turns on few processors.
   */
  private static final int MANY = 80;

  private static final int SOME = 6;

  @TempDir Path folder;

  @Test
  void waits_for_those_who_read_and_refuses_those_who_come_later() throws Exception {
    Path file = folder.resolve("log.lmdb");
    Rows rows = new Rows();
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file)) {
      rows.commit(writer, LogId.MAIN, "a", 2_000);
    }
    for (int round = 0; round < Scale.of(300); round++) {
      int count = round == 0 ? MANY : SOME;
      LmdbLogEngine engine =
          round % 2 == 0 ? LmdbLogEngine.openReader(file) : LmdbLogEngine.openWriter(file);
      CountDownLatch reading = new CountDownLatch(count);
      Callable<Integer> reader =
          () -> {
            int reads = 0;
            try {
              while (true) {
                assertThat(engine.readPage(LogId.MAIN, reads % 1_900, 100).rows()).hasSize(100);
                assertThat(engine.find(LogId.MAIN, Rows.claimOf(7))).isEqualTo(7);
                if (reads++ == 0) {
                  reading.countDown();
                }
              }
            } catch (LogClosed e) {
              return reads;
            }
          };
      try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
        List<Future<Integer>> readers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          readers.add(threads.submit(reader));
        }
        reading.await();
        engine.close();
        for (Future<Integer> each : readers) {
          assertThat(each.get()).isPositive();
        }
      }
    }
  }

  @Test
  void from_within_a_scan_leaves_the_scan_its_snapshot() {
    Path file = folder.resolve("log.lmdb");
    Rows rows = new Rows();
    LmdbLogEngine writer = LmdbLogEngine.openWriter(file);
    rows.commit(writer, LogId.MAIN, "a", 2_000);
    List<Long> seen = new ArrayList<>();
    long covered =
        writer.scanClaims(
            LogId.MAIN,
            entry -> {
              writer.close();
              seen.add(entry.position());
            });
    assertThat(covered).isEqualTo(2_000);
    assertThat(seen).hasSize(2_000);
  }
}
