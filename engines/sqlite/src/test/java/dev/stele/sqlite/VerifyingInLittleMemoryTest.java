package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.MemoryAnchor;
import dev.stele.testkit.Scale;
import dev.stele.testkit.TestLogs;
import dev.stele.testkit.gate.TestGate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class VerifyingInLittleMemoryTest {
  @TempDir Path folder;

  @Test
  void needs_64_megabytes_however_many_events_there_are() throws Exception {
    Path database = folder.resolve("log.db");
    int events = Scale.of(1_000_000);
    try (EventLog log =
        EventLog.open(
            SqliteLogEngine.openWriter(database),
            LogId.MAIN,
            TestLogs.keys(),
            TestLogs.options(1, new MemoryAnchor()))) {
      List<Append> batch = new ArrayList<>();
      for (int i = 1; i <= events; i++) {
        batch.add(Append.of(TestGate.event("stream-" + i % 50, "id-" + i, "payload ".repeat(32))));
        if (batch.size() == 2_000 || i == events) {
          log.appendAll(batch);
          batch.clear();
        }
      }
    }

    String verdict = ChildJvm.run(64, Verifying.class, database.toString());

    assertThat(verdict).startsWith("verdict=intact size=" + events + " ");
  }

  /** What the other process does. */
  static final class Verifying {
    private Verifying() {}

    public static void main(String[] arguments) {
      try (SqliteLogEngine engine = SqliteLogEngine.openReader(Path.of(arguments[0]))) {
        Verdict verdict =
            Verifier.of(engine, LogId.MAIN, TestLogs.keys().signer().vkey())
                .withIndexKey(TestLogs.keys().indexKey())
                .verify();
        System.out.println(verdict);
      }
    }
  }
}
