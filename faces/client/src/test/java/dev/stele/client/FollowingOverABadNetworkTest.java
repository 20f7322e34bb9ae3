package dev.stele.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import dev.stele.client.ScriptedServer.Reply;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.CheckedEvent;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FollowingOverABadNetworkTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final EventLog log = TrueLog.empty(1);
  private final ScriptedServer server;
  private final SteleClient client;
  private final RemoteLog remote;

  FollowingOverABadNetworkTest() throws IOException {
    server = new ScriptedServer(log);
    RetryPolicy fast =
        new RetryPolicy(10, Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofSeconds(30));
    client =
        SteleClient.connect(
            server.uri(), ClientOptions.inMemory().random(new Random(5)).retry(fast));
    remote = client.log("main", TrustPolicy.of(TrueLog.KEY));
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
    log.close();
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static OutputStream begin(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    return exchange.getResponseBody();
  }

  /** Sends up to so many events, and then ends the connection, perhaps in the middle of a frame. */
  private void endsAfter(int events, boolean withinAFrame) {
    server.stream(
        (exchange, after) -> {
          OutputStream out = begin(exchange);
          for (StoredEvent event : log.read(after, events)) {
            send(out, ScriptedServer.frame(event));
          }
          if (withinAFrame) {
            send(out, "id: 9\ndata: {\"position\":");
          }
          exchange.close();
        });
  }

  private static List<Long> take(RemoteSubscription subscription, int count)
      throws InterruptedException {
    List<Long> seen = new ArrayList<>();
    while (seen.size() < count) {
      subscription.next(LONG).forEach(event -> seen.add(event.position()));
    }
    return seen;
  }

  private static List<Long> oneTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  @Test
  void gives_each_event_once_through_connections_that_end() throws Exception {
    TrueLog.grow(log, 100);
    for (boolean withinAFrame : List.of(false, true)) {
      endsAfter(7, withinAFrame);
      try (RemoteSubscription subscription = remote.subscribe(Cursor.BEGINNING)) {
        assertThat(take(subscription, 100)).isEqualTo(oneTo(100));
        assertThat(subscription.cursor()).isEqualTo(new Cursor(100));
      }
    }
  }

  @Test
  void passes_over_what_a_server_sends_twice() throws Exception {
    TrueLog.grow(log, 20);
    server.stream(
        (exchange, after) -> {
          OutputStream out = begin(exchange);
          for (StoredEvent event : log.read(Math.max(0, after - 5), 8)) {
            send(out, ScriptedServer.frame(event) + ScriptedServer.frame(event));
          }
          exchange.close();
        });
    try (RemoteSubscription subscription = remote.subscribe(Cursor.BEGINNING)) {
      assertThat(take(subscription, 20)).isEqualTo(oneTo(20));
    }
  }

  @Test
  void goes_on_when_the_server_was_away() throws Exception {
    TrueLog.grow(log, 10);
    endsAfter(100, false);
    AtomicInteger refusals = new AtomicInteger(3);
    server.script(
        (_, truth) -> refusals.getAndDecrement() > 0 ? Reply.problem(503, "closing", "") : truth);
    try (RemoteSubscription subscription = remote.subscribe(new Cursor(4))) {
      assertThat(take(subscription, 6)).isEqualTo(List.of(5L, 6L, 7L, 8L, 9L, 10L));
      assertThat(refusals.get()).isNegative();
    }
  }

  @Test
  void says_why_it_gives_nothing() throws Exception {
    server.script((_, _) -> Reply.problem(503, "closing", ""));
    try (RemoteSubscription subscription = remote.subscribe(Cursor.BEGINNING)) {
      assertThat(subscription.next(Duration.ofMillis(100))).isEmpty();
      assertThat(subscription.lastFailure()).contains("closing (503): said so");
    }
  }

  @Test
  void is_refused_where_the_server_will_not_have_it() throws Exception {
    server.script((_, _) -> Reply.problem(403, "forbidden", ""));
    try (RemoteSubscription subscription = remote.subscribe(Cursor.BEGINNING)) {
      assertThatThrownBy(() -> subscription.next(LONG)).isInstanceOf(RequestFailed.Refused.class);
    }
  }

  @Test
  void refuses_what_is_no_event_and_can_go_on() throws Exception {
    TrueLog.grow(log, 3);
    AtomicInteger connections = new AtomicInteger();
    server.stream(
        (exchange, after) -> {
          OutputStream out = begin(exchange);
          send(
              out,
              connections.incrementAndGet() == 1
                  ? "data: nonsense\n\n"
                  : ScriptedServer.frame(log.read(after, 1).getFirst()));
          exchange.close();
        });
    try (RemoteSubscription subscription = remote.subscribe(Cursor.BEGINNING)) {
      assertThatThrownBy(() -> subscription.next(LONG))
          .isInstanceOf(RequestFailed.Unintelligible.class)
          .hasMessageContaining("nonsense");
      assertThat(take(subscription, 3)).isEqualTo(oneTo(3));
    }
  }

  @Test
  void notices_that_it_has_caught_up() throws Exception {
    TrueLog.grow(log, 2);
    server.stream(
        (exchange, after) -> {
          OutputStream out = begin(exchange);
          for (StoredEvent event : log.read(after, 10)) {
            send(out, ScriptedServer.frame(event));
          }
          send(out, "event: caught-up\ndata: {\"position\":2}\n\n");
          exchange.close();
        });
    try (RemoteSubscription subscription = remote.subscribe(Cursor.BEGINNING)) {
      assertThat(take(subscription, 2)).isEqualTo(oneTo(2));
      while (!subscription.caughtUp()) {
        assertThat(subscription.next(Duration.ofMillis(10))).isEmpty();
      }
    }
  }

  /** Keeps the connection, and sends what comes as it comes. */
  private void followsTheLog() {
    server.stream(
        (exchange, after) -> {
          OutputStream out = begin(exchange);
          var events = log.subscribe(new Cursor(after));
          try {
            while (true) {
              for (StoredEvent event : events.next(Duration.ofMillis(50))) {
                send(out, ScriptedServer.frame(event));
              }
              send(out, ": here\n\n");
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  @Test
  void is_ended_by_a_close_from_another_thread() throws Exception {
    followsTheLog();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      RemoteSubscription subscription = remote.subscribe(Cursor.BEGINNING);
      Future<List<RemoteEvent>> waiting = threads.submit(() -> subscription.next(LONG));
      while (server.asked.isEmpty()) {
        Thread.onSpinWait();
      }
      subscription.close();
      assertThat(waiting.get()).isEmpty();
      assertThat(subscription.closed()).isTrue();
      assertThat(subscription.next(LONG)).isEmpty();
    }
  }

  @Test
  void leaves_what_is_not_asked_for_with_the_server() throws Exception {
    TrueLog.grow(log, 2_000);
    AtomicInteger sent = new AtomicInteger();
    String padding = ":" + "x".repeat(100_000) + "\n";
    server.stream(
        (exchange, after) -> {
          OutputStream out = begin(exchange);
          for (StoredEvent event : log.read(after, 2_000)) {
            send(out, padding + ScriptedServer.frame(event));
            sent.incrementAndGet();
          }
        });
    try (RemoteSubscription subscription = remote.subscribe(Cursor.BEGINNING)) {
      assertThat(subscription.next(LONG)).isNotEmpty();
      // What a connection holds in its buffers is some megabytes; all of it would be 200.
      assertThat(sent.get()).isLessThan(1_000);
      assertThat(subscription.cursor().position()).isLessThan(1_000);
    }
  }

  @Test
  void gives_ten_thousand_events_verified_while_they_are_appended() throws Exception {
    followsTheLog();
    int all = 10_000;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        VerifiedSubscription subscription = remote.subscribeVerified(Cursor.BEGINNING)) {
      Future<?> writer =
          threads.submit(
              () -> {
                for (int i = 0; i < 20; i++) {
                  TrueLog.grow(log, all / 20);
                }
              });
      List<Long> seen = new ArrayList<>();
      while (seen.size() < all) {
        switch (subscription.next(LONG)) {
          case RunCheck.Verified(var events, var against) -> {
            for (CheckedEvent event : events) {
              assertThat(event.position()).isLessThanOrEqualTo(against.checkpoint().size());
              assertThat(event.id()).isEqualTo("id-" + event.position());
              seen.add(event.position());
            }
          }
          case RunCheck.Trimmed trimmed -> throw new AssertionError(trimmed.toString());
          case RunCheck.Distrusted distrusted -> throw new AssertionError(distrusted.toString());
        }
      }
      writer.get();
      assertThat(seen).isEqualTo(oneTo(all));
    }
  }

  @Test
  void gives_nothing_verified_that_is_not_signed_for() throws Exception {
    followsTheLog();
    server.show(TrueLog.grow(log, 5));
    TrueLog.grow(log, 5);
    try (VerifiedSubscription subscription = remote.subscribeVerified(Cursor.BEGINNING)) {
      assertThat(subscription.next(LONG)).isInstanceOf(RunCheck.Verified.class);
      assertThat(subscription.cursor()).isEqualTo(new Cursor(5));
      assertThat(subscription.next(Duration.ofMillis(300)))
          .isInstanceOfSatisfying(
              RunCheck.Verified.class, verified -> assertThat(verified.events()).isEmpty());
      server.show(log.checkpoint());
      assertThat(subscription.next(LONG)).isInstanceOf(RunCheck.Verified.class);
      assertThat(subscription.cursor()).isEqualTo(new Cursor(10));
    }
  }

  @Test
  void tells_that_a_followed_log_lies_and_stays_where_it_was() throws Exception {
    TrueLog.grow(log, 5);
    try (VerifiedSubscription subscription = remote.subscribeVerified(Cursor.BEGINNING)) {
      server.script(
          (asked, truth) ->
              asked.isFor("/events") ? truth.replacing("\"body\":\"", "\"body\":\"AAAA") : truth);
      assertThat(subscription.next(LONG)).isInstanceOf(RunCheck.Distrusted.class);
      assertThat(subscription.cursor()).isEqualTo(Cursor.BEGINNING);
      server.script((_, truth) -> truth);
      assertThat(subscription.next(LONG)).isInstanceOf(RunCheck.Verified.class);
      assertThat(subscription.cursor()).isEqualTo(new Cursor(5));
    }
  }
}
