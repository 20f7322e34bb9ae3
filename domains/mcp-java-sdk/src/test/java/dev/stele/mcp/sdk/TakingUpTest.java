package dev.stele.mcp.sdk;

import static dev.stele.mcp.sdk.Caller.said;
import static dev.stele.mcp.sdk.Caller.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.mcp.event.McpMessage;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.store.McpAppend;
import dev.stele.mcp.store.McpEventStore;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.spec.McpSchema;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A second server over the same store, as after a restart: the first one was killed, so it said no
 * farewell.
 */
class TakingUpTest {
  private final McpEventStore store = Stores.inMemory();
  private final List<McpSyncServer> servers = new ArrayList<>();
  private final ResumableTransport before = started();

  private ResumableTransport started() {
    ResumableTransport transport =
        ResumableTransport.over(
            store,
            TransportOptions.defaults()
                .principal(call -> Optional.of(call.headers("Who").getFirst())));
    servers.add(Everything.over(transport));
    return transport;
  }

  @AfterEach
  void close() {
    servers.forEach(McpSyncServer::close);
  }

  @Test
  void a_session_goes_on_under_its_id() {
    Caller client = Caller.of(before).initialized();
    Caller after = client.at(started());
    assertThat(said(Events.of(after.count(1, 2)).toEnd())).containsExactly("1", "2", "result");
    assertThat(after.session()).isEqualTo(client.session());
  }

  @Test
  void a_hundred_sessions_go_on_though_all_ask_at_once() throws Exception {
    List<Caller> clients = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      clients.add(Caller.of(before).as("user-" + i % 7).initialized());
    }
    ResumableTransport second = started();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<String>>> answers = new ArrayList<>();
      for (Caller client : clients) {
        for (int i = 0; i < 3; i++) {
          answers.add(
              threads.submit(() -> said(Events.of(client.at(second).count("\"a\"", 3)).toEnd())));
        }
      }
      for (Future<List<String>> answer : answers) {
        assertThat(answer.get()).containsExactly("1", "2", "3", "result");
      }
    }
    assertThat(second.sessions().count()).isEqualTo(100);
  }

  @Test
  void a_session_that_was_ended_stays_so() {
    Caller client = Caller.of(before).initialized();
    assertThat(status(client.delete())).isEqualTo(204);
    assertThat(status(client.at(started()).listen())).isEqualTo(404);
  }

  @Test
  void a_session_is_ended_by_a_server_that_has_not_taken_it_up() {
    Caller client = Caller.of(before).initialized();
    assertThat(status(client.at(started()).delete())).isEqualTo(204);
    assertThat(status(client.at(started()).listen())).isEqualTo(404);
  }

  @Test
  void nobody_else_takes_a_session_up() {
    Caller ada = Caller.of(before).as("ada").initialized();
    ResumableTransport second = started();
    assertThat(status(ada.at(second).as("eve").listen())).isEqualTo(404);
    assertThat(said(Events.of(ada.at(second).count(1, 0)).toEnd())).containsExactly("result");
  }

  @Test
  void what_was_answered_before_is_still_to_be_had() {
    Caller client = Caller.of(before).initialized();
    Events events = Events.of(client.count(1, 3));
    String place = events.message().id();
    events.awaitEnd();
    assertThat(said(Events.of(client.at(started()).resume(place)).toEnd()))
        .containsExactly("2", "3", "result");
  }

  @Test
  void a_request_that_was_in_flight_is_answered_with_an_error() {
    Caller client = Caller.of(before).initialized();
    String key = UUID.randomUUID().toString();
    Events events =
        Events.of(client.tool("\"it's \\\"7\\\"\"", "steps", "{\"to\":9,\"key\":\"" + key + "\"}"));
    Everything.steps(key).release(2);
    String place = events.message().id();
    events.message();
    ResumableTransport second = started();
    List<Events.Event> rest = Events.of(client.at(second).resume(place)).toEnd();
    assertThat(said(rest)).containsExactly("2", "error");
    assertThat(rest.getLast().json())
        .contains("\"id\":\"it's \\\"7\\\"\"", "\"code\":-32011", "may have had an effect");
    assertThat(status(client.at(second).resume(rest.getLast().id()))).isEqualTo(204);
    // The same for each server that comes after, and once.
    assertThat(said(Events.of(client.at(started()).resume(place)).toEnd()))
        .containsExactly("2", "error");
    Everything.steps(key).release(9);
  }

  @Test
  void a_request_whose_stream_is_found_open_later_is_answered_then() {
    Caller client = Caller.of(before).initialized();
    McpScope scope = new McpScope("-", "-", client.session());
    String place = begun(scope, StreamName.ofRequest(1, "5"));
    assertThat(said(Events.of(client.resume(place)).toEnd())).containsExactly("error");
  }

  @Test
  void a_request_that_was_answered_but_not_closed_keeps_its_answer() {
    Caller client = Caller.of(before).initialized();
    McpScope scope = new McpScope("-", "-", client.session());
    String name = StreamName.ofRequest(1, "5");
    String place = begun(scope, name);
    McpAppend answer =
        store.append(
            scope, name, McpMessage.Json.of("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}"));
    assertThat(answer).isInstanceOf(McpAppend.Appended.class);
    ResumableTransport second = started();
    assertThat(said(Events.of(client.at(second).resume(place)).toEnd())).containsExactly("result");
    assertThat(store.openStreams()).noneMatch(open -> open.stream().equals(name));
  }

  private String begun(McpScope scope, String name) {
    return ((McpAppend.Appended) store.append(scope, name, new McpMessage.Priming())).eventId();
  }

  @Test
  void the_stream_of_get_goes_on() {
    Caller client = Caller.of(before).initialized();
    Events events = Events.of(client.listen());
    events.next();
    news(before, 1);
    String place = events.message().id();
    events.leave();
    ResumableTransport second = started();
    // Nobody has come back yet: it is kept for when they do.
    news(second, 2);
    Events resumed = Events.of(client.at(second).resume(place));
    assertThat(said(List.of(resumed.message()))).containsExactly("news 2");
    news(second, 3);
    assertThat(said(List.of(resumed.message()))).containsExactly("news 3");
  }

  private static void news(ResumableTransport transport, int number) {
    transport
        .notifyClients(
            "notifications/message", java.util.Map.of("level", "info", "data", "news " + number))
        .block();
  }

  @Test
  void what_a_session_had_set_is_set_again() {
    Caller client = Caller.of(before).initialized();
    settle(client, "logging/setLevel", "{\"level\":\"error\"}");
    settle(client, "resources/subscribe", "{\"uri\":\"test://watched-resource\"}");
    settle(client, "resources/subscribe", "{\"uri\":\"test://static-text\"}");
    settle(client, "resources/unsubscribe", "{\"uri\":\"test://static-text\"}");
    Caller after = client.at(started());
    // Log lines are below the level now.
    assertThat(said(Events.of(after.count(1, 2)).toEnd())).containsExactly("result");
    Events events = Events.of(after.listen());
    events.next();
    updated("test://static-text");
    updated("test://watched-resource");
    assertThat(events.message().json()).contains("resources/updated", "test://watched-resource");
  }

  private void updated(String uri) {
    servers.getLast().notifyResourcesUpdated(new McpSchema.ResourcesUpdatedNotification(uri));
  }

  private static void settle(Caller client, String method, String params) {
    assertThat(
            said(
                Events.of(
                        client.post(
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}"
                                .formatted(method, params)))
                    .toEnd()))
        .containsExactly("result");
  }

  @Test
  void all_of_it_holds_over_a_store_on_disk(@TempDir Path folder) {
    String place;
    Caller client;
    try (McpEventStore disk = Stores.onDisk(folder)) {
      ResumableTransport first = ResumableTransport.over(disk);
      McpSyncServer server = Everything.over(first);
      client = Caller.of(first).initialized();
      settle(client, "logging/setLevel", "{\"level\":\"info\"}");
      Events events = Events.of(client.count(1, 600));
      place = events.message().id();
      events.awaitEnd();
      server.close();
    }
    try (McpEventStore disk = Stores.onDisk(folder)) {
      ResumableTransport second = ResumableTransport.over(disk);
      McpSyncServer server = Everything.over(second);
      List<String> rest = said(Events.of(client.at(second).resume(place)).toEnd());
      assertThat(rest).hasSize(600).startsWith("2", "3").endsWith("600", "result");
      assertThat(said(Events.of(client.at(second).count(1, 1)).toEnd()))
          .containsExactly("1", "result");
      server.close();
    }
  }
}
