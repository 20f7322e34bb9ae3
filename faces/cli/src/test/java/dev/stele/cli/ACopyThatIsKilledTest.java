package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("crash")
class ACopyThatIsKilledTest {
  private static final long SEED = 20_261_122;

  /** So many events that a copy of them takes longer than a process to be killed. */
  private static final int EVENTS = 40_000;

  @TempDir Path folder;

  private void makeALog(String uri) {
    assertThat(stele("init", "--log", uri, "--anchor", folder.resolve("anchor").toString()).exit())
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
        appends.add(Append.of(TestGate.event("s-" + i % 9, "id-" + i, "x".repeat(300))));
      }
      assertThat(log.appendAll(appends)).allMatch(AppendResult.Appended.class::isInstance);
    }
  }

  @Test
  void goes_on_where_it_was_and_ends_with_the_same_root() throws Exception {
    String log = "sqlite:" + folder.resolve("log");
    makeALog(log);
    Object root = stele("stats", "--log", log, "--json").json().get("root");
    Random random = new Random(SEED);
    int inTheMiddle = 0;
    for (int round = 0; round < Math.max(2, Scale.of(20)); round++) {
      String engine = round % 2 == 0 ? "lmdb" : "sqlite";
      Path at = folder.resolve("copy-" + round);
      String copy = engine + ":" + at;
      Path database = at.resolve(engine.equals("lmdb") ? "log.lmdb" : "log.db");
      killWhileCopying(log, copy, database, random);
      if (!LogHome.of(database).exists()) {
        inTheMiddle++;
        assertThat(stele("stats", "--log", copy).err()).contains("[no-log]");
      }
      Shell.Result done = stele("copy", "--from", log, "--to", copy, "--json");
      assertThat(done.exit()).as("round %d: %s", round, done.err()).isZero();
      assertThat(done.json()).as("round %d, seed %d", round, SEED).containsEntry("root", root);
      assertThat(stele("verify", "--log", copy, "--json").json())
          .containsEntry("verdict", "intact");
    }
    assertThat(inTheMiddle).as("copies that were killed in the middle").isPositive();
  }

  /** Kills a process once it has written something, after another while at random. */
  private static void killWhileCopying(String log, String copy, Path database, Random random)
      throws IOException, InterruptedException {
    Process process =
        ChildJvm.start(Stele.class, List.of("copy", "--from", log, "--to", copy, "--json"));
    long empty = 200_000L + random.nextInt(8_000_000);
    while (process.isAlive() && sizeOf(database) < empty) {
      process.waitFor(5, TimeUnit.MILLISECONDS);
    }
    process.destroyForcibly();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
  }

  private static long sizeOf(Path database) throws IOException {
    Path wal = Path.of(database + "-wal");
    return (Files.exists(database) ? Files.size(database) : 0)
        + (Files.exists(wal) ? Files.size(wal) : 0);
  }
}
