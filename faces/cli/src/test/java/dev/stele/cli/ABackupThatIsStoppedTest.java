package dev.stele.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.backup.BackupFile;
import dev.stele.core.backup.BackupFolder;
import dev.stele.core.engine.LogId;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.sqlite.SqliteLogEngine;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Scale;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("crash")
class ABackupThatIsStoppedTest {
  /** So many events that a backup of them takes longer than a signal to arrive. */
  private static final int EVENTS = 60_000;

  @TempDir Path folder;

  private void makeALog(String uri) {
    assertThat(
            Shell.stele("init", "--log", uri, "--anchor", folder.resolve("anchor").toString())
                .exit())
        .isZero();
    LogHome home = LogHome.of(folder.resolve("log/log.db"));
    try (EventLog log =
        EventLog.open(
            SqliteLogEngine.openWriter(home.database()),
            LogId.MAIN,
            home.keys().orElseThrow(),
            LogOptions.withAnchor(home.anchor()))) {
      List<Append> appends = new ArrayList<>();
      for (int i = 0; i < EVENTS; i++) {
        appends.add(Append.of(TestGate.event("s", "id-" + i, "x".repeat(400))));
      }
      assertThat(log.appendAll(appends)).allMatch(AppendResult.Appended.class::isInstance);
    }
  }

  /** Tells a process to stop as soon as it has begun to write a backup. */
  private void stopWhileWriting(Path backups, List<String> arguments)
      throws IOException, InterruptedException {
    Files.createDirectories(backups);
    try (WatchService watch = FileSystems.getDefault().newWatchService()) {
      backups.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
      Process process = ChildJvm.start(Stele.class, arguments);
      boolean writing = false;
      while (!writing) {
        WatchKey key = watch.poll(1, TimeUnit.MINUTES);
        assertThat(key).as("the backup begins").isNotNull();
        writing =
            key.pollEvents().stream()
                .anyMatch(event -> String.valueOf(event.context()).endsWith(".writing"));
        key.reset();
      }
      process.destroy();
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }
  }

  @Test
  void leaves_nothing_that_counts_by_hand_or_on_a_schedule() throws Exception {
    String uri = "sqlite:" + folder.resolve("log");
    makeALog(uri);
    Path backups = folder.resolve("log/backups");
    int stopped = 0;
    for (int run = 0; run < Math.max(2, Scale.of(20)); run++) {
      stopWhileWriting(
          backups,
          run % 2 == 0
              ? List.of("backup", "--log", uri)
              : List.of("maintenance", "--backup", "--every", "1h", "--log", uri));
      try (Stream<Path> files = Files.list(backups)) {
        assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(".writing"));
      }
      BackupFolder.Listing listing = new BackupFolder(backups).list();
      assertThat(listing.unreadable()).isEmpty();
      stopped += listing.backups().isEmpty() ? 1 : 0;
      // One that was faster than the signal is whole.
      listing.backups().forEach(file -> assertThat(listing.chainOf(file)).isPresent());
      new BackupFolder(backups).delete(new ArrayList<BackupFile>(listing.backups()));
    }
    assertThat(stopped).as("backups that were stopped in the middle").isPositive();
    assertThat(Shell.stele("backup", "--log", uri).exit()).isZero();
    assertThat(Shell.stele("restore", "--log", uri).exit()).isZero();
  }
}
