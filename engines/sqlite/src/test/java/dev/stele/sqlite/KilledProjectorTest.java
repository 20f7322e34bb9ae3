package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogId;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Generation;
import dev.stele.core.view.ViewStore.Slot;
import dev.stele.core.view.Views;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.Scale;
import dev.stele.testkit.StreamsView;
import dev.stele.testkit.gate.TestGate;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that appends, projects into two views and rebuilds them all the time, killed at random
 * moments, over and over on the same files: each table is what its cursor says, before anything is
 * caught up and after.
 */
@Tag("crash")
class KilledProjectorTest {
  private static final int CALLERS = 4;
  private static final long SEED = 8_128;

  /** A version of the code lives for so many rounds; the next one meets what the last one left. */
  private static final int ROUNDS_OF_A_VERSION = 3;

  @TempDir Path folder;

  private static EventLog open(Path database) {
    LogHome home = LogHome.of(database);
    return EventLog.open(
        SqliteLogEngine.openWriter(database),
        LogId.MAIN,
        home.keys().orElseThrow(),
        LogOptions.withAnchor(home.anchor()));
  }

  private static SqliteViewStore store(Path database) {
    return SqliteViewStore.openWriter(SqliteViewStore.beside(database));
  }

  private static List<View> views(int version) {
    return List.of(new StreamsView(version), new EntriesView());
  }

  /** The process that is killed. */
  static final class Projector {
    private Projector() {}

    public static void main(String[] arguments) {
      Path database = Path.of(arguments[0]);
      EventLog log = open(database);
      Views.Builder builder = Views.of(log);
      SqliteViewStore store = store(database);
      views(Integer.parseInt(arguments[2])).forEach(view -> builder.keep(view, store));
      Views views = builder.start();
      for (int caller = 0; caller < CALLERS; caller++) {
        String name = arguments[1] + "-" + caller;
        Thread.ofPlatform().start(() -> write(log, name));
      }
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      out.println("ready");
      while (true) {
        for (String name : List.of("streams", "entries")) {
          switch (views.status(name).state()) {
            case ViewState.Live _ -> views.rebuild(name);
            case ViewState.Failed failed -> out.println("failed " + failed);
            case ViewState.CatchingUp _, ViewState.Rebuilding _, ViewState.Stopped _ ->
                Thread.onSpinWait();
          }
        }
      }
    }

    private static void write(EventLog log, String name) {
      for (int i = 0; ; i++) {
        AppendResult result =
            log.append(
                Append.of(TestGate.event("stream-" + i % 9, name + "-" + i, "payload " + i)));
        if (!(result instanceof AppendResult.Appended)) {
          throw new IllegalStateException("appending gave " + result);
        }
      }
    }
  }

  @Test
  void leaves_each_table_as_its_cursor_says() throws Exception {
    Path database = folder.resolve("killed.db");
    var made =
        LogHome.create(
            database, "test.example/killed", Optional.of(folder.resolve("anchor")), new Random(1));
    assertThat(made.exists()).isTrue();
    Random random = new Random(SEED);
    int rebuilding = 0;
    int rounds = Scale.of(60);
    for (int round = 0; round < rounds; round++) {
      int version = 1 + round / ROUNDS_OF_A_VERSION;
      killAt(100 + random.nextInt(900), database, round, version);
      try (EventLog log = open(database);
          SqliteViewStore store = store(database)) {
        for (Generation generation : store.generations()) {
          rebuilding += generation.slot() == Slot.BUILDING ? 1 : 0;
          View view =
              generation.view().equals("entries")
                  ? new EntriesView()
                  : new StreamsView(generation.version());
          assertThat(StateHash.of(store, view.name(), generation.slot()).value())
              .as("round %d of seed %d, %s", round, SEED, generation)
              .isEqualTo(replayed(view, log, generation.position()));
        }
        for (View view : views(version)) {
          ViewRunner runner = new ViewRunner(view, log, store);
          assertThat(runner.catchUp().state()).isEqualTo(new ViewState.Live());
          assertThat(runner.stateHash())
              .as("round %d of seed %d, caught up", round, SEED)
              .isEqualTo(
                  new ViewStore.Answer<>(
                      replayed(view, log, log.head().size()), log.head().size()));
        }
        assertThat(store.generations()).extracting(Generation::slot).containsOnly(Slot.LIVE);
      }
    }
    assertThat(rebuilding).as("rebuilds that were cut").isPositive();
  }

  /** What a view comes to over the first events of a log. */
  private static String replayed(View view, EventLog log, long to) {
    try (MemoryViewStore clean = new MemoryViewStore()) {
      clean.begin(view.name(), Slot.LIVE, view.version(), view.tables(), 0);
      for (long after = 0; after < to; ) {
        List<StoredEvent> events = log.read(after, (int) Math.min(1_000, to - after));
        after = events.getLast().position();
        clean.change(
            view.name(),
            Slot.LIVE,
            tables -> {
              view.apply(events, tables);
              return new Head(to, new byte[32]);
            });
      }
      return StateHash.of(clean, view.name(), Slot.LIVE).value();
    }
  }

  /** Lets a projector work for so long after it is ready, and kills it with SIGKILL. */
  private static void killAt(int millis, Path database, int round, int version) throws Exception {
    Process projector =
        ChildJvm.start(
            Projector.class,
            List.of(database.toString(), "round-" + round, Integer.toString(version)));
    try (BufferedReader out = projector.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).as("the projector of round %d", round).isEqualTo("ready");
      boolean ended = projector.waitFor(Duration.ofMillis(millis));
      assertThat(ended).as("the projector did not die by itself").isFalse();
      assertThat(projector.toHandle().destroyForcibly()).isTrue();
      assertThat(out.readLine()).isNull();
    } finally {
      projector.destroyForcibly();
      projector.waitFor();
    }
  }
}
