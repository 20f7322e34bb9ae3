package dev.stele.mcp.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.core.proof.Verdict;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.gate.McpAuditor;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Scale;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.LogManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process that appends from four threads, each to streams of a session of its own, killed over
 * and over at any moment; the store goes on from round to round.
 *
 * <pre>
 *   a thread in a round:  put the session; a stream for every 10 messages, each completed
 *   every fourth round:   retention runs meanwhile, so that kills meet erasures
 * </pre>
 */
@Tag("engine")
@Tag("crash")
class KilledMcpEventStoreTest {
  private static final int CALLERS = 4;
  private static final long SEED = 61_803;

  /** A request answers with this many messages. */
  private static final int MESSAGES = 10;

  /** What a stream keeps in a round with retention. */
  private static final int KEPT = 4;

  /** 1 to 150 acks until the kill: what four threads are told in less than a tenth of a second. */
  private static final int MOST_ACKS = 150;

  /** Up to 3 milliseconds between the last ack and the kill: a few commits. */
  private static final int MOST_NANOS_MORE = 3_000_000;

  @TempDir Path folder;

  private static McpScope scope(int round, int caller) {
    return new McpScope("acme", "caller-" + caller, "round-" + round);
  }

  private static boolean retains(int round) {
    return round % 4 == 3;
  }

  private static McpEventStore open(String uri, Path anchors, int round) {
    McpRetention retention =
        retains(round)
            ? McpRetention.NONE.perStream(KEPT, McpRetention.UNBOUNDED)
            : McpRetention.NONE;
    return McpEventStores.open(
        uri,
        McpStoreOptions.DEFAULT
            .with(new McpEventStoreTck.HandClock(), new Random(SEED + round))
            .at(Durability.DURABLE)
            .keeping(retention)
            .paced(retains(round) ? 20 : 1_000_000, 50)
            .anchoredIn(anchors));
  }

  /** The process that is killed: appends until it is, and prints what it was told. */
  static final class Sender {
    private Sender() {}

    public static void main(String[] arguments) {
      LogManager.getLogManager().reset();
      int round = Integer.parseInt(arguments[2]);
      McpEventStore store = open(arguments[0], Path.of(arguments[1]), round);
      PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
      for (int caller = 0; caller < CALLERS; caller++) {
        int number = caller;
        var _ = Thread.ofPlatform().start(() -> send(store, round, number, out));
      }
    }

    private static void send(McpEventStore store, int round, int caller, PrintStream out) {
      McpScope scope = scope(round, caller);
      say(out, "%d put %s".formatted(caller, store.putSession(scope, Messages.SESSION)));
      for (int number = 0; ; number++) {
        int stream = number / MESSAGES;
        McpMessage message =
            number % MESSAGES == 0 ? new McpMessage.Priming() : Messages.note(number);
        String outcome =
            store.append(scope, String.valueOf(stream), message)
                    instanceof McpAppend.Appended appended
                ? "sent %d %d %s".formatted(stream, appended.sequence(), appended.eventId())
                : "refused";
        say(out, "%d %s".formatted(caller, outcome));
        if (number % MESSAGES == MESSAGES - 1) {
          boolean done = store.complete(scope, String.valueOf(stream));
          say(out, "%d %s %d".formatted(caller, done ? "completed" : "refused", stream));
        }
      }
    }

    private static void say(PrintStream out, String what) {
      synchronized (out) {
        out.println(what + " .");
        out.flush();
      }
    }
  }

  /** What one thread of a process was told before it was killed. */
  private static final class Told {
    boolean put;
    int acked;
    final List<String> ids = new ArrayList<>();
    int completed;
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void keeps_what_it_acked_in_its_place_and_at_most_one_message_more(String engine)
      throws Exception {
    String uri = engine + ":" + folder.resolve("store");
    Path anchors = folder.resolve("anchors");
    Random random = new Random(SEED);
    Map<Integer, List<Told>> all = new LinkedHashMap<>();
    boolean erased = false;
    for (int round = 0; round < Scale.of(80); round++) {
      List<Told> told = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        told.add(new Told());
      }
      killed(uri, anchors, round, told, random);
      all.put(round, told);
      erased |= retains(round);
      try (McpEventStore store = open(uri, anchors, -1)) {
        for (Map.Entry<Integer, List<Told>> each : all.entrySet()) {
          for (int caller = 0; caller < CALLERS; caller++) {
            assertThere(store, each.getKey(), caller, each.getValue().get(caller), erased);
          }
        }
        assertThat(
                McpEventStores.log(store)
                    .orElseThrow()
                    .scrub(() -> List.of(new McpAuditor()), _ -> {}))
            .as("round %d of seed %d", round, SEED)
            .isInstanceOf(Verdict.Intact.class);
      }
    }
  }

  /** Lets a process append for a while, and kills it with SIGKILL. */
  private static void killed(String uri, Path anchors, int round, List<Told> told, Random random)
      throws Exception {
    int enough = 1 + random.nextInt(MOST_ACKS);
    int more = random.nextInt(MOST_NANOS_MORE);
    Process sender =
        ChildJvm.start(Sender.class, List.of(uri, anchors.toString(), String.valueOf(round)));
    boolean killed = false;
    int acks = 0;
    try (BufferedReader out = sender.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        // The last line may be cut by the kill; what was printed whole was acked.
        if (line.endsWith(" .")) {
          hear(line.split(" "), told, "round %d of seed %d".formatted(round, SEED));
          acks++;
        }
        if (!killed && acks >= enough) {
          LockSupport.parkNanos(more);
          // By its handle: the process would close what is still to be read from it.
          killed = sender.toHandle().destroyForcibly();
        }
      }
    } finally {
      sender.destroyForcibly();
      sender.waitFor();
    }
    assertThat(killed).as("the process of round %d did not die by itself", round).isTrue();
  }

  private static void hear(String[] words, List<Told> told, String at) {
    Told mine = told.get(Integer.parseInt(words[0]));
    switch (words[1]) {
      case "put" -> mine.put = words[2].equals("PUT");
      case "sent" -> {
        assertThat(words[2]).as(at).isEqualTo(String.valueOf(mine.acked / MESSAGES));
        assertThat(words[3]).as(at).isEqualTo(String.valueOf(mine.acked % MESSAGES + 1));
        mine.acked++;
        mine.ids.add(words[4]);
      }
      case "completed" -> mine.completed++;
      default -> throw new AssertionError(at + ": " + String.join(" ", words));
    }
  }

  private static void assertThere(
      McpEventStore store, int round, int caller, Told told, boolean erased) {
    String at = "caller %d of round %d of seed %d".formatted(caller, round, SEED);
    McpScope scope = scope(round, caller);
    if (told.put) {
      assertThat(store.getSession(scope)).as(at).isInstanceOf(McpSessionState.Live.class);
    }
    for (int stream = 0; stream * MESSAGES < told.acked; stream++) {
      String name = String.valueOf(stream);
      int acked = Math.min(MESSAGES, told.acked - stream * MESSAGES);
      for (int i = 1; i <= acked; i++) {
        assertThat(told.ids.get(stream * MESSAGES + i - 1))
            .as(at)
            .isEqualTo(McpEventId.of(scope, name, i));
      }
      Messages.Got got = Messages.replay(store, scope, McpEventId.of(scope, name, 1));
      long cursor = 1;
      if (erased && got.end() instanceof McpReplay.Expired(var _, long first)) {
        assertThat(first).as(at).isLessThanOrEqualTo(acked + 3 - KEPT);
        cursor = first - 1;
        got = Messages.replay(store, scope, McpEventId.of(scope, name, cursor));
      }
      List<String> expected = new ArrayList<>();
      for (long i = cursor + 1; i <= acked; i++) {
        expected.add(Messages.json((long) stream * MESSAGES + i - 1));
      }
      List<String> there = got.messages();
      assertThat(there.size()).as(at).isBetween(expected.size(), expected.size() + 1);
      assertThat(there.subList(0, expected.size()))
          .as("%s, stream %s", at, name)
          .isEqualTo(expected);
      if (stream < told.completed) {
        assertThat(got.end()).as(at).isInstanceOf(McpReplay.Complete.class);
        assertThat(store.append(scope, name, Messages.note(0)))
            .as(at)
            .isEqualTo(new McpAppend.StreamCompleted());
      }
    }
    // What was sent and not told of is the next one, and nothing can be behind it.
    String behind = String.valueOf(told.acked / MESSAGES + 1);
    assertThat(Messages.replay(store, scope, McpEventId.of(scope, behind, 1)).end())
        .as(at)
        .isEqualTo(new McpReplay.Unknown());
  }
}
