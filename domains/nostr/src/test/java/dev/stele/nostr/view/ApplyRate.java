package dev.stele.nostr.view;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.MemoryLogEngine;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewStore;
import dev.stele.lmdb.LmdbViewStore;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.TestLogs;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Measures by hand how many events a second the view applies; no test. */
final class ApplyRate {
  private static final long SEED = 42;
  private static final int AUTHORS = 200;

  private ApplyRate() {}

  /** Runs with the number of events as its argument. */
  public static void main(String[] arguments) throws Exception {
    int count = Integer.parseInt(arguments[0]);
    Path folder = Files.createTempDirectory("apply");
    try (EventLog log =
        EventLog.open(
            new MemoryLogEngine(),
            LogId.MAIN,
            TestLogs.keys(),
            TestLogs.options(SEED, new MemoryAnchor()))) {
      fill(log, count);
      for (String store : List.of("sqlite", "lmdb")) {
        Path file = folder.resolve("views." + store);
        try (ViewStore views =
            store.equals("sqlite")
                ? SqliteViewStore.openWriter(file)
                : LmdbViewStore.openWriter(file)) {
          ViewRunner runner = new ViewRunner(new NostrView(Set.of(), List.of()), log, views);
          ThreadMXBean thread = ManagementFactory.getThreadMXBean();
          long start = System.nanoTime();
          long cpu = thread.getCurrentThreadCpuTime();
          var _ = runner.catchUp();
          double seconds = (System.nanoTime() - start) / 1e9;
          System.out.printf(
              "%s: %,d events in %.2f s, %,.0f a second, %.1f us of one core and %,d bytes each%n",
              store,
              count,
              seconds,
              count / seconds,
              (thread.getCurrentThreadCpuTime() - cpu) / 1e3 / count,
              Files.size(file) / count);
        }
      }
    }
  }

  private static void fill(EventLog log, int count) {
    Random random = new Random(SEED);
    NostrGate gate = new NostrGate();
    List<NostrKey> keys = new ArrayList<>();
    for (int i = 0; i < AUTHORS; i++) {
      byte[] secret = new byte[32];
      random.nextBytes(secret);
      secret[0] = 1;
      keys.add(NostrKey.fromSecret(secret));
    }
    List<Append> appends = new ArrayList<>();
    String before = "0".repeat(64);
    for (int i = 0; i < count; i++) {
      NostrKey key = keys.get(random.nextInt(AUTHORS));
      NostrEvent event =
          key.sign(
              1_700_000_000L + random.nextInt(10_000_000),
              random.nextInt(4) == 0 ? 7 : 1,
              List.of(
                  List.of("e", before), List.of("p", keys.get(random.nextInt(AUTHORS)).pubkey())),
              "x".repeat(200 + random.nextInt(400)));
      before = event.id();
      appends.add(Append.of((Admitted) gate.judge(event)));
    }
    var _ = log.appendAll(appends);
  }
}
