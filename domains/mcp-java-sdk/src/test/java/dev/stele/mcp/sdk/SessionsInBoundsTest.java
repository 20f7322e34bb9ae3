package dev.stele.mcp.sdk;

import static dev.stele.mcp.sdk.Caller.said;
import static dev.stele.mcp.sdk.Caller.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.testkit.Scale;
import io.modelcontextprotocol.server.McpSyncServer;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a server holds in memory, and for how long. */
class SessionsInBoundsTest {
  private static final Duration IDLE = Duration.ofHours(1);

  /** A thread of the SDK's pool remembers its last task, and there are ten for each core. */
  private static final int STILL_HELD = 10 * Runtime.getRuntime().availableProcessors();

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final McpEventStore store = Stores.inMemory(now::get);
  private final TransportOptions options =
      TransportOptions.defaults().clock(now::get).idle(IDLE).maxSessions(3);
  private final ResumableTransport transport = ResumableTransport.over(store, options);
  private final McpSyncServer server = Everything.over(transport);

  @AfterEach
  void close() {
    server.close();
  }

  private void advance(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  private static void works(Caller client) {
    assertThat(said(Events.of(client.count(1, 1)).toEnd())).containsExactly("1", "result");
  }

  @Test
  void when_it_is_full_the_one_that_was_idle_for_longest_is_set_aside_and_loses_nothing() {
    List<Caller> clients = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      clients.add(Caller.of(transport).initialized());
      advance(Duration.ofSeconds(1));
      assertThat(transport.sessions().count()).isEqualTo(Math.min(i + 1, 3));
    }
    for (Caller client : clients) {
      works(client);
      assertThat(transport.sessions().count()).isEqualTo(3);
    }
  }

  @Test
  void the_one_that_was_used_last_stays() {
    Caller first = Caller.of(transport).initialized();
    advance(Duration.ofSeconds(1));
    Caller second = Caller.of(transport).initialized();
    advance(Duration.ofSeconds(1));
    Caller third = Caller.of(transport).initialized();
    advance(Duration.ofSeconds(1));
    works(first);
    Caller fourth = Caller.of(transport).initialized();
    assertThat(transport.sessions().all().stream().map(session -> session.scope().session()))
        .containsExactlyInAnyOrder(first.session(), third.session(), fourth.session());
    works(second);
  }

  @Test
  void when_none_is_idle_a_new_one_is_refused_and_those_there_go_on() {
    List<Events> listening = new ArrayList<>();
    Caller last = null;
    for (int i = 0; i < 3; i++) {
      last = Caller.of(transport).initialized();
      listening.add(Events.of(last.listen()));
      listening.getLast().next();
    }
    HttpAnswer refused =
        Caller.of(transport)
            .post(
                """
                {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":
                "2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}\
                """);
    assertThat(status(refused)).isEqualTo(503);
    assertThat(((HttpAnswer.Whole) refused).headers()).containsKey("Retry-After");
    works(java.util.Objects.requireNonNull(last));
    assertThat(store.sessions()).hasSize(3);
  }

  @Test
  void a_session_that_nobody_used_for_long_ends_for_good() {
    Caller idle = Caller.of(transport).initialized();
    Caller used = Caller.of(transport).initialized();
    Caller connected = Caller.of(transport).initialized();
    Events.of(connected.listen()).next();
    advance(IDLE);
    works(used);
    assertThat(transport.endIdleSessions()).isZero();
    advance(Duration.ofMillis(1));
    assertThat(transport.endIdleSessions()).isEqualTo(1);
    assertThat(status(idle.listen())).isEqualTo(404);
    works(used);
    works(connected);
  }

  @Test
  void a_session_that_is_not_in_memory_ends_as_well() {
    Caller client = Caller.of(transport).initialized();
    ResumableTransport next = ResumableTransport.over(store, options);
    McpSyncServer second = Everything.over(next);
    advance(IDLE.plusMillis(1));
    assertThat(next.endIdleSessions()).isEqualTo(1);
    assertThat(status(client.at(next).listen())).isEqualTo(404);
    second.close();
  }

  @Test
  void a_session_of_another_tenant_is_left_alone() {
    Caller client = Caller.of(transport).initialized();
    ResumableTransport other = ResumableTransport.over(store, options.tenant("other"));
    McpSyncServer second = Everything.over(other);
    advance(IDLE.plusMillis(1));
    assertThat(other.endIdleSessions()).isZero();
    assertThat(status(client.at(other).listen())).isEqualTo(404);
    works(client);
    second.close();
  }

  @Test
  void a_session_has_so_many_requests_in_flight_and_no_more() {
    Caller client = Caller.of(transport).initialized();
    String key = UUID.randomUUID().toString();
    List<Events> inFlight = new ArrayList<>();
    for (int i = 0; i < LiveSession.MAX_IN_FLIGHT; i++) {
      inFlight.add(Events.of(client.tool(i, "steps", "{\"to\":0,\"key\":\"%s\"}".formatted(key))));
    }
    HttpAnswer refused = client.count(9_999, 1);
    assertThat(status(refused)).isEqualTo(429);
    Everything.steps(key).release(LiveSession.MAX_IN_FLIGHT);
    for (Events events : inFlight) {
      assertThat(said(events.toEnd())).containsExactly("result");
    }
    works(client);
  }

  @Test
  void messages_that_nobody_waited_for_are_bounded_and_the_end_still_comes()
      throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    LiveStream stream =
        new LiveStream(
            Stores.held(store, asked, answered),
            McpScope.ofSession("s"),
            StreamName.ofRequest(1, "1"),
            Optional.of(McpMessage.Json.of("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}")),
            Duration.ofSeconds(10),
            new LiveStream.Owner() {
              @Override
              public void ended(LiveStream ended) {}

              @Override
              public void sessionEnded() {}
            });
    McpMessage.Json message = McpMessage.Json.of("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}");
    CompletableFuture<Void> first = stream.send(message, false).toFuture();
    asked.await();
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < LiveStream.MAX_WAITING; i++) {
      waiting.add(stream.send(message, false).toFuture());
    }
    assertThat(stream.send(message, false).toFuture())
        .failsWithin(IDLE)
        .withThrowableThat()
        .withMessageContaining(LiveStream.MAX_WAITING + " messages of this stream wait");
    CompletableFuture<Void> end = stream.finish().toFuture();
    answered.countDown();
    assertThat(end).succeedsWithin(IDLE);
    assertThat(first).succeedsWithin(IDLE);
    assertThat(CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)))
        .succeedsWithin(IDLE);
    assertThat(store.stats().totalEvents()).isEqualTo(LiveStream.MAX_WAITING + 3L);
  }

  private static long held(List<WeakReference<LiveStream>> streams) {
    return streams.stream().filter(stream -> stream.get() != null).count();
  }

  @Test
  void a_finished_stream_leaves_nothing_in_memory() {
    Caller client = Caller.of(transport).initialized();
    LiveSession session = transport.sessions().all().getFirst();
    List<WeakReference<LiveStream>> streams = new ArrayList<>();
    String key = UUID.randomUUID().toString();
    Events waiting = Events.of(client.tool(0, "steps", "{\"to\":0,\"key\":\"%s\"}".formatted(key)));
    streams.add(new WeakReference<>(session.inFlight().getFirst()));
    Everything.steps(key).release();
    assertThat(waiting.toEnd()).hasSize(1);
    for (int i = 1; i <= Scale.of(10_000); i++) {
      Events events = Events.of(client.count(i, 1));
      session.inFlight().forEach(stream -> streams.add(new WeakReference<>(stream)));
      assertThat(events.toEnd()).hasSize(2);
    }
    assertThat(session.inFlight()).isEmpty();
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (held(streams) > STILL_HELD && System.nanoTime() < end) {
      System.gc();
    }
    assertThat(streams).hasSizeGreaterThan(STILL_HELD);
    assertThat(held(streams)).isLessThanOrEqualTo(STILL_HELD);
  }
}
