package dev.stele.server.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrKey;
import dev.stele.server.Server;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.testkit.ChildJvm;
import dev.stele.testkit.Scale;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Gatherers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A relay that is killed while clients publish with many events in flight. */
@Tag("crash")
class ARelayThatIsKilledTest {
  private static final int CLIENTS = 4;
  private static final int IN_FLIGHT = 50;

  /** 200 ids in a filter. */
  private static final int ASKED_AT_ONCE = 200;

  /** A second without an answer: the process may have been killed a while ago. */
  private static final Duration NO_MORE = Duration.ofSeconds(1);

  /** A minute of them while it lives: it does not answer any more. */
  private static final int MOST_SILENCES = 60;

  @TempDir Path folder;

  /** A relay in a process of its own. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      ServerConfig config =
          ServerConfig.defaults()
              .with(Setting.DATA, arguments[0])
              .with(Setting.ANCHORS, arguments[0] + "-anchors")
              .with(Setting.HTTP_PORT, "0")
              .with(Setting.GRPC_PORT, "off")
              .with(Setting.RELAY_LOG, "main");
      Server server = Server.start(config, InstantSource.system(), new SecureRandom());
      System.out.println("port " + server.httpPort());
      new CountDownLatch(1).await();
    }
  }

  private record Running(Process process, int port) {}

  private Running start() throws Exception {
    Process child = ChildJvm.start(Child.class, List.of(folder.resolve("data").toString()));
    BufferedReader out = child.inputReader(StandardCharsets.UTF_8);
    String line = String.valueOf(out.readLine());
    assertThat(line).startsWith("port ");
    return new Running(child, Integer.parseInt(line.substring("port ".length())));
  }

  /** Publishes until the relay is killed by one of those who publish; gives what it said OK to. */
  private static List<String> publish(Running relay, NostrKey key, int killAfter)
      throws InterruptedException {
    List<String> acked = new ArrayList<>();
    int silences = 0;
    try (SocketClient client = SocketClient.to(relay.port())) {
      for (int i = 0; i < 100_000; i++) {
        client.publish(key.sign(1_700_000_000 + i, 1, List.of(), "note " + i));
        while (i - acked.size() >= IN_FLIGHT) {
          Optional<String> frame = client.next(NO_MORE);
          if (frame.isEmpty() && !relay.process().isAlive()) {
            return acked;
          }
          if (frame.isEmpty()) {
            // A machine with other work to do is slow, and not dead.
            assertThat(++silences).as("seconds without an answer").isLessThan(MOST_SILENCES);
            continue;
          }
          silences = 0;
          note(frame.get(), acked);
          if (acked.size() == killAfter) {
            relay.process().destroyForcibly();
          }
        }
      }
    } catch (CompletionException e) {
      // The connection went with the process.
    }
    return acked;
  }

  private static void note(String frame, List<String> acked) {
    if (frame.startsWith("[\"OK\"")) {
      assertThat(frame).contains(",true,");
      acked.add(frame.substring("[\"OK\",\"".length(), "[\"OK\",\"".length() + 64));
    }
  }

  /** Which of some events the relay does not have. */
  private static Set<String> missing(Running relay, Set<String> ids) throws InterruptedException {
    Set<String> missing = new HashSet<>(ids);
    try (SocketClient client = SocketClient.to(relay.port())) {
      for (List<String> some : ids.stream().gather(Gatherers.windowFixed(ASKED_AT_ONCE)).toList()) {
        String quoted = "\"" + String.join("\",\"", some) + "\"";
        for (String event : client.stored("{\"ids\":[" + quoted + "],\"limit\":5000}")) {
          missing.removeIf(event::contains);
        }
      }
    }
    return missing;
  }

  @Test
  void has_every_event_that_it_said_ok_to() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int kills = Scale.of(100);
    int all = 0;
    Set<String> acked = new HashSet<>();
    for (int kill = 0; kill <= kills; kill++) {
      Running relay = start();
      try {
        assertThat(missing(relay, acked)).as("seed %d, kill %d", seed, kill).isEmpty();
        all += acked.size();
        acked.clear();
        if (kill < kills) {
          int killAfter = 1 + random.nextInt(400);
          try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<String>>> clients = new ArrayList<>();
            for (int c = 0; c < CLIENTS; c++) {
              NostrKey key = SocketClient.newKey();
              clients.add(threads.submit(() -> publish(relay, key, killAfter)));
            }
            for (Future<List<String>> client : clients) {
              acked.addAll(client.get());
            }
          }
          assertThat(relay.process().waitFor()).as("it was killed").isEqualTo(137);
        }
      } finally {
        relay.process().destroyForcibly().waitFor();
      }
    }
    System.out.println("%d kills, %d events acked".formatted(kills, all));
    assertThat(all).isPositive();
  }
}
