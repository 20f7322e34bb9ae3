package dev.stele.nostr.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Verdict;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewStore;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.gate.NostrAuditor;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.view.Histories;
import dev.stele.nostr.view.Model;
import dev.stele.nostr.view.NostrView;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Scale;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.LogManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process that stores from four threads, each notes, profiles and deletions of an author of its
 * own, killed over and over at any moment; the store goes on from round to round.
 */
@Tag("engine")
@Tag("crash")
class KilledNostrStoreTest {
  private static final int CALLERS = 4;
  private static final long SEED = 27_182;

  /** 1 to 150 acks until the kill: what four threads are told in less than a tenth of a second. */
  private static final int MOST_ACKS = 150;

  /** Up to 3 milliseconds between the last ack and the kill: a few commits. */
  private static final int MOST_NANOS_MORE = 3_000_000;

  /** More events than all rounds store. */
  private static final int WHOLE_LOG = 1_000_000;

  @TempDir Path folder;

  private static NostrStore open(String uri, Path anchors, int round) {
    return NostrStores.open(
        uri,
        NostrStoreOptions.DEFAULT
            .with(new NostrStoreTck.HandClock(), new Random(SEED + round))
            .reachedAt(Set.of(Histories.RELAY))
            .anchoredIn(anchors));
  }

  /** The event that a thread stores at a place: every fifth a profile, every seventh a deletion. */
  private static NostrEvent event(NostrKey key, int round, int number) {
    long at = 1_000L * (round + 2) + number;
    if (number % 7 == 6) {
      return key.sign(at, 5, List.of(List.of("e", event(key, round, number - 2).id())), "");
    }
    return key.sign(at, number % 5 == 4 ? 0 : 1, List.of(List.of("t", "kill")), "" + number);
  }

  /** The process that is killed: stores until it is, and prints what it was told. */
  static final class Sender {
    private Sender() {}

    public static void main(String[] arguments) {
      LogManager.getLogManager().reset();
      int round = Integer.parseInt(arguments[2]);
      NostrStore store = open(arguments[0], Path.of(arguments[1]), round);
      PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
      for (int caller = 0; caller < CALLERS; caller++) {
        int number = caller;
        var _ = Thread.ofPlatform().start(() -> send(store, round, number, out));
      }
    }

    private static void send(NostrStore store, int round, int caller, PrintStream out) {
      NostrKey key = NostrStoreTck.key(1 + caller);
      for (int number = 0; ; number++) {
        NostrEvent event = event(key, round, number);
        StoreOutcome outcome = store.store(event);
        synchronized (out) {
          out.println(outcome.getClass().getSimpleName() + " " + event.id() + " .");
          out.flush();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void keeps_what_it_acked_and_shows_what_a_replay_of_its_log_shows(String engine)
      throws Exception {
    String uri = engine + ":" + folder.resolve("store");
    Path anchors = folder.resolve("anchors");
    Random random = new Random(SEED);
    List<String> acked = new ArrayList<>();
    for (int round = 0; round < Scale.of(40); round++) {
      String at = "round %d of seed %d".formatted(round, SEED);
      killed(uri, anchors, round, acked, random);
      try (NostrStore store = open(uri, anchors, -1)) {
        EventLog log = NostrStores.log(store);
        for (String id : acked) {
          assertThat(log.findById(id)).as("%s, event %s", at, id).isPresent();
        }
        assertThat(NostrStoreTck.query(store, "{}")).as(at).isEqualTo(replayed(log).visible());
        try (ViewStore again = new MemoryViewStore()) {
          ViewRunner runner =
              new ViewRunner(new NostrView(Set.of(Histories.RELAY), List.of()), log, again);
          var _ = runner.catchUp();
          assertThat(NostrStoreTck.stateHash(store)).as(at).isEqualTo(runner.stateHash().value());
        }
        assertThat(log.scrub(() -> List.of(new NostrAuditor()), _ -> {}))
            .as(at)
            .isInstanceOf(Verdict.Intact.class);
      }
    }
    assertThat(acked).isNotEmpty();
  }

  private static Model replayed(EventLog log) {
    Model model = new Model();
    long after = 0;
    for (List<StoredEvent> page = log.readStream(NostrGate.STREAM, after, WHOLE_LOG);
        !page.isEmpty();
        page = log.readStream(NostrGate.STREAM, after, WHOLE_LOG)) {
      for (StoredEvent event : page) {
        ParsedEvent parsed = EventJson.parse(event.payload().orElseThrow());
        boolean _ = model.arrives(((ParsedEvent.Wellformed) parsed).event());
      }
      after = page.getLast().revision();
    }
    return model;
  }

  /** Lets a process store for a while, and kills it with SIGKILL. */
  private static void killed(String uri, Path anchors, int round, List<String> acked, Random random)
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
          String[] words = line.split(" ");
          assertThat(words[0]).as("round %d of seed %d", round, SEED).isEqualTo("Stored");
          acked.add(words[1]);
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
}
