package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.testkit.Rows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class AGrowingFileTest {
  private static final long KIB_64 = 1L << 16;

  @TempDir Path folder;

  private final Rows rows = new Rows();

  @Test
  void is_mapped_anew_while_readers_are_at_work() throws Exception {
    Path file = folder.resolve("log.lmdb");
    AtomicBoolean done = new AtomicBoolean();
    try (LmdbLogEngine writer =
            LmdbLogEngine.openWriter(file, new LmdbOptions(KIB_64, 1L << 30, 1));
        LmdbLogEngine other = LmdbLogEngine.openReader(file);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      rows.commit(writer, LogId.MAIN, "a", 1);
      List<Future<Long>> readers = new ArrayList<>();
      for (LogEngine engine : List.of(writer, other, writer, other)) {
        Callable<Long> reading =
            () -> {
              long looks = 0;
              while (!done.get()) {
                long size = engine.head(LogId.MAIN).size();
                List<Row> last = engine.read(LogId.MAIN, size - 1, 1);
                assertThat(last.getFirst().position()).isEqualTo(size);
                assertThat(engine.find(LogId.MAIN, Rows.claimOf(size))).isEqualTo(size);
                looks++;
              }
              return looks;
            };
        readers.add(threads.submit(reading));
      }
      try {
        for (int i = 0; i < 400; i++) {
          Row large = rows.next("a", new byte[20_000]);
          rows.commit(writer, LogId.MAIN, Rows.batch(List.of(large)));
        }
      } finally {
        done.set(true);
      }
      for (Future<Long> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
      assertThat(writer.selfCheck()).isEmpty();
      assertThat(file.toFile().length()).isGreaterThan(100 * KIB_64);
    }
  }

  @Test
  void ends_at_the_bound_with_an_advice_and_everything_before_is_there() {
    Path file = folder.resolve("log.lmdb");
    try (LmdbLogEngine writer =
        LmdbLogEngine.openWriter(file, new LmdbOptions(KIB_64, 4 * KIB_64, 1))) {
      assertThatThrownBy(
              () -> {
                while (true) {
                  Row large = rows.next("a", new byte[20_000]);
                  rows.commit(writer, LogId.MAIN, Rows.batch(List.of(large)));
                }
              })
          .isInstanceOf(StorageFailed.class)
          .hasMessageContaining("maxMapBytes");
      assertThat(writer.head(LogId.MAIN)).isEqualTo(rows.committed());
      assertThat(writer.read(LogId.MAIN, 0, 1_000)).hasSize((int) rows.committed().size());
      assertThat(writer.selfCheck()).isEmpty();
    }
    Rows more = rows;
    try (LmdbLogEngine larger = LmdbLogEngine.openWriter(file)) {
      assertThat(larger.head(LogId.MAIN)).isEqualTo(more.committed());
    }
  }

  @Test
  void that_has_outgrown_its_options_can_be_opened_with_them_again() {
    Path file = folder.resolve("log.lmdb");
    for (int i = 0; i < 3; i++) {
      try (LmdbLogEngine writer =
          LmdbLogEngine.openWriter(file, new LmdbOptions(KIB_64, 1L << 30, 1))) {
        for (int n = 0; n < 10; n++) {
          Row large = rows.next("a", new byte[20_000]);
          rows.commit(writer, LogId.MAIN, Rows.batch(List.of(large)));
        }
        assertThat(writer.head(LogId.MAIN)).isEqualTo(rows.head());
      }
    }
  }
}
