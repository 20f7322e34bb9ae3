package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Rows;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class OtherProcessesTest {
  @TempDir Path folder;

  private final Rows rows = new Rows();

  private Path file() {
    return folder.resolve("shared.lmdb");
  }

  /** Opens the file and says what came of it. */
  static final class Once {
    private Once() {}

    public static void main(String[] arguments) {
      Path file = Path.of(arguments[1]);
      try (LogEngine engine =
          arguments[0].equals("write")
              ? LmdbLogEngine.openWriter(file)
              : LmdbLogEngine.openReader(file)) {
        System.out.println("size " + engine.head(LogId.MAIN).size());
      } catch (StorageFailed e) {
        System.out.println("refused");
      }
    }
  }

  /** Keeps the file open to read, and says what it sees whenever it is asked. */
  static final class Following {
    private Following() {}

    public static void main(String[] arguments) throws IOException {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      try (LmdbLogEngine engine = LmdbLogEngine.openReader(Path.of(arguments[0]))) {
        System.out.println("ready");
        for (String asked = in.readLine(); asked != null; asked = in.readLine()) {
          switch (asked) {
            case "hold" ->
                engine.scanClaims(
                    LogId.MAIN,
                    _ -> {
                      System.out.println("holding");
                      try {
                        Thread.sleep(Long.MAX_VALUE);
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    });
            default -> {
              long size = engine.head(LogId.MAIN).size();
              long first = engine.read(LogId.MAIN, 0, 1).getFirst().position();
              long found = engine.find(LogId.MAIN, Rows.claimOf(size));
              System.out.println(size + " " + first + " " + found);
            }
          }
        }
      }
    }
  }

  private String inAnotherProcess(String what) throws Exception {
    return ChildJvm.run(Once.class, what, file().toString());
  }

  @Test
  void a_second_writer_is_refused_also_after_one_of_this_process_was() throws Exception {
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file())) {
      assertThat(inAnotherProcess("write")).isEqualTo("refused");
      assertThatThrownBy(() -> LmdbLogEngine.openWriter(file())).isInstanceOf(StorageFailed.class);
      try (LmdbLogEngine reader = LmdbLogEngine.openReader(file())) {
        assertThat(reader.head(LogId.MAIN).size()).isZero();
      }
      assertThat(inAnotherProcess("write")).isEqualTo("refused");
      assertThat(writer.head(LogId.MAIN).size()).isZero();
    }
    assertThat(inAnotherProcess("write")).isEqualTo("size 0");
  }

  @Test
  void a_reader_sees_each_commit_also_after_the_file_was_compacted() throws Exception {
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file())) {
      rows.commit(writer, LogId.MAIN, "a", 2_000);
      Process process = ChildJvm.start(Following.class, List.of(file().toString()));
      try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
          BufferedWriter in = process.outputWriter(StandardCharsets.UTF_8)) {
        assertThat(out.readLine()).isEqualTo("ready");
        for (int round = 1; round <= 5; round++) {
          rows.commit(writer, LogId.MAIN, "a", 10);
          assertThat(ask(in, out)).isEqualTo(seen((round - 1) * 100L + 1));
          writer.commitTrimming(
              LogId.MAIN, rows.head(), Rows.batch(List.of()), round * 100L, Durability.OS);
          assertThat(ask(in, out)).isEqualTo(seen(round * 100L + 1));
          assertThat(writer.compact().bytesAfter()).isPositive();
          assertThat(ask(in, out)).isEqualTo(seen(round * 100L + 1));
        }
      } finally {
        process.destroyForcibly();
        process.waitFor();
      }
      assertThat(writer.selfCheck()).isEmpty();
    }
  }

  private String seen(long first) {
    return rows.head().size() + " " + first + " " + rows.head().size();
  }

  private static String ask(BufferedWriter in, BufferedReader out) throws IOException {
    in.write("look\n");
    in.flush();
    return out.readLine();
  }

  @Test
  void a_killed_reader_does_not_keep_pages_from_being_used_again() throws Exception {
    // Small steps, so that growth is noticed.
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file(), SmallLog.SMALL_STEPS)) {
      rows.commit(writer, LogId.MAIN, "a", 1);
      Process process = ChildJvm.start(Following.class, List.of(file().toString()));
      try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
          BufferedWriter in = process.outputWriter(StandardCharsets.UTF_8)) {
        assertThat(out.readLine()).isEqualTo("ready");
        in.write("hold\n");
        in.flush();
        assertThat(out.readLine()).isEqualTo("holding");
      } finally {
        process.destroyForcibly();
        process.waitFor();
      }
      for (int i = 0; i < 500; i++) {
        writer.commit(
            LogId.MAIN,
            rows.head(),
            Rows.batchWithCheckpoint(List.of(), rows.head().size()),
            Durability.OS);
      }
      assertThat(file().toFile().length()).isLessThan(500_000);
    }
  }

  @Test
  void a_writer_whose_log_was_taken_over_is_fenced_and_stores_nothing() throws Exception {
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file())) {
      rows.commit(writer, LogId.MAIN, "a", 3);
      // A writer on a file system without locks, whose lock file gave no protection.
      LmdbFile same = LmdbFile.open(file(), Purpose.LOG, LmdbOptions.DEFAULT, false);
      byte[] key = Layout.logKey("main");
      var _ =
          same.write(
              "take over",
              true,
              changes -> {
                changes.put(Database.META, key, new Layout.LogEntry(0, 0, 2).encode(key));
                return true;
              });
      same.close();
      assertThat(
              writer.commit(
                  LogId.MAIN, rows.head(), Rows.batch(rows.next("a", 1)), Durability.DURABLE))
          .isInstanceOf(CommitResult.Fenced.class);
      assertThat(writer.head(LogId.MAIN).size()).isEqualTo(3);
    }
  }

  @Test
  void what_an_unfinished_compaction_left_is_removed() throws Exception {
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file())) {
      rows.commit(writer, LogId.MAIN, "a", 3);
      LmdbFile same = LmdbFile.open(file(), Purpose.LOG, LmdbOptions.DEFAULT, false);
      var _ =
          same.write(
              "announce",
              true,
              changes -> {
                changes.put(Database.META, Layout.BEING_REPLACED, new byte[0]);
                return true;
              });
      same.close();
    }
    Path left = folder.resolve("shared.lmdb.compacting");
    java.nio.file.Files.write(left, new byte[100]);
    try (LmdbLogEngine reader = LmdbLogEngine.openReader(file())) {
      assertThat(reader.head(LogId.MAIN)).isEqualTo(rows.head());
    }
    try (LmdbLogEngine writer = LmdbLogEngine.openWriter(file())) {
      assertThat(left).doesNotExist();
      rows.commit(writer, LogId.MAIN, "a", 3);
      assertThat(writer.selfCheck()).isEmpty();
    }
  }
}
