package dev.stele.ledger;

import dev.stele.core.log.LogOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/** Prints how many durable, signed events a second one caller and 64 callers append. */
final class AppendRate {
  private AppendRate() {}

  public static void main(String[] args) throws Exception {
    for (int round = 0; round < 3; round++) {
      for (int callers : new int[] {1, 64}) {
        Path folder = Files.createTempDirectory(Path.of(args[0]), "rate");
        LedgerOptions options =
            LedgerOptions.defaults()
                .anchoredIn(folder.resolve("anchors"))
                .checkpointEvery(LogOptions.DEFAULT_CHECKPOINT_EVERY);
        LongAdder done = new LongAdder();
        try (EventLedger ledger = EventLedger.open(folder.resolve("a.db"), "rate", options)) {
          byte[] payload = new byte[256];
          long begin = System.nanoTime();
          long warm = begin + 1_500_000_000L;
          long end = warm + 4_000_000_000L;
          try (var tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < callers; i++) {
              var _ =
                  tasks.submit(
                      () -> {
                        long now;
                        while ((now = System.nanoTime()) < end) {
                          Scene.appended(ledger.append("track.update", payload));
                          if (now > warm) {
                            done.increment();
                          }
                        }
                      });
            }
          }
          System.out.printf("callers=%d rate=%d/s%n", callers, done.sum() / 4);
          long start = System.nanoTime();
          System.out.println(ledger.verify());
          System.out.printf("verify %d ms%n", (System.nanoTime() - start) / 1_000_000);
        }
      }
    }
  }
}
