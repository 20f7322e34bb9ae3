package dev.stele.mcp.sdk;

import static dev.stele.mcp.sdk.Caller.status;
import static dev.stele.mcp.sdk.Caller.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelcontextprotocol.server.McpSyncServer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What each call is answered with (MCP 2025-11-25, Streamable HTTP). */
class AnsweringTest {
  private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";

  private final ResumableTransport transport =
      ResumableTransport.over(
          Stores.inMemory(),
          TransportOptions.defaults()
              .maxBodyBytes(10_000)
              .hosts(
                  AllowedHosts.loopback()
                      .andNames("mcp.example.com")
                      .andOrigins("https://app.example.org"))
              .principal(
                  call ->
                      call.headers("Who").stream().findFirst().filter(who -> !who.equals("?"))));
  private final McpSyncServer server = Everything.over(transport);
  private final Caller nobody = Caller.of(transport);
  private final Caller client = nobody.initialized();

  @AfterEach
  void close() {
    server.close();
  }

  private int of(Caller.Call call) {
    HttpAnswer answer = client.send(call);
    if (answer instanceof HttpAnswer.Whole whole && whole.status() >= 400) {
      assertThat(whole.headers()).containsEntry("Content-Type", "application/json");
      assertThat(text(whole))
          .startsWith("{")
          .contains("\"jsonrpc\":\"2.0\"", "\"error\":{", "\"code\":-32")
          .doesNotContain("\"id\"");
    }
    if (answer instanceof HttpAnswer.Events) {
      Events.of(answer).leave();
    }
    return status(answer);
  }

  private Caller.Call ping() {
    return client.call("POST", PING);
  }

  @Test
  void a_request_gets_a_stream_with_a_place_to_resume_from_and_its_answer() {
    HttpAnswer.Events answer = (HttpAnswer.Events) client.post(PING);
    assertThat(answer.headers()).containsEntry("Content-Type", "text/event-stream");
    Events events = Events.of(answer);
    Events.Event first = events.next();
    assertThat(first.id()).matches("[!-~]+");
    assertThat(first.retry()).isEqualTo("2000");
    assertThat(first.data()).isEmpty();
    List<Events.Event> rest = events.toEnd();
    assertThat(rest).hasSize(1);
    assertThat(rest.getFirst().json()).contains("\"id\":1", "\"result\":{}");
    assertThat(rest.getFirst().id()).isNotEqualTo(first.id());
  }

  @Test
  void a_client_of_before_polling_gets_no_event_without_a_message() {
    for (String version : List.of("2025-03-26", "2025-06-18")) {
      List<Events.Event> all = Events.of(nobody.under(version).initialized().count(1, 2)).toEnd();
      assertThat(Caller.said(all)).containsExactly("1", "2", "result");
      Events events = Events.of(nobody.under(version).initialized().count(1, 0));
      Events.Event first = events.next();
      assertThat(first.id()).isEmpty();
      assertThat(first.retry()).isEmpty();
      assertThat(first.data()).isNull();
      events.awaitEnd();
    }
  }

  @Test
  void an_unknown_method_is_answered_on_its_stream() {
    List<Events.Event> events =
        Events.of(client.post("{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"no/such\"}")).toEnd();
    assertThat(events).hasSize(1);
    assertThat(events.getFirst().json()).contains("\"id\":\"a\"", "-32601");
  }

  @Test
  void a_notification_is_accepted_without_a_word() {
    HttpAnswer answer = client.post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}");
    assertThat(status(answer)).isEqualTo(202);
    assertThat(text(answer)).isEmpty();
  }

  @Test
  void a_response_that_nobody_waits_for_is_a_bad_request() {
    assertThat(of(client.call("POST", "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}")))
        .isEqualTo(400);
  }

  @Test
  void both_kinds_of_answers_must_be_accepted() {
    assertThat(of(ping().with("Accept", "application/json"))).isEqualTo(406);
    assertThat(of(ping().with("Accept", "text/event-stream"))).isEqualTo(406);
    assertThat(of(ping().without("Accept"))).isEqualTo(406);
    assertThat(of(ping().with("Accept", "application/json, text/event-stream;q=0"))).isEqualTo(406);
    assertThat(of(ping().with("Accept", "application/json;q=0.9,Text/Event-Stream")))
        .isEqualTo(200);
    assertThat(of(ping().with("Accept", "application/json\ntext/event-stream"))).isEqualTo(200);
    assertThat(of(ping().with("Accept", "*/*"))).isEqualTo(200);
    assertThat(of(client.call("GET", "").with("Accept", "application/json"))).isEqualTo(406);
  }

  @Test
  void a_message_is_json_in_utf8() {
    assertThat(of(ping().with("Content-Type", "text/plain"))).isEqualTo(415);
    assertThat(of(ping().without("Content-Type"))).isEqualTo(415);
    assertThat(of(ping().with("Content-Type", "application/json; charset=utf-16"))).isEqualTo(415);
    assertThat(of(ping().with("Content-Type", "application/json\ntext/plain"))).isEqualTo(415);
    assertThat(of(ping().with("Content-Type", "Application/JSON; Charset=\"UTF-8\"")))
        .isEqualTo(200);
  }

  @Test
  void other_methods_are_not_allowed() {
    for (String method : List.of("PUT", "OPTIONS", "HEAD", "PATCH", "TRACE")) {
      assertThat(of(client.call(method, PING))).as(method).isEqualTo(405);
    }
    assertThat(((HttpAnswer.Whole) client.send(client.call("PUT", ""))).headers())
        .containsEntry("Allow", "POST, GET, DELETE");
  }

  @Test
  void a_session_is_named_and_known() {
    for (String method : List.of("POST", "GET", "DELETE")) {
      Caller.Call call = client.call(method, PING);
      assertThat(of(call.without("Mcp-Session-Id"))).as(method).isEqualTo(400);
      assertThat(of(call.with("Mcp-Session-Id", "00000000"))).as(method).isEqualTo(404);
      assertThat(of(call.with("Mcp-Session-Id", "with blank"))).as(method).isEqualTo(404);
      assertThat(of(call.with("Mcp-Session-Id", "ü"))).as(method).isEqualTo(404);
      assertThat(of(call.with("Mcp-Session-Id", "x".repeat(10_000)))).as(method).isEqualTo(404);
      assertThat(of(call.with("Mcp-Session-Id", client.session() + "\n" + client.session())))
          .as(method)
          .isEqualTo(400);
    }
  }

  @Test
  void a_session_id_is_visible_ascii() {
    assertThat(client.session()).matches("[!-~]{32,64}");
  }

  @Test
  void a_revision_is_known_or_not_named() {
    assertThat(of(ping().with("MCP-Protocol-Version", "2026-07-28"))).isEqualTo(400);
    assertThat(of(ping().with("MCP-Protocol-Version", "2025-11-25\n2025-11-25"))).isEqualTo(400);
    assertThat(of(client.call("GET", "").with("MCP-Protocol-Version", "1"))).isEqualTo(400);
    assertThat(of(client.call("DELETE", "").with("MCP-Protocol-Version", "1"))).isEqualTo(400);
    assertThat(of(ping().without("MCP-Protocol-Version"))).isEqualTo(200);
    assertThat(of(ping().with("MCP-Protocol-Version", "2025-03-26"))).isEqualTo(200);
  }

  @Test
  void a_session_that_was_deleted_is_not_found() {
    assertThat(of(client.call("DELETE", ""))).isEqualTo(204);
    assertThat(of(ping())).isEqualTo(404);
    assertThat(of(client.call("GET", ""))).isEqualTo(404);
    assertThat(of(client.call("DELETE", ""))).isEqualTo(404);
  }

  @Test
  void a_deleted_session_ends_its_streams() {
    Events listening = Events.of(client.listen());
    Events.Event primed = listening.next();
    assertThat(primed.id()).isNotEmpty();
    assertThat(of(client.call("DELETE", ""))).isEqualTo(204);
    listening.awaitEnd();
  }

  @Test
  void only_pages_from_here_may_ask_and_only_by_our_names() {
    for (String host :
        List.of("localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:8080", "mcp.example.com")) {
      assertThat(of(ping().with("Host", host))).as(host).isEqualTo(200);
    }
    for (String host :
        List.of("evil.example.com", "localhost.evil.com", "localhost:8080@evil.com", "", "::1")) {
      assertThat(of(ping().with("Host", host))).as(host).isEqualTo(403);
    }
    assertThat(of(ping().without("Host"))).isEqualTo(403);
    assertThat(of(ping().with("Host", "localhost\nlocalhost"))).isEqualTo(403);
    for (String origin :
        List.of("http://localhost:3000", "https://mcp.example.com", "https://app.example.org")) {
      assertThat(of(ping().with("Origin", origin))).as(origin).isEqualTo(200);
    }
    for (String origin :
        List.of(
            "http://evil.example.com",
            "https://app.example.org.evil.com",
            "http://app.example.org",
            "null",
            "",
            "file://localhost",
            "http://localhost@evil.com",
            "http://local host")) {
      assertThat(of(ping().with("Origin", origin))).as(origin).isEqualTo(403);
    }
    assertThat(of(client.call("GET", "").with("Origin", "http://evil.com"))).isEqualTo(403);
    assertThat(of(client.call("DELETE", "").with("Origin", "http://evil.com"))).isEqualTo(403);
  }

  @Test
  void who_says_not_who_they_are_is_told_so() {
    assertThat(of(ping().with("Who", "?"))).isEqualTo(401);
    assertThat(of(client.call("GET", "").with("Who", "?"))).isEqualTo(401);
  }

  @Test
  void a_session_of_another_principal_is_answered_like_none() {
    Caller ada = nobody.as("ada").initialized();
    Caller eve = ada.as("eve");
    HttpAnswer others = eve.post(PING);
    HttpAnswer none = eve.in("00000000-0000-0000-0000-000000000000").post(PING);
    assertThat(status(others)).isEqualTo(404);
    assertThat(text(others)).isEqualTo(text(none));
    assertThat(status(eve.listen())).isEqualTo(404);
    assertThat(status(eve.delete())).isEqualTo(404);
    assertThat(status(ada.post(PING))).isEqualTo(200);
  }

  @Test
  void tools_are_told_what_the_caller_was_found_to_be() {
    ResumableTransport telling =
        ResumableTransport.over(
            Stores.inMemory(),
            TransportOptions.defaults()
                .principal(call -> Optional.of(call.headers("Who").getFirst()))
                .context(
                    call ->
                        io.modelcontextprotocol.common.McpTransportContext.create(
                            java.util.Map.of(
                                "who", call.headers("Who").getFirst().toUpperCase(Locale.ROOT)))));
    McpSyncServer told = Everything.over(telling);
    List<Events.Event> events =
        Events.of(Caller.of(telling).as("ada").initialized().tool(1, "whoami", "{}")).toEnd();
    assertThat(events.getFirst().json()).contains("ADA");
    told.close();
  }

  @Test
  void a_request_whose_context_cannot_be_made_leaves_nothing_behind() {
    ResumableTransport failing =
        ResumableTransport.over(
            Stores.inMemory(),
            TransportOptions.defaults()
                .context(
                    call -> {
                      if (call.headers("Fail").isEmpty()) {
                        return io.modelcontextprotocol.common.McpTransportContext.EMPTY;
                      }
                      throw new IllegalStateException("no context");
                    }));
    McpSyncServer there = Everything.over(failing);
    Caller caller = Caller.of(failing).initialized();
    HttpAnswer answer = caller.send(caller.call("POST", PING).with("Fail", "yes"));
    assertThat(status(answer)).isEqualTo(500);
    assertThat(text(answer)).doesNotContain("no context");
    LiveSession session = failing.sessions().all().getFirst();
    assertThat(session.inFlight()).isEmpty();
    assertThat(session.idleSince()).isPresent();
    there.close();
  }

  @Test
  void nothing_is_answered_before_the_server_is_built_and_after_it_closes() {
    ResumableTransport early = ResumableTransport.over(Stores.inMemory());
    assertThat(status(Caller.of(early).post(PING))).isEqualTo(503);
    server.close();
    assertThat(of(ping())).isEqualTo(503);
  }
}
