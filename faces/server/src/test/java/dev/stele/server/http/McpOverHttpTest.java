package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.TlogProof;
import dev.stele.core.proof.VerifierKey;
import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import dev.stele.server.config.Setting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store of resumable streams as an MCP server in another language meets it. */
@Tag("engine")
class McpOverHttpTest {
  private static final String SESSIONS = "/mcp/v1/sessions/";
  private static final String INITIALIZE =
      """
      {"jsonrpc":"2.0","id":0,"method":"initialize",  "params":{"protocolVersion":"2025-11-25"}}\
      """;

  @TempDir Path folder;

  private RunningServer server;
  private Talk talk;

  @BeforeEach
  void start() throws Exception {
    server = RunningServer.in(folder.resolve("data"));
    talk = new Talk(server, Contract.published());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String append(String session, String stream, String message) throws Exception {
    Answer answer = talk.post(SESSIONS + session + "/streams/" + stream + "/events", message);
    assertThat(answer.status()).isEqualTo(201);
    return String.valueOf(answer.json().get("eventId"));
  }

  private String prime(String session, String stream) throws Exception {
    Answer answer =
        talk.post(SESSIONS + session + "/streams/" + stream + "/events", Reply.JSON, new byte[0]);
    return String.valueOf(answer.json().get("eventId"));
  }

  private static String notification(int number) {
    return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":%d}}"
        .formatted(number);
  }

  private List<String> replayed(String session, String after, String more) throws Exception {
    List<String> ids = new ArrayList<>();
    talk.get(SESSIONS + session + "/replay?after=" + after + more)
        .list("events")
        .forEach(event -> ids.add(String.valueOf(event.get("eventId"))));
    return ids;
  }

  @Test
  void what_came_behind_an_event_is_given_in_order_and_cursors_are_not() throws Exception {
    String primed = prime("s1", "a");
    String first = append("s1", "a", notification(1));
    String second = append("s1", "a", notification(2));
    append("s1", "b", notification(3));
    assertThat(replayed("s1", primed, "")).containsExactly(first, second);
    assertThat(replayed("s1", first, "")).containsExactly(second);
    assertThat(replayed("s1", second, "")).isEmpty();

    Answer page = talk.get(SESSIONS + "s1/replay?limit=1&after=" + primed);
    assertThat(page.json()).containsEntry("more", true).containsEntry("complete", false);
    assertThat(page.list("events").getFirst()).containsEntry("eventId", first);
    assertThat(page.text()).contains("\"message\":" + notification(1));

    talk.post(SESSIONS + "s1/streams/a/complete", "");
    assertThat(talk.get(SESSIONS + "s1/replay?after=" + first).json())
        .containsEntry("complete", true)
        .containsEntry("more", false)
        .containsEntry("streamId", "a");
    talk.refused(409, "stream-complete", "POST", SESSIONS + "s1/streams/a/events", notification(9));
    talk.refused(404, "not-found", "POST", SESSIONS + "s1/streams/nowhere/complete");
  }

  @Test
  void an_event_of_another_session_or_user_is_one_that_never_was() throws Exception {
    String mine = append("s1", "a", notification(1));
    append("s2", "a", notification(2));
    talk.refused(404, "not-found", "GET", SESSIONS + "s2/replay?after=" + mine);
    talk.refused(404, "not-found", "GET", SESSIONS + "s1/replay?user=eve&after=" + mine);
    talk.refused(404, "not-found", "GET", SESSIONS + "s1/replay?after=nonsense");
    talk.refused(404, "not-found", "GET", SESSIONS + "s2/events/" + mine);
    assertThat(talk.get(SESSIONS + "s1/events/" + mine).json()).containsEntry("streamId", "a");
    talk.refused(400, "bad-request", "GET", SESSIONS + "s1/replay");
    talk.refused(400, "bad-request", "GET", SESSIONS + "s".repeat(129) + "/replay?after=" + mine);
  }

  @Test
  void a_session_is_given_back_byte_for_byte_until_it_ends() throws Exception {
    talk.refused(404, "not-found", "GET", SESSIONS + "s1");
    assertThat(
            talk.ask("PUT", SESSIONS + "s1?protocolVersion=2025-11-25&principal=ann", INITIALIZE)
                .status())
        .isEqualTo(200);
    Answer kept = talk.get(SESSIONS + "s1");
    assertThat(kept.text()).contains("\"initialize\":" + INITIALIZE);
    assertThat(kept.json())
        .containsEntry("state", "live")
        .containsEntry("principal", "ann")
        .containsEntry("protocolVersion", "2025-11-25");
    assertThat(talk.get("/mcp/v1/sessions").list("sessions"))
        .singleElement()
        .extracting(session -> session.get("session"))
        .isEqualTo("s1");

    String event = append("s1", "a", notification(1));
    assertThat(talk.get("/mcp/v1/open-streams").list("streams"))
        .singleElement()
        .extracting(stream -> stream.get("lastEventId"))
        .isEqualTo(event);
    assertThat(talk.ask("DELETE", SESSIONS + "s1", "").status()).isEqualTo(200);
    talk.refused(410, "session-ended", "GET", SESSIONS + "s1");
    talk.refused(410, "session-ended", "PUT", SESSIONS + "s1?protocolVersion=1", INITIALIZE);
    talk.refused(410, "session-ended", "POST", SESSIONS + "s1/streams/a/events", notification(2));
    assertThat(talk.get("/mcp/v1/sessions").list("sessions")).isEmpty();
    talk.refused(404, "not-found", "DELETE", SESSIONS + "s9");
    talk.refused(400, "bad-request", "PUT", SESSIONS + "s3", INITIALIZE);
    talk.refused(400, "bad-request", "PUT", SESSIONS + "s3?protocolVersion=1", "");
    talk.refused(422, "rejected", "PUT", SESSIONS + "s3?protocolVersion=1", "[1]");
  }

  @Test
  void everything_is_there_after_a_restart() throws Exception {
    talk.ask("PUT", SESSIONS + "s1?protocolVersion=2025-11-25", INITIALIZE);
    String first = append("s1", "a", notification(1));
    String second = append("s1", "a", notification(2));
    server.close();
    start();
    assertThat(replayed("s1", first, "")).containsExactly(second);
    assertThat(talk.get(SESSIONS + "s1").json()).containsEntry("state", "live");
    assertThat(talk.get("/mcp/v1/open-streams").list("streams")).hasSize(1);
  }

  @Test
  void a_batch_is_taken_whole_or_not_at_all() throws Exception {
    String lines = notification(1) + "\n\n" + notification(2) + "\r\n" + notification(3);
    String target = SESSIONS + "s1/streams/a/events";
    Answer batch =
        talk.post(target, "application/x-ndjson", lines.getBytes(StandardCharsets.UTF_8));
    assertThat(batch.list("events")).extracting(event -> event.get("seq")).contains(1L, 2L, 3L);
    talk.refusedOf(
        "application/x-ndjson", 422, "rejected", target, notification(4) + "\nnothing\n");
    talk.refusedOf("application/x-ndjson", 400, "bad-request", target, "\n\n");
    assertThat(talk.get("/mcp/v1/stats").json()).containsEntry("total_events", 3L);
  }

  @Test
  void what_is_sent_again_with_its_key_is_there_once() throws Exception {
    String target = SESSIONS + "s1/streams/a/events";
    String primed = prime("s1", "a");
    String[] key = {"Idempotency-Key", "\"7f9c\""};
    Answer first = talk.post(target, notification(1), key);
    Answer again = talk.post(target, notification(1), key);
    assertThat(again.json()).isEqualTo(first.json());

    Answer other = talk.ask("POST", target, notification(2), key);
    assertThat(other.status()).isEqualTo(422);
    assertThat(other.problem()).isEqualTo("idempotency-key-reused");
    assertThat(talk.ask("POST", target, "", key).status()).isEqualTo(400);

    byte[] lines = (notification(3) + "\n" + notification(4)).getBytes(StandardCharsets.UTF_8);
    String[] another = {"Idempotency-Key", "8a0d"};
    Answer batch = talk.post(target, "application/x-ndjson", lines, another);
    assertThat(talk.post(target, "application/x-ndjson", lines, another).json())
        .isEqualTo(batch.json());
    assertThat(replayed("s1", primed, ""))
        .hasSize(3)
        .startsWith(String.valueOf(first.json().get("eventId")));
  }

  @Test
  void what_is_no_message_is_refused_with_the_reason() throws Exception {
    String target = SESSIONS + "s1/streams/a/events";
    for (String bad :
        List.of("{", "1", "{}", "[]", "{\"jsonrpc\":\"1.0\",\"method\":\"m\"}", "nul", "[{}]")) {
      talk.refused(422, "rejected", "POST", target, bad);
    }
    talk.refusedOf("text/plain", 415, "unsupported-media-type", target, notification(1));
    talk.refused(
        422, "rejected", "POST", SESSIONS + "s1/streams/" + "x".repeat(257) + "/events", "{}");
  }

  @Test
  void what_is_cleared_is_gone_with_a_receipt() throws Exception {
    String first = append("s1", "a", notification(1));
    append("s1", "a", notification(2));
    append("s1", "b", notification(3));
    assertThat(talk.ask("DELETE", SESSIONS + "s1/streams/a", "").json())
        .containsEntry("cleared", 2L);
    assertThat(server.get(SESSIONS + "s1/replay?after=" + first).status()).isIn(404, 410);
    assertThat(talk.ask("DELETE", SESSIONS + "s1/streams", "").json()).containsEntry("cleared", 1L);
    assertThat(talk.get("/v1/logs/mcp/receipts").list("receipts")).hasSize(2);
    assertThat(talk.post("/mcp/v1/admin/retain", "").json()).containsKey("receipts");
  }

  @Test
  void what_was_said_can_be_proven_to_anybody() throws Exception {
    append("s1", "a", notification(1));
    VerifierKey key =
        VerifierKey.parse(talk.get("/v1/logs/mcp/vkey").text().strip())
                instanceof Parsed.Value<VerifierKey>(var parsed)
            ? parsed
            : null;
    Map<String, ?> event = talk.get("/v1/logs/mcp/events/1?bytes=true").json();
    assertThat(event.get("payloadText")).isEqualTo(notification(1));
    assertThat(event.get("admittedBy")).isEqualTo("mcp/1");
    byte[] file = server.get("/v1/logs/mcp/events/1/proof?format=tlog-proof").bytes();
    byte[] record = Base64.getDecoder().decode(String.valueOf(event.get("record")));
    assertThat(
            key != null
                && TlogProof.parse(file) instanceof Parsed.Value<TlogProof>(var proof)
                && proof.check(record, key) instanceof TlogProof.Outcome.Proven)
        .isTrue();
  }

  @Test
  void each_credential_has_streams_of_its_own() throws Exception {
    server.close();
    server =
        RunningServer.in(
            folder.resolve("guarded"), config -> config.with(Setting.AUTH, "required"));
    String admin =
        "Bearer " + java.nio.file.Files.readString(folder.resolve("guarded/admin.token")).strip();
    String[] tokens = new String[2];
    for (int i = 0; i < 2; i++) {
      Answer made =
          server.post(
              "/v1/tokens",
              "{\"name\":\"server-%d\",\"roles\":{\"mcp\":\"append\"}}".formatted(i),
              "Authorization",
              admin);
      assertThat(made.status()).as(made.text()).isEqualTo(201);
      tokens[i] = "Bearer " + made.json().get("token");
    }
    String target = SESSIONS + "s1/streams/a/events";
    assertThat(server.post(target, notification(1)).status()).isEqualTo(401);
    Answer appended = server.post(target, notification(1), "Authorization", tokens[0]);
    assertThat(appended.status()).isEqualTo(201);
    String replay = SESSIONS + "s1/replay?after=" + appended.json().get("eventId");
    assertThat(server.get(replay, "Authorization", tokens[0]).status()).isEqualTo(200);
    assertThat(server.get(replay, "Authorization", tokens[1]).status()).isEqualTo(404);
    assertThat(
            server
                .with("DELETE", SESSIONS + "s1/streams/a", "", "Authorization", tokens[0])
                .status())
        .isEqualTo(403);
  }
}
