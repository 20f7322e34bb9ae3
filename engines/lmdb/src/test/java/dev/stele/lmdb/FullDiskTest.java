package dev.stele.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log on a disk of four megabytes that fills up, and on one that nobody may write any more. */
@Tag("crash")
class FullDiskTest {
  private static final int DISK_MEGABYTES = 4;
  private static final int BALLAST_BYTES = 2 * 1024 * 1024;
  private static final int PAYLOAD_BYTES = 4_000;

  @TempDir Path folder;

  /** The process on the small disk. Its last line says what it found. */
  static final class OnTheDisk {
    private OnTheDisk() {}

    public static void main(String[] arguments) throws Exception {
      Path disk = Path.of(arguments[1]);
      Path anchors = Path.of(arguments[2]);
      String found =
          switch (arguments[0]) {
            case "full" -> fill(disk, anchors);
            case "read-only" -> readOnly(disk, anchors);
            default -> throw new IllegalArgumentException(arguments[0]);
          };
      System.out.println(found.replace('\n', ' '));
    }

    private static void append(EventLog log) {
      long next = log.head().size() + 1;
      var _ = log.append(Append.of(TestGate.event("s", "id-" + next, "x".repeat(PAYLOAD_BYTES))));
    }

    private static String fill(Path disk, Path anchors) throws IOException {
      Path ballast = disk.resolve("ballast");
      Files.write(ballast, new byte[BALLAST_BYTES]);
      SmallLog log = SmallLog.make(disk.resolve("log.lmdb"), anchors);
      EventLog writer = log.open();
      String said = "";
      while (said.isEmpty()) {
        try {
          append(writer);
        } catch (StorageFailed e) {
          said = String.valueOf(e.getMessage());
        }
      }
      long acked = writer.head().size();
      long read = 0;
      while (writer.get(read + 1).isPresent()) {
        read++;
      }
      try {
        writer.close();
      } catch (StorageFailed e) {
        said += " (and it is not closed cleanly)";
      }
      Files.delete(ballast);
      try (EventLog again = log.open()) {
        long there = again.head().size();
        append(again);
        return "acked=%d read=%d there=%d intact=%s grown=%d said=%s"
            .formatted(
                acked,
                read,
                there,
                again.verdict() instanceof Verdict.Intact,
                again.head().size(),
                said);
      }
    }

    private static String readOnly(Path disk, Path anchors) throws Exception {
      // A name that a URL would take apart.
      SmallLog log = SmallLog.make(disk.resolve("a log%20 #1?.lmdb"), anchors);
      try (EventLog writer = log.open()) {
        SmallLog.append(writer, 5);
      }
      Process remount =
          new ProcessBuilder("mount", "-o", "remount,ro", disk.toString()).inheritIO().start();
      if (remount.waitFor() != 0) {
        return "refused";
      }
      String writing;
      try (EventLog writer = log.open()) {
        writing = "opened " + writer.verdict();
      } catch (StorageFailed e) {
        writing = e.getMessage();
      }
      String reading;
      try (LogEngine engine = LmdbLogEngine.openReader(log.home.database());
          LogReader reader =
              LogReader.open(engine, LogId.MAIN, log.home.vkey(), Optional.empty())) {
        reading = reader.read(0, 10).size() + " events, found " + log.found();
      } catch (StorageFailed e) {
        reading = "failed: " + e.getMessage();
      }
      return "writing=[%s] reading=[%s]".formatted(writing, reading);
    }
  }

  /** Runs the process with a small disk of its own mounted; its last line. */
  private String onASmallDisk(String what) throws Exception {
    Assumptions.assumeTrue(
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux"),
        "SKIPPED: a small disk is mounted in a namespace of its own, which only Linux has");
    Path disk = Files.createDirectories(folder.resolve("disk"));
    Path anchors = Files.createDirectories(folder.resolve("anchors"));
    List<String> java =
        ChildJvm.command(OnTheDisk.class, what, disk.toString(), anchors.toString());
    String mount =
        "mount -t tmpfs -o size=%dm stele %s || exit 77; exec \"$@\""
            .formatted(DISK_MEGABYTES, disk);
    List<String> command = new ArrayList<>(List.of("unshare", "-Urm", "sh", "-c", mount, "sh"));
    command.addAll(java);
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      Assumptions.abort("SKIPPED: there is no unshare to give a test a disk of its own; " + e);
      return "";
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    Assumptions.assumeFalse(
        exit == 77 || said.startsWith("unshare:"),
        "SKIPPED: this machine lets nobody mount a small disk: " + said);
    assertThat(exit).as(said).isZero();
    return said.lines().reduce((_, last) -> last).orElse("");
  }

  private static long number(String said, String name) {
    return Long.parseLong(said.replaceFirst(".*\\b" + name + "=(\\d+).*", "$1"));
  }

  @Test
  void a_full_disk_refuses_appends_in_so_many_words_and_loses_nothing() throws Exception {
    String said = onASmallDisk("full");
    assertThat(said)
        .contains("intact=true")
        .containsPattern("said=could not append to .*full: make room");
    long acked = number(said, "acked");
    assertThat(acked).as(said).isGreaterThan(50);
    assertThat(number(said, "read")).as("reads go on: %s", said).isEqualTo(acked);
    assertThat(number(said, "there")).as(said).isEqualTo(acked);
    assertThat(number(said, "grown")).as(said).isEqualTo(acked + 1);
  }

  @Test
  void a_disk_that_may_not_be_written_is_refused_to_writers_and_can_be_read() throws Exception {
    String said = onASmallDisk("read-only");
    assertThat(said).containsPattern("writing=\\[.*writable");
    assertThat(said).contains("reading=[5 events, found Optional.empty");
  }
}
