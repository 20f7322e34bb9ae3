package dev.stele.mcp.sdk;

import static dev.stele.mcp.sdk.Caller.said;
import static dev.stele.mcp.sdk.Caller.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.mcp.store.McpEventStores;
import dev.stele.mcp.store.McpRetention;
import dev.stele.mcp.store.McpStoreOptions;
import dev.stele.testkit.Scale;
import io.modelcontextprotocol.server.McpSyncServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client that lost its connection comes back, and is given what it missed and what comes. */
class ResumingTest {
  private final ResumableTransport transport = ResumableTransport.over(Stores.inMemory());
  private final McpSyncServer server = Everything.over(transport);
  private final Caller client = Caller.of(transport).initialized();
  private final String key = UUID.randomUUID().toString();
  private final Semaphore steps = Everything.steps(key);

  @AfterEach
  void close() {
    steps.release(1_000);
    server.close();
  }

  private HttpAnswer stepping(int to) {
    return client.tool(1, "steps", "{\"to\":%d,\"key\":\"%s\"}".formatted(to, key));
  }

  private void announce(int from, int to) {
    assertThat(
            Events.of(client.tool(9, "announce", "{\"from\":%d,\"to\":%d}".formatted(from, to)))
                .toEnd())
        .hasSize(1);
  }

  private static List<String> numbers(int from, int to, String... more) {
    List<String> all =
        new ArrayList<>(IntStream.rangeClosed(from, to).mapToObj(String::valueOf).toList());
    all.addAll(List.of(more));
    return all;
  }

  // ---- the stream of a request ----

  @Test
  void behind_each_event_it_is_given_the_rest() {
    Events first = Events.of(client.count(1, 5));
    List<String> ids = new ArrayList<>(List.of(first.next().id()));
    first.toEnd().forEach(event -> ids.add(event.id()));
    assertThat(ids).doesNotHaveDuplicates().hasSize(7);
    for (int seen = 0; seen <= 5; seen++) {
      List<Events.Event> rest = Events.of(client.resume(ids.get(seen))).toEnd();
      assertThat(said(rest)).isEqualTo(numbers(seen + 1, 5, "result"));
      assertThat(rest.stream().map(Events.Event::id)).isEqualTo(ids.subList(seen + 1, 7));
    }
  }

  @Test
  void behind_the_answer_it_is_told_not_to_come_back() {
    List<Events.Event> all = Events.of(client.count(1, 1)).toEnd();
    HttpAnswer answer = client.resume(all.getLast().id());
    assertThat(status(answer)).isEqualTo(204);
    assertThat(((HttpAnswer.Whole) answer).headers())
        .containsEntry("Content-Type", "text/event-stream");
  }

  @Test
  void what_was_missed_is_followed_by_what_comes() {
    Events first = Events.of(stepping(5));
    steps.release(1);
    String seen = first.message().id();
    first.leave();
    steps.release(2);
    Events second = Events.of(client.resume(seen));
    List<Events.Event> messages = new ArrayList<>(List.of(second.message(), second.message()));
    steps.release(10);
    messages.addAll(second.toEnd());
    assertThat(said(messages)).isEqualTo(numbers(2, 5, "result"));
  }

  @Test
  void a_tool_goes_on_while_nobody_listens() {
    Events first = Events.of(stepping(3));
    String place = first.next().id();
    first.leave();
    steps.release(10);
    List<Events.Event> all = Events.of(client.resume(place)).toEnd();
    assertThat(said(all)).isEqualTo(numbers(1, 3, "result"));
  }

  @Test
  void the_newer_connection_takes_over() {
    Events first = Events.of(stepping(3));
    String place = first.next().id();
    steps.release(1);
    assertThat(said(List.of(first.message()))).containsExactly("1");
    Events second = Events.of(client.resume(place));
    first.awaitEnd();
    steps.release(10);
    assertThat(said(second.toEnd())).isEqualTo(numbers(1, 3, "result"));
    assertThat(first.toEnd()).isEmpty();
  }

  @Test
  void a_client_that_does_not_read_is_no_hindrance_to_the_one_that_comes_back() {
    // It reads its priming, and is stuck in the write of the first line.
    Events stuck = Events.slow(stepping(3), 1);
    String place = stuck.next().id();
    steps.release(1);
    Events second = Events.of(client.resume(place));
    stuck.awaitEnd();
    // Only now: nobody takes a place on a stream that has ended.
    steps.release(10);
    assertThat(said(second.toEnd())).isEqualTo(numbers(1, 3, "result"));
  }

  @Test
  void a_client_that_reads_late_gets_everything_and_holds_up_nobody() {
    int burst = 5_000;
    Events late = Events.slow(client.count(1, burst), 1);
    String place = late.next().id();
    // The tool is done, though its client has read nothing: another reads all of it meanwhile.
    Events other = Events.of(Caller.of(transport).in(client.session()).count(2, 3));
    assertThat(said(other.toEnd())).isEqualTo(numbers(1, 3, "result"));
    late.readOn();
    assertThat(said(late.toEnd())).isEqualTo(numbers(1, burst, "result"));
    assertThat(said(Events.of(client.resume(place)).toEnd()))
        .isEqualTo(numbers(1, burst, "result"));
  }

  @Test
  void whoever_drops_and_comes_back_at_any_moment_sees_each_message_once_and_in_order() {
    long seed = 42;
    Random random = new Random(seed);
    for (int round = 0; round < Scale.of(200); round++) {
      int to = 1 + random.nextInt(600);
      Events events = Events.of(client.count(round, to));
      String place = events.next().id();
      List<Events.Event> seen = new ArrayList<>();
      boolean done = false;
      while (!done) {
        for (int left = random.nextInt(to); left >= 0 && !done; left--) {
          Events.Event event = events.message();
          seen.add(event);
          place = event.id();
          done = event.json().contains("\"result\"");
        }
        if (!done) {
          if (random.nextBoolean()) {
            // The server has not noticed yet, or never will.
            events.leave();
          }
          events = Events.of(client.resume(place));
        }
      }
      assertThat(said(seen))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(numbers(1, to, "result"));
      assertThat(seen.stream().map(Events.Event::id)).doesNotHaveDuplicates();
    }
  }

  @Test
  void many_that_take_over_at_once_leave_one() throws InterruptedException {
    Events first = Events.of(stepping(20));
    String place = first.next().id();
    List<Events> all = new ArrayList<>(List.of(first));
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                Events events = Events.of(client.resume(place));
                synchronized (all) {
                  all.add(events);
                }
                steps.release(1);
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    steps.release(1);
    int whole = 0;
    for (Events events : all) {
      List<String> said = said(events.toEnd());
      // Each has a beginning of the stream, without a gap; who came last has all of it.
      assertThat(said).isEqualTo(numbers(1, 20, "result").subList(0, said.size()));
      whole += said.size() == 21 ? 1 : 0;
    }
    assertThat(whole).isGreaterThanOrEqualTo(1);
  }

  @Test
  void a_session_that_ends_while_a_tool_sends_ends_its_stream() {
    Events events = Events.of(stepping(100));
    steps.release(3);
    assertThat(said(List.of(events.message()))).containsExactly("1");
    assertThat(status(client.delete())).isEqualTo(204);
    events.awaitEnd();
    steps.release(200);
    assertThat(Events.of(Caller.of(transport).initialized().count(1, 1)).toEnd()).hasSize(2);
  }

  @Test
  void what_retention_has_dropped_is_gone_and_said_to_be() {
    ResumableTransport forgetting =
        ResumableTransport.over(
            McpEventStores.inMemory(
                McpStoreOptions.DEFAULT.keeping(McpRetention.NONE).caching(10, 1_000_000)));
    McpSyncServer other = Everything.over(forgetting);
    Caller there = Caller.of(forgetting).initialized();
    Events events = Events.of(there.count(1, 50));
    String place = events.next().id();
    events.awaitEnd();
    HttpAnswer answer = there.resume(place);
    assertThat(status(answer)).isEqualTo(410);
    assertThat(Caller.text(answer)).contains("-32010");
    other.close();
  }

  // ---- polling ----

  @Test
  void a_tool_ends_its_connection_and_the_client_polls() {
    Events first = Events.of(client.tool(1, "poll", "{}"));
    String place = first.next().id();
    first.awaitEnd();
    assertThat(said(first.toEnd())).containsExactly("before");
    Events second = Events.of(client.resume(place));
    Everything.steps("poll").release();
    List<Events.Event> all = second.toEnd();
    assertThat(said(all)).containsExactly("before", "after", "result");
    assertThat(all.getLast().json()).contains("ended true");
  }

  @Test
  void the_pause_is_said_before_the_connection_ends() {
    Events first = Events.of(client.tool(1, "poll", "{}"));
    first.next();
    first.message();
    assertThat(first.next()).isEqualTo(new Events.Event("", "7", null));
    first.awaitEnd();
    Everything.steps("poll").release();
  }

  @Test
  void a_client_that_would_not_come_back_keeps_its_connection() {
    Caller old = Caller.of(transport).under("2025-06-18").initialized();
    Events events = Events.of(old.tool(1, "poll", "{}"));
    assertThat(said(List.of(events.message()))).containsExactly("before");
    Everything.steps("poll").release();
    List<Events.Event> rest = events.toEnd();
    assertThat(said(rest)).containsExactly("after", "result");
    assertThat(rest.getLast().json()).contains("ended false");
    assertThat(said(Events.of(old.resume(rest.getFirst().id())).toEnd())).containsExactly("result");
  }

  // ---- the stream of GET ----

  @Test
  void what_was_sent_before_anybody_listened_is_given_to_the_first_who_does() {
    announce(1, 3);
    Events events = Events.of(client.listen());
    assertThat(said(List.of(events.message(), events.message(), events.message())))
        .containsExactly("news 1", "news 2", "news 3");
    assertThat(events.hasEnded()).isFalse();
  }

  @Test
  void the_stream_of_get_is_resumed_behind_any_event_also_behind_its_beginning() {
    Events first = Events.of(client.listen());
    String place = first.next().id();
    first.leave();
    announce(1, 2);
    Events second = Events.of(client.resume(place));
    assertThat(said(List.of(second.message()))).containsExactly("news 1");
    Events.Event last = second.message();
    assertThat(said(List.of(last))).containsExactly("news 2");
    second.leave();
    announce(3, 4);
    Events third = Events.of(client.resume(last.id()));
    assertThat(said(List.of(third.message(), third.message()))).containsExactly("news 3", "news 4");
    announce(5, 5);
    assertThat(said(List.of(third.message()))).containsExactly("news 5");
  }

  @Test
  void of_two_that_listen_the_newer_hears() {
    Events first = Events.of(client.listen());
    first.next();
    Events second = Events.of(client.listen());
    second.next();
    first.awaitEnd();
    announce(1, 1);
    assertThat(said(List.of(second.message()))).containsExactly("news 1");
    assertThat(first.toEnd()).isEmpty();
  }

  @Test
  void who_listens_again_without_a_place_goes_on_where_the_last_one_was() {
    Events first = Events.of(client.listen());
    first.next();
    announce(1, 2);
    assertThat(said(List.of(first.message(), first.message()))).containsExactly("news 1", "news 2");
    first.leave();
    announce(3, 4);
    Events second = Events.of(client.listen());
    assertThat(said(List.of(second.message(), second.message())))
        .containsExactly("news 3", "news 4");
  }

  @Test
  void news_reach_every_session_on_its_own_stream() {
    Caller other = Caller.of(transport).initialized();
    Events ours = Events.of(client.listen());
    Events theirs = Events.of(other.listen());
    announce(1, 1);
    Events.Event heard = ours.message();
    Events.Event heardThere = theirs.message();
    assertThat(heard.json()).isEqualTo(heardThere.json());
    assertThat(heard.id()).isNotEqualTo(heardThere.id());
    assertThat(status(other.resume(heard.id()))).isEqualTo(400);
  }

  @Test
  void a_closing_server_ends_connections_and_answers_what_is_in_flight() {
    Events listening = Events.of(client.listen());
    listening.next();
    Events inFlight = Events.of(stepping(3));
    inFlight.next();
    transport.close();
    listening.awaitEnd();
    List<Events.Event> last = inFlight.toEnd();
    assertThat(last).hasSize(1);
    assertThat(last.getFirst().json()).contains("\"id\":1", "-32011");
  }

  @Test
  void a_server_that_closes_gracefully_lets_tools_finish() {
    Events inFlight = Events.of(stepping(1));
    inFlight.next();
    var closed = transport.closeGracefully().toFuture();
    steps.release(2);
    closed.join();
    assertThat(said(inFlight.toEnd())).containsExactly("1", "result");
  }
}
