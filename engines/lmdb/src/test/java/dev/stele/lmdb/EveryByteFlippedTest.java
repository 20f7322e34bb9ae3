package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Scale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every byte of a log's file, changed: the log is found broken, or cannot be opened, or the byte is
 * shown to hold nothing, by its place in the file format and by the equal contents of every
 * database. No byte may be silent, and none may end the process.
 */
@Tag("engine")
class EveryByteFlippedTest {
  private static final long SEED = 20_260_101;

  /** Of the bytes that hold nothing, one in so many is changed: they are most of the file. */
  private static final int UNUSED_STEP = 97;

  @TempDir Path folder;

  private Path file;
  private SmallLog log;
  private byte[] bytes = new byte[0];

  @BeforeEach
  void makeLog() throws IOException {
    Path home = Files.createDirectory(folder.resolve("whole"));
    file = home.resolve("log.lmdb");
    log = SmallLog.make(file, folder.resolve("anchors"));
    try (EventLog opened = log.open()) {
      SmallLog.append(opened, 9);
    }
    bytes = Files.readAllBytes(file);
  }

  @Test
  void is_found_or_held_nothing() throws Exception {
    UnusedBytes unused = new UnusedBytes(bytes);
    assertThat(log.found()).as("untouched").isEmpty();
    String contents = Contents.of(file);
    Random random = new Random(SEED);
    int step = Math.max(1, 1_000 / Scale.of(1_000));
    List<String> silent = new ArrayList<>();
    Map<String, Integer> reasons = new TreeMap<>();
    int flips = 0;
    for (int at = random.nextInt(step); at < bytes.length; at += step) {
      Optional<String> reason = unused.at(at);
      if (reason.isPresent() && random.nextInt(UNUSED_STEP) != 0) {
        continue;
      }
      for (int mask : new int[] {0xff, 1 << random.nextInt(8)}) {
        flip(at, mask);
        flips++;
        if (log.found().isPresent()) {
          continue;
        }
        if (reason.isEmpty() || !Contents.of(file).equals(contents)) {
          silent.add("byte %d xor %02x %s".formatted(at, mask, reason.orElse("")));
        } else {
          reasons.merge(reason.get(), 1, Integer::sum);
        }
      }
    }
    System.getLogger("dev.stele.lmdb")
        .log(System.Logger.Level.INFO, "flips={0} unused={1}", flips, reasons);
    assertThat(silent).as("of %d flips from seed %d", flips, SEED).isEmpty();
  }

  private void flip(int at, int mask) throws IOException {
    byte[] flipped = bytes.clone();
    flipped[at] ^= (byte) mask;
    Files.write(file, flipped);
  }

  /** Opens the log to write, again and again with another byte changed, and writes. */
  static final class Writing {
    private Writing() {}

    public static void main(String[] arguments) throws Exception {
      Path file = Path.of(arguments[0]);
      Random random = new Random(Long.parseLong(arguments[1]));
      SmallLog log = new SmallLog(file);
      byte[] bytes = Files.readAllBytes(file);
      UnusedBytes unused = new UnusedBytes(bytes);
      int wrote = 0;
      int refused = 0;
      for (int round = Integer.parseInt(arguments[2]); round > 0; round--) {
        int at = random.nextInt(bytes.length);
        while (unused.at(at).isPresent()) {
          at = random.nextInt(bytes.length);
        }
        byte[] flipped = bytes.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, flipped);
        System.out.println("byte " + at);
        try (EventLog opened = log.open()) {
          if (opened.verdict() instanceof Verdict.Intact) {
            SmallLog.append(opened, 3);
            wrote++;
          } else {
            refused++;
          }
        } catch (StorageFailed | LogClosed | AssertionError e) {
          refused++;
        }
      }
      System.out.println("wrote " + wrote + " refused " + refused + " survived");
    }
  }

  @Test
  void does_not_end_a_process_that_writes() throws Exception {
    Path anchors = folder.resolve("anchors");
    assertThat(anchors).isDirectory();
    String last =
        ChildJvm.run(
            Writing.class, file.toString(), String.valueOf(SEED), String.valueOf(Scale.of(5_000)));
    assertThat(last).endsWith("survived");
  }
}
