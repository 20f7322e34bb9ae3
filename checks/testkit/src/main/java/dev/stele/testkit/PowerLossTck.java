package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.FileAnchor;
import dev.stele.core.log.LogOptions;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An engine that does its own I/O, and losses of power: a writer runs in a process of its own, what
 * it does to the disk is written down, and the log is opened again from what a loss of power at
 * many moments could have left.
 *
 * <p>An engine's test extends this class, has a constructor without parameters, and opens its
 * engine. Needs Linux and a C compiler.
 */
@Tag("crash")
public abstract class PowerLossTck {
  private static final String MARKS = "marks";
  private static final String LOG = "log";
  private static final String ANCHOR = "anchor/log.anchor";
  private static final long SEED = 4_711;

  /** Enough for the write-ahead log to go into the database a few times. */
  private static final int STEPS = 260;

  @TempDir Path scratch;

  /** Opens the engine in a folder that is there, to write. */
  protected abstract LogEngine open(Path folder);

  /** Files that a machine makes anew when it starts: what is written to them is not seen. */
  protected abstract List<String> volatileFiles();

  private static LogOptions options(Path folder, long seed) {
    FileAnchor anchor = new FileAnchor(folder.resolve(ANCHOR));
    return TestLogs.options(seed, anchor).checkpointEvery(Duration.ofMillis(40));
  }

  private static EventLog openLog(PowerLossTck engines, Path folder) {
    return EventLog.open(
        engines.open(folder.resolve(LOG)), LogId.MAIN, TestLogs.keys(), options(folder, SEED));
  }

  // ---- the process that is written down ----

  /** Writes a log and says in a file of the watched folder what was acknowledged. */
  static final class Writer {
    private final PowerLossTck engines;
    private final Path folder;
    private final Random random = new Random(SEED);
    private int number;

    private Writer(PowerLossTck engines, Path folder) {
      this.engines = engines;
      this.folder = folder;
    }

    public static void main(String[] arguments) throws Exception {
      var constructor = Class.forName(arguments[0]).getDeclaredConstructor();
      constructor.setAccessible(true);
      new Writer((PowerLossTck) constructor.newInstance(), Path.of(arguments[1])).write();
    }

    private void write() throws IOException {
      int step = 0;
      for (int opening = 0; opening < 4; opening++) {
        EventLog log = openLog(engines, folder);
        try {
          for (int i = 0; i < STEPS / 4; i++) {
            step(log, ++step);
          }
        } finally {
          try {
            log.close();
          } catch (StorageFailed e) {
            mark("failed 0");
          }
        }
      }
    }

    private void step(EventLog log, int step) throws IOException {
      if (random.nextInt(12) == 0) {
        try {
          mark("durable " + log.checkpoint().checkpoint().size());
        } catch (StorageFailed e) {
          mark("failed 0");
        }
        return;
      }
      List<Admitted> events = new ArrayList<>();
      int count = random.nextInt(3) == 0 ? 1 + random.nextInt(5) : 1;
      for (int i = 0; i < count; i++) {
        byte[] payload = new byte[random.nextInt(4) == 0 ? 20_000 : 200];
        random.nextBytes(payload);
        String id = "id-" + ++number;
        events.add(
            TestGate.event(
                "stream-" + step % 3, id, new String(payload, StandardCharsets.ISO_8859_1)));
      }
      Append append = Append.of(events);
      if (random.nextInt(5) == 0) {
        append = append.at(Durability.OS);
      } else if (random.nextInt(6) == 0) {
        append = append.proven();
      }
      try {
        if (log.append(append) instanceof AppendResult.Appended ack) {
          mark(
              "%s %d"
                  .formatted(
                      ack.durability() == Durability.DURABLE ? "durable" : "soft",
                      ack.first() + ack.count() - 1));
        } else {
          throw new AssertionError("an append of new events was not taken");
        }
      } catch (StorageFailed e) {
        mark("failed 0");
      }
    }

    private void mark(String line) throws IOException {
      Files.writeString(
          folder.resolve(MARKS), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  // ---- a run, and what it left ----

  /** What was acknowledged up to a moment. */
  private record Acks(long durable, NavigableSet<Long> ends, int failures) {
    static Acks of(String marks) {
      long durable = 0;
      int failures = 0;
      NavigableSet<Long> ends = new TreeSet<>(List.of(0L));
      for (String line : marks.lines().toList()) {
        String[] words = line.split(" ", 2);
        long size = Long.parseLong(words[1]);
        switch (words[0]) {
          case "failed" -> failures++;
          case "durable" -> {
            durable = Math.max(durable, size);
            ends.add(size);
          }
          default -> ends.add(size);
        }
      }
      return new Acks(durable, ends, failures);
    }
  }

  private Path compiled() throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux"),
        "SKIPPED: losses of power are recorded with LD_PRELOAD, which only Linux has");
    Path source = scratch.resolve("powerloss.c");
    try (InputStream in =
        Objects.requireNonNull(PowerLossTck.class.getResourceAsStream("powerloss.c"))) {
      Files.write(source, in.readAllBytes());
    }
    Path library = scratch.resolve("powerloss.so");
    for (String compiler : List.of("cc", "gcc", "clang")) {
      try {
        Process process =
            new ProcessBuilder(
                    compiler,
                    "-shared",
                    "-fPIC",
                    "-O1",
                    "-o",
                    library.toString(),
                    source.toString(),
                    "-ldl",
                    "-lpthread")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s says: %s", compiler, said).isZero();
        return library;
      } catch (IOException notThere) {
        // The next one may be.
      }
    }
    Assumptions.abort(
        "SKIPPED: losses of power are not tested, for there is no C compiler; install one (for"
            + " example: apt-get install gcc libc6-dev)");
    return library;
  }

  private RecordedDisk record(Path folder, int failSync) throws IOException, InterruptedException {
    Path library = compiled();
    Path trace = scratch.resolve("trace-" + failSync);
    Files.createDirectories(folder.resolve(LOG));
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-Djava.util.logging.config.file="
                + System.getProperty("java.util.logging.config.file", ""),
            "-cp",
            System.getProperty("java.class.path"),
            Writer.class.getName(),
            getClass().getName(),
            folder.toString());
    Map<String, String> environment = builder.environment();
    environment.put("LD_PRELOAD", library.toString());
    environment.put("STELE_WATCH", folder.toString());
    environment.put("STELE_TRACE", trace.toString());
    if (failSync > 0) {
      environment.put("STELE_FAIL_SYNC", Integer.toString(failSync));
    }
    Process writer = builder.redirectErrorStream(true).start();
    String said = new String(writer.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(writer.waitFor()).as("the writer says: %s", said).isZero();
    return RecordedDisk.of(folder, trace);
  }

  /** The folder that is watched; its log's and anchor's folders are there before the record. */
  private Path watched(String name) throws IOException {
    return Files.createDirectories(scratch.toRealPath().resolve(name));
  }

  private static List<byte[]> recordsOf(EventLog log) {
    List<byte[]> records = new ArrayList<>();
    while (true) {
      List<StoredEvent> some = log.read(records.size(), 500);
      if (some.isEmpty()) {
        return records;
      }
      some.forEach(event -> records.add(event.record()));
    }
  }

  /** Opens what a loss of power left; what is wrong with it, or empty. */
  private Optional<String> problem(Path left, Acks before, Acks all, List<byte[]> reference)
      throws IOException {
    Files.createDirectories(left.resolve(LOG));
    for (String gone : volatileFiles()) {
      Files.deleteIfExists(left.resolve(LOG).resolve(gone));
    }
    long size;
    try (EventLog log = openLog(this, left)) {
      if (!(log.verdict() instanceof Verdict.Intact)) {
        return Optional.of("opens as " + log.verdict());
      }
      size = log.head().size();
      if (size < before.durable()) {
        return Optional.of("%d events of %d acknowledged".formatted(size, before.durable()));
      }
      if (!all.ends().contains(size)) {
        return Optional.of("%d events, which is in the middle of a commit".formatted(size));
      }
      List<byte[]> records = recordsOf(log);
      for (int i = 0; i < records.size(); i++) {
        if (!Arrays.equals(records.get(i), reference.get(i))) {
          return Optional.of("event %d is another one".formatted(i + 1));
        }
      }
      AppendResult next = log.append(Append.of(TestGate.event("later", "after the loss", "")));
      if (!(next instanceof AppendResult.Appended ack) || ack.first() != size + 1) {
        return Optional.of("the next append gives " + next);
      }
    } catch (StorageFailed e) {
      return Optional.of("does not open: " + e.getMessage());
    }
    return Optional.empty();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private int countProblems(
      RecordedDisk disk, Path folder, int seeds, RecordedDisk.Syncs syncs, List<String> found)
      throws IOException {
    Acks all = Acks.of(disk.written(MARKS, disk.moments()));
    List<byte[]> reference;
    try (EventLog log = openLog(this, folder)) {
      assertThat(log.verdict()).isInstanceOf(Verdict.Intact.class);
      reference = recordsOf(log);
    }
    assertThat((long) reference.size()).isGreaterThanOrEqualTo(all.durable());
    for (long seed = 0; seed < seeds; seed++) {
      int moment = new Random(seed).nextInt(disk.moments() + 1);
      Path left = scratch.resolve("left-" + seed);
      disk.rebuild(moment, seed, syncs, left);
      Optional<String> problem =
          problem(left, Acks.of(disk.written(MARKS, moment)), all, reference);
      if (problem.isPresent()) {
        found.add("seed %d, moment %d: %s".formatted(seed, moment, problem.get()));
      }
      delete(left);
    }
    return found.size();
  }

  @Test
  void what_was_acknowledged_survives_a_loss_of_power_at_any_moment() throws Exception {
    Path folder = watched("watched");
    RecordedDisk disk = record(folder, 0);
    Acks all = Acks.of(disk.written(MARKS, disk.moments()));
    assertThat(all.failures()).isZero();
    assertThat(all.durable()).isGreaterThan(STEPS);
    List<String> found = new ArrayList<>();
    countProblems(disk, folder, Scale.of(1_000), RecordedDisk.Syncs.COUNT, found);
    assertThat(found).as("%d moments", disk.moments()).isEmpty();
  }

  @Test
  void a_record_whose_syncs_are_worth_nothing_is_found_to_lose_events() throws Exception {
    Path folder = watched("ignored");
    RecordedDisk disk = record(folder, 0);
    List<String> found = new ArrayList<>();
    assertThat(countProblems(disk, folder, 10, RecordedDisk.Syncs.ARE_IGNORED, found)).isPositive();
  }

  @Test
  void an_append_whose_sync_fails_says_so_and_nothing_acknowledged_is_lost() throws Exception {
    List<String> found = new ArrayList<>();
    Random random = new Random(SEED);
    int syncs = record(watched("counted"), 0).syncs();
    for (int run = 0; run < Scale.of(30); run++) {
      // The first syncs make the files: a log that cannot be made is not opened.
      int failing = 30 + random.nextInt(syncs - 40);
      Path folder = watched("failing-" + failing);
      RecordedDisk disk = record(folder, failing);
      Acks all = Acks.of(disk.written(MARKS, disk.moments()));
      List<String> problems = new ArrayList<>();
      countProblems(disk, folder, 15, RecordedDisk.Syncs.COUNT, problems);
      problems.forEach(problem -> found.add("sync %d fails; %s".formatted(failing, problem)));
      if (all.failures() == 0) {
        found.add("sync %d fails, and no call says so".formatted(failing));
      }
      delete(folder);
    }
    assertThat(found).isEmpty();
  }
}
