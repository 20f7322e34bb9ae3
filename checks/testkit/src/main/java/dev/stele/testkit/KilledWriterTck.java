package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.gate.TestGate;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A writer with sixteen callers, killed at random moments, over and over on the same files: what
 * was acknowledged is there, batches are there whole or not at all, and the log opens by itself.
 *
 * <p>An engine's own test extends this class and opens the engine, here and in the process that is
 * killed.
 */
@Tag("crash")
public abstract class KilledWriterTck {
  private static final int CALLERS = 16;
  private static final int BATCH = 3;

  /** 1,000 events are read at a time. */
  private static final int PAGE = 1_000;

  private static final long SEED = 4_711;

  /** Where this test's log is. */
  @TempDir protected Path folder;

  /** Made once for each test. */
  protected KilledWriterTck() {}

  /** Opens the engine to write, making what it needs beside {@code database}. */
  protected abstract LogEngine open(Path database);

  /**
   * The class whose main method gives its arguments, and its engine on the first of them, to {@link
   * #write}.
   */
  protected abstract Class<?> writer();

  private EventLog openLog(Path database) {
    return openLog(open(database), database);
  }

  private static EventLog openLog(LogEngine engine, Path database) {
    LogHome home = LogHome.of(database);
    LogOptions options =
        LogOptions.withAnchor(home.anchor()).checkpointEvery(Duration.ofMillis(20));
    return EventLog.open(engine, LogId.MAIN, home.keys().orElseThrow(), options);
  }

  /**
   * What the process does that is killed: writes for ever, and prints an event's position and id
   * once it was acknowledged.
   *
   * @param arguments the log's path, and a name for the events
   * @param standardOut what the test reads
   */
  protected static void write(LogEngine engine, String[] arguments, PrintStream standardOut) {
    EventLog log = openLog(engine, Path.of(arguments[0]));
    PrintStream out = new PrintStream(standardOut, true, StandardCharsets.UTF_8);
    for (int caller = 0; caller < CALLERS; caller++) {
      String name = arguments[1] + "-" + caller;
      var _ = Thread.ofPlatform().start(() -> write(log, out, name));
    }
    out.println("ready");
  }

  private static void write(EventLog log, PrintStream out, String name) {
    for (int i = 0; ; i++) {
      String id = name + "-" + i;
      List<Admitted> events = new ArrayList<>();
      int count = i % 4 == 0 ? BATCH : 1;
      for (int n = 0; n < count; n++) {
        events.add(event("stream-" + name, count == 1 ? id : id + "-of-" + n));
      }
      Append append = Append.of(events).expecting(log.lastRevision("stream-" + name));
      if (i % 16 == 5) {
        append = append.proven();
      }
      if (log.append(append) instanceof AppendResult.Appended ack) {
        StringBuilder lines = new StringBuilder();
        for (int n = 0; n < count; n++) {
          lines
              .append(ack.first() + n)
              .append(' ')
              .append(events.get(n).draft().id())
              .append(" acknowledged\n");
        }
        synchronized (out) {
          out.print(lines);
          out.flush();
        }
      } else {
        out.println("refused " + id);
      }
    }
  }

  private static Admitted event(String stream, String id) {
    return TestGate.admit(
        new EventDraft(
            stream,
            "tested",
            id,
            id.repeat(5).getBytes(StandardCharsets.UTF_8),
            List.of(
                Claim.ofEventId(id, OnDuplicate.REFUSE),
                new Claim(
                    "nonce", id.getBytes(StandardCharsets.UTF_8), OnDuplicate.REFUSE, Claim.NEVER)),
            ""));
  }

  @Test
  final void loses_nothing_that_it_acknowledged() throws Exception {
    Path database = folder.resolve("killed");
    var unused =
        LogHome.create(
            database, "test.example/killed", Optional.of(folder.resolve("anchor")), new Random(1));
    assertThat(unused.exists()).isTrue();
    Random random = new Random(SEED);
    Map<Long, String> acked = new HashMap<>();
    int rounds = Scale.of(300);
    for (int round = 0; round < rounds; round++) {
      killAt(random.nextInt(700), database, round, acked);
      long verified;
      try (EventLog log = openLog(database)) {
        assertThat(log.verdict())
            .as("round %d of seed %d", round, SEED)
            .isInstanceOf(Verdict.Intact.class);
        verified = log.head().size();
        assertThat(verified).isGreaterThanOrEqualTo(acked.size());
        Map<Long, String> kept = idsByPosition(log);
        acked.forEach(
            (position, id) ->
                assertThat(kept)
                    .as("position %d, acknowledged", position)
                    .containsEntry(position, id));
        assertWholeBatches(log);
      }
    }
    assertThat(acked).hasSizeGreaterThan(rounds);
  }

  /** Read in pages: an engine behind a network would be asked for each event otherwise. */
  private static Map<Long, String> idsByPosition(EventLog log) {
    Map<Long, String> ids = new HashMap<>();
    for (long at = 0; at < log.head().size(); ) {
      List<StoredEvent> page = log.read(at, PAGE);
      assertThat(page).as("what is behind %d of %d", at, log.head().size()).isNotEmpty();
      for (StoredEvent event : page) {
        ids.put(event.position(), event.id());
        at = event.position();
      }
    }
    return ids;
  }

  /** Lets a writer write for so long after it is ready, and kills it with SIGKILL. */
  private void killAt(int millis, Path database, int round, Map<Long, String> acked)
      throws Exception {
    Process writer = ChildJvm.start(writer(), List.of(database.toString(), "round-" + round));
    try (BufferedReader out = writer.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).as("the writer of round %d", round).isNotNull();
      AtomicBoolean killed = new AtomicBoolean();
      Thread killer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      Thread.sleep(millis);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    } finally {
                      // By its handle: the process would close what is still to be read from it.
                      killed.set(writer.toHandle().destroyForcibly());
                    }
                  });
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        assertThat(line).doesNotStartWith("refused");
        // The last line may be cut by the kill; what was printed whole was acknowledged.
        if (line.endsWith(" acknowledged")) {
          String[] words = line.split(" ", 3);
          acked.put(Long.valueOf(words[0]), words[1]);
        }
      }
      killer.join();
      assertThat(killed).as("the writer did not die by itself").isTrue();
    } finally {
      writer.destroyForcibly();
      writer.waitFor();
    }
  }

  private static void assertWholeBatches(EventLog log) {
    int expected = 0;
    for (long after = 0; after < log.head().size(); ) {
      for (StoredEvent event : log.read(after, 1_000)) {
        after = event.position();
        int at = event.id().indexOf("-of-");
        int number = at < 0 ? 0 : event.id().charAt(at + 4) - '0';
        assertThat(at < 0 ? 0 : number).as(event.id()).isEqualTo(expected);
        expected = at < 0 ? 0 : (number + 1) % BATCH;
      }
    }
    assertThat(expected).as("the last batch is whole").isZero();
  }
}
