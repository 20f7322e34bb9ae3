package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.testkit.Rows;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ADamagedFileTest {
  private static final int PAGE = 4_096;

  @TempDir Path folder;

  private final Rows rows = new Rows();

  private Path file() {
    return folder.resolve("log.lmdb");
  }

  private byte[] written() throws IOException {
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file(), SmallLog.SMALL_STEPS)) {
      for (int i = 0; i < 40; i++) {
        rows.commit(writer, LogId.MAIN, Rows.batch(rows.next("a", 3)));
      }
    }
    return Files.readAllBytes(file());
  }

  private void assertDamaged() {
    for (boolean writing : new boolean[] {false, true}) {
      assertThatThrownBy(
              () -> {
                try (LogEngine engine =
                    writing ? LmdbLogEngine.openWriter(file()) : LmdbLogEngine.openReader(file())) {
                  engine.read(LogId.MAIN, 0, 1_000);
                }
              })
          .asInstanceOf(type(StorageFailed.class))
          .matches(StorageFailed::damaged);
    }
  }

  @Test
  void of_random_bytes_is_refused() throws IOException {
    byte[] noise = new byte[50_000];
    new Random(1).nextBytes(noise);
    Files.write(file(), noise);
    assertDamaged();
  }

  @Test
  void of_text_is_refused() throws IOException {
    Files.writeString(file(), "no log at all");
    assertDamaged();
  }

  @Test
  void that_is_empty_is_no_log_to_a_reader_and_a_new_one_to_a_writer() throws IOException {
    Files.createFile(file());
    assertThatThrownBy(() -> LmdbLogEngine.openReader(file())).isInstanceOf(StorageFailed.class);
    try (LogEngine writer = LmdbLogEngine.openWriter(file())) {
      rows.commit(writer, LogId.MAIN, "a", 1);
    }
  }

  @Test
  void that_was_cut_anywhere_is_refused_or_still_whole() throws IOException {
    byte[] whole = written();
    int refused = 0;
    for (int length = 0; length < whole.length; length += PAGE / 2) {
      Files.write(file(), Arrays.copyOf(whole, length));
      try (LmdbLogEngine reader = LmdbLogEngine.openReader(file())) {
        boolean sound = reader.selfCheck().isEmpty();
        if (sound) {
          assertThat(reader.read(LogId.MAIN, 0, 1_000)).hasSize((int) rows.head().size());
        } else {
          refused++;
        }
      } catch (StorageFailed e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(5);
  }

  @Test
  void whose_end_was_cut_takes_no_commit_that_would_follow_it() throws IOException {
    byte[] whole = written();
    int survived = 0;
    for (int length = 2 * PAGE; length < whole.length; length += PAGE) {
      Files.write(file(), Arrays.copyOf(whole, length));
      try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file(), SmallLog.SMALL_STEPS)) {
        var _ =
            writer.commit(
                LogId.MAIN, rows.head(), Rows.batch(rows.next("a", 0)), Durability.DURABLE);
      } catch (StorageFailed e) {
        assertThat(e.damaged()).isTrue();
      }
      survived++;
    }
    assertThat(survived).isPositive();
  }

  @Test
  void that_is_cut_while_it_is_read_fails_the_reading_and_not_the_process() throws IOException {
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file(), SmallLog.SMALL_STEPS)) {
      rows.commit(writer, LogId.MAIN, "a", 3_000);
      assertThat(writer.read(LogId.MAIN, 0, 10)).hasSize(10);
    }
    LmdbLogEngine reader = LmdbLogEngine.openReader(file());
    assertThat(reader.read(LogId.MAIN, 0, 3_000)).hasSize(3_000);
    try (RandomAccessFile other = new RandomAccessFile(file().toFile(), "rw")) {
      other.setLength(8L * PAGE);
    }
    assertThatThrownBy(() -> reader.readPage(LogId.MAIN, 0, 3_000))
        .asInstanceOf(type(StorageFailed.class))
        .matches(StorageFailed::damaged);
    reader.close();
  }

  @Test
  void of_an_environment_that_is_not_a_logs_is_refused() throws Exception {
    Environment other = Environment.open(file(), Purpose.LOG, SmallLog.SMALL_STEPS, true);
    other.prepareToWrite();
    var _ =
        other.write(
            true,
            changes -> {
              changes.put(
                  Database.META,
                  Layout.VERSION_KEY,
                  "Somebody".getBytes(StandardCharsets.US_ASCII));
              return true;
            });
    other.retire();
    assertDamaged();
  }
}
