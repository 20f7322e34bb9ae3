package dev.stele.server.relay;

import static dev.stele.server.relay.SocketClient.json;
import static dev.stele.server.relay.SocketClient.newKey;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.server.RunningServer;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.testkit.Scale;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many at once, and some of them ill-behaved. */
@Tag("engine")
class ARelayUnderLoadTest {
  private static final long NOW = 1_700_000_000;

  /** 128 KiB an idle connection, of both of its sides: the client is in this process too. */
  private static final long MAX_BYTES_EACH = 128 * 1024;

  private static final String NOISE = "\"\\[]{},:0123456789abcdef#-+.eE \n\u0000\u001fé𝄞";

  @TempDir Path folder;

  private RunningServer server(UnaryOperator<ServerConfig> changed) throws Exception {
    return RunningServer.in(
        folder.resolve("data"), config -> changed.apply(config.with(Setting.RELAY_LOG, "relay")));
  }

  @Test
  void whoever_asks_while_others_publish_gets_every_event_once() throws Exception {
    int each = 100 + Scale.of(2_000);
    int publishers = 3;
    try (RunningServer server = server(config -> config);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<String>>> published = new ArrayList<>();
      for (int p = 0; p < publishers; p++) {
        published.add(threads.submit(() -> publish(server, each)));
      }
      List<Future<List<String>>> readers = new ArrayList<>();
      for (int r = 0; r < 6; r++) {
        readers.add(threads.submit(() -> read(server, publishers * each)));
      }
      List<String> all = new ArrayList<>();
      for (Future<List<String>> done : published) {
        all.addAll(done.get());
      }
      for (Future<List<String>> reader : readers) {
        assertThat(reader.get()).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(all);
      }
    }
  }

  /** Publishes notes with fifty of them in flight; each is answered with OK. */
  private static List<String> publish(RunningServer server, int count) throws Exception {
    NostrKey key = newKey();
    List<String> published = new ArrayList<>();
    try (SocketClient client = SocketClient.to(server.port())) {
      var _ = client.challenge();
      for (int i = 0; i < count; i++) {
        // Dates in no order, many alike: a scan is somewhere in the middle when one comes.
        NostrEvent note = key.sign(NOW - (i * 7) % 30, 1, List.of(), "note " + i);
        client.publish(note);
        published.add(json(note));
        if (i >= 50) {
          assertThat(client.next()).contains(",true,\"\"");
        }
      }
      for (int i = 0; i < Math.min(50, count); i++) {
        assertThat(client.next()).contains(",true,\"\"");
      }
    }
    return published;
  }

  private static List<String> read(RunningServer server, int count) throws Exception {
    List<String> events = new ArrayList<>();
    try (SocketClient client = SocketClient.to(server.port())) {
      client.send("[\"REQ\",\"s\",{\"kinds\":[1],\"limit\":5000}]");
      while (events.size() < count) {
        String frame = client.next();
        if (frame.startsWith("[\"EVENT\",\"s\",")) {
          events.add(frame.substring("[\"EVENT\",\"s\",".length(), frame.length() - 1));
        }
      }
    }
    return events;
  }

  @Test
  void one_who_reads_nothing_is_dropped_and_holds_up_nobody() throws Exception {
    try (RunningServer server = server(config -> config.with(Setting.RELAY_PATIENCE, "2"));
        SocketClient stalled = SocketClient.thatReadsNothing(server.port());
        SocketClient reader = SocketClient.to(server.port());
        SocketClient publisher = SocketClient.to(server.port())) {
      NostrKey key = newKey();
      reader.send("[\"REQ\",\"s\",{\"limit\":0}]");
      var _ = reader.next("[\"EOSE\"");
      for (int i = 0; i < 20; i++) {
        stalled.send("[\"REQ\",\"s" + i + "\",{}]");
      }
      // 40 MB for the one who reads nothing: more than any socket's buffers take.
      String content = "x".repeat(20_000);
      for (int i = 0; i < 100; i++) {
        NostrEvent note = key.sign(NOW, 1, List.of(), i + content);
        assertThat(publisher.takes(note)).isTrue();
        assertThat(reader.next("[\"EVENT\"")).contains(note.id());
      }
      long end = System.nanoTime() + SocketClient.PATIENCE.toNanos();
      while (!server.get("/metrics").text().contains("stele_relay_connections 2.0")) {
        assertThat(System.nanoTime()).as("the stalled one is still there").isLessThan(end);
      }
      assertThat(publisher.takes(key.sign(NOW, 1, List.of(), "after"))).isTrue();
    }
  }

  @Test
  void many_who_say_nothing_cost_little_and_are_told_what_comes() throws Exception {
    int count = Scale.of(5_000);
    // And room for one who publishes, and for one who has just gone.
    String most = String.valueOf(count + 2);
    try (RunningServer server = server(config -> config.with(Setting.RELAY_CONNECTIONS, most))) {
      NostrKey key = newKey();
      try (SocketClient first = SocketClient.to(server.port())) {
        assertThat(first.takes(key.sign(NOW, 1, List.of(), "warm"))).isTrue();
      }
      List<SocketClient> idle = new ArrayList<>();
      try {
        long before = used();
        for (int i = 0; i < count; i++) {
          SocketClient client = SocketClient.to(server.port());
          idle.add(client);
          client.send("[\"REQ\",\"s\",{\"kinds\":[1],\"limit\":0}]");
        }
        for (SocketClient client : idle) {
          var _ = client.next("[\"EOSE\"");
        }
        long bytesEach = (used() - before) / count;
        System.out.println("%d idle sockets: %d KiB each".formatted(count, bytesEach >> 10));
        assertThat(bytesEach).isLessThan(MAX_BYTES_EACH);
        NostrEvent note = key.sign(NOW, 1, List.of(), "for all of you");
        try (SocketClient publisher = SocketClient.to(server.port())) {
          assertThat(publisher.takes(note)).isTrue();
        }
        for (SocketClient client : idle) {
          assertThat(client.next()).contains(note.id());
        }
      } finally {
        idle.forEach(SocketClient::close);
      }
    }
  }

  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void whatever_is_sent_is_answered_with_a_reason_and_the_relay_stays_up() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (RunningServer server = server(config -> config)) {
      SocketClient client = SocketClient.to(server.port());
      try {
        for (int i = 0; i < Scale.of(100_000); i++) {
          String frame = hostile(random);
          String about = "seed %d, frame %d: %s".formatted(seed, i, frame);
          if (client.isGone()) {
            client = SocketClient.to(server.port());
          }
          // What ends the connection is no text at all; these are text, so that it stays.
          client.send(frame);
          client.send("[\"COUNT\",\"after\",{\"kinds\":[9]}]");
          List<String> answers = new ArrayList<>();
          for (String each : client.until("[\"COUNT\",\"after\"")) {
            if (!each.startsWith("[\"AUTH\"")) {
              answers.add(each);
            }
          }
          // More than the answer to the count, but for what ends something without a word.
          if (answers.size() == 1) {
            assertThat(frame).as(about).containsPattern("CLOSE");
          }
        }
        assertThat(client.takes(newKey().sign(NOW, 1, List.of(), "after all"))).isTrue();
      } finally {
        client.close();
      }
    }
  }

  private static String hostile(Random random) {
    NostrKey key = newKey();
    List<String> wellMeant =
        List.of(
            "[\"EVENT\"," + json(key.sign(NOW, 1, List.of(List.of("t", "a")), "\"a\" \\ b")) + "]",
            "[\"REQ\",\"s\",{\"kinds\":[1],\"#t\":[\"a\"],\"since\":5,\"limit\":3}]",
            "[\"COUNT\",\"c\",{\"authors\":[\"" + key.pubkey() + "\"]}]",
            "[\"CLOSE\",\"s\"]",
            "[\"AUTH\",{\"id\":\"" + key.pubkey() + "\"}]",
            "[\"NEG-OPEN\",\"n\",{\"kinds\":[3]},\"6100000200\"]",
            "[\"NEG-MSG\",\"n\",\"6100000200\"]",
            "[\"NEG-CLOSE\",\"n\"]");
    StringBuilder text = new StringBuilder(wellMeant.get(random.nextInt(wellMeant.size())));
    for (int changes = random.nextInt(3); changes >= 0; changes--) {
      int at = random.nextInt(text.length() + 1);
      int to = Math.min(text.length(), at + random.nextInt(8));
      switch (random.nextInt(4)) {
        case 0 -> text.delete(at, to);
        case 1 -> text.insert(at, noise(random));
        case 2 -> text.replace(at, to, noise(random));
        default -> text.setLength(at);
      }
    }
    // Half a pair of surrogates cannot be sent at all.
    return text.codePoints()
        .filter(point -> point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static String noise(Random random) {
    int[] points = NOISE.codePoints().toArray();
    return Character.toString(points[random.nextInt(points.length)]);
  }
}
