package dev.stele.server.relay;

import static dev.stele.server.relay.SocketClient.newKey;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a socket adds to a session: frames, handshakes, neighbours at the same path, and an end. */
class ARelayOnItsSocketTest {
  private static final long NOW = Instant.now().getEpochSecond();
  private static final String NIP_11 = "application/nostr+json";

  @TempDir Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final NostrKey key = newKey();

  private RunningServer server(UnaryOperator<ServerConfig> changed) throws Exception {
    RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config -> changed.apply(config.with(Setting.RELAY_LOG, "relay")));
    opened.addFirst(server);
    return server;
  }

  private SocketClient client(RunningServer server, String... headers) {
    SocketClient client = SocketClient.to(server.port(), headers);
    opened.addFirst(client);
    return client;
  }

  /** The status with which a handshake is refused. */
  private static int refusal(RunningServer server, String... headers) {
    try (SocketClient _ = SocketClient.to(server.port(), headers)) {
      throw new AssertionError("the handshake was taken");
    } catch (CompletionException e) {
      assertThat(e).hasCauseInstanceOf(WebSocketHandshakeException.class);
      return ((WebSocketHandshakeException) e.getCause()).getResponse().statusCode();
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
  }

  private NostrEvent note(String content) {
    return key.sign(NOW, 1, List.of(), content);
  }

  // ---- frames ----

  @Test
  void a_message_in_fragments_is_one_message() throws Exception {
    SocketClient client = client(server(config -> config));
    NostrEvent note = note("in fragments 𝄞");

    client.sendFragmented("[\"EVENT\"," + SocketClient.json(note) + "]");

    assertThat(client.next("[\"OK\"")).isEqualTo("[\"OK\",\"" + note.id() + "\",true,\"\"]");
  }

  @Test
  void the_longest_message_is_taken_and_one_byte_more_ends_the_connection_with_a_reason()
      throws Exception {
    SocketClient client = client(server(config -> config.with(Setting.RELAY_MESSAGE, "100000")));
    String frame = "[\"COUNT\",\"c\",{}]";

    client.send(frame + " ".repeat(100_000 - frame.length()));
    assertThat(client.next("[\"COUNT\"")).isEqualTo("[\"COUNT\",\"c\",{\"count\":0}]");
    client.send(frame + " ".repeat(100_001 - frame.length()));

    assertThat(client.closed().status()).isEqualTo(1009);
    assertThat(client.closed().reason()).contains("too large");
  }

  @Test
  void a_binary_message_ends_the_connection_with_a_reason() throws Exception {
    SocketClient client = client(server(config -> config));

    client.sendBinary(new byte[] {1});

    assertThat(client.closed())
        .isEqualTo(new SocketClient.Closed(1003, "invalid: a message is a text frame"));
  }

  @Test
  void many_events_in_flight_are_answered_in_their_order() throws Exception {
    SocketClient client = client(server(config -> config));
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      NostrEvent note = note("note " + i);
      client.publish(note);
      wanted.add("[\"OK\",\"" + note.id() + "\",true,\"\"]");
    }

    var _ = client.challenge();
    for (String answer : wanted) {
      assertThat(client.next()).isEqualTo(answer);
    }
  }

  // ---- the same path ----

  @Test
  void the_console_and_the_document_and_the_relay_share_a_path() throws Exception {
    RunningServer server =
        server(
            config ->
                config
                    .with(Setting.RELAY_NAME, "a \"name\"")
                    .with(Setting.RELAY_OWNER, newKey().pubkey())
                    .with(Setting.RELAY_WORK, "1")
                    .with(Setting.RELAY_SUBSCRIPTIONS, "7"));

    Answer document = server.get("/", "Accept", NIP_11);
    assertThat(document.header("Content-Type")).isEqualTo(NIP_11);
    assertThat(document.header("Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(document.text())
        .contains("\"name\":\"a \\\"name\\\"\"", "\"max_subscriptions\":7")
        .contains("\"min_pow_difficulty\":1", "\"restricted_writes\":true", "\"pubkey\":");
    assertThat(server.get("/", "Accept", "text/html").text()).contains("<!doctype html>");
    Answer preflight = server.with("OPTIONS", "/", "");
    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.header("Access-Control-Allow-Methods")).contains("GET");
  }

  @Test
  void without_a_log_of_its_kind_there_is_no_relay_until_one_is_made() throws Exception {
    RunningServer server = RunningServer.in(folder.resolve("data"));
    opened.addFirst(server);
    assertThat(server.get("/", "Accept", NIP_11).status()).isEqualTo(406);
    assertThat(refusal(server)).isEqualTo(406);

    assertThat(server.post("/v1/logs", "{\"name\":\"notes\",\"kind\":\"nostr\"}").status())
        .isEqualTo(201);

    assertThat(server.get("/", "Accept", NIP_11).status()).isEqualTo(200);
    assertThat(client(server).takes(note("made while it runs"))).isTrue();
    assertThat(server.get("/v1/logs/notes/events").list("events")).hasSize(1);
    assertThat(server.get("/metrics").text()).contains("stele_relay_connections 1.0");
  }

  // ---- who may ----

  @ParameterizedTest
  @CsvSource({"'',403", "relay,200"})
  void a_page_of_elsewhere_may_use_a_relay_that_is_public_and_no_other(String open, int status)
      throws Exception {
    RunningServer server = server(config -> config.with(Setting.PUBLIC, open));

    assertThat(server.get("/", "Accept", NIP_11, "Origin", "https://app.example").status())
        .isEqualTo(status);
    if (status == 200) {
      SocketClient page = client(server, "Origin", "https://app.example");
      assertThat(page.takes(note("from a page"))).isTrue();
    } else {
      assertThat(refusal(server, "Origin", "https://app.example")).isEqualTo(403);
    }
    assertThat(server.get("/v1/logs", "Origin", "https://app.example").status()).isEqualTo(403);
  }

  @Test
  void where_credentials_are_required_a_relay_is_for_everybody_only_if_it_is_public()
      throws Exception {
    RunningServer closed = server(config -> config.with(Setting.AUTH, "required"));
    assertThat(closed.get("/", "Accept", NIP_11).status()).isEqualTo(401);
    assertThat(refusal(closed)).isEqualTo(401);
    close();
    opened.clear();

    RunningServer open =
        server(config -> config.with(Setting.AUTH, "required").with(Setting.PUBLIC, "relay"));
    assertThat(client(open).takes(note("from anybody"))).isTrue();
    assertThat(open.get("/v1/logs/relay").status()).isEqualTo(401);
  }

  @Test
  void writers_denied_rates_and_sizes_are_as_they_are_set() throws Exception {
    NostrKey writer = newKey();
    NostrKey owner = newKey();
    SocketClient client =
        client(
            server(
                config ->
                    config
                        .with(Setting.RELAY_WRITERS, writer.pubkey() + "," + key.pubkey())
                        .with(Setting.RELAY_OWNER, owner.pubkey())
                        .with(Setting.RELAY_DENIED, key.pubkey())
                        .with(Setting.RELAY_CONTENT, "5")
                        .with(Setting.RELAY_TAGS, "1")
                        .with(Setting.RELAY_EVENTS, "6")));

    assertThat(client.takes(writer.sign(NOW, 1, List.of(), "12345"))).isTrue();
    assertThat(client.takes(owner.sign(NOW, 1, List.of(), ""))).isTrue();
    assertThat(client.store(note(""))).contains("\"blocked: ");
    assertThat(client.store(newKey().sign(NOW, 1, List.of(), ""))).contains("\"restricted: ");
    assertThat(client.store(writer.sign(NOW, 1, List.of(), "123456"))).contains("\"invalid: ");
    assertThat(client.store(writer.sign(NOW, 1, List.of(List.of("a"), List.of("b")), "")))
        .contains("\"invalid: ");
    assertThat(client.store(writer.sign(NOW, 1, List.of(), "1"))).contains("\"rate-limited: ");
  }

  @Test
  void whoever_must_authenticate_is_told_and_then_taken() throws Exception {
    RunningServer server = server(config -> config.with(Setting.RELAY_AUTH, "all"));
    SocketClient client = client(server);
    String challenge = client.challenge();
    assertThat(client.store(note("before"))).contains("\"auth-required: ");
    client.send("[\"REQ\",\"s\",{}]");
    assertThat(client.next("[\"CLOSED\",\"s\"")).contains("\"auth-required: ");

    NostrEvent claim =
        key.sign(
            NOW,
            22_242,
            List.of(
                List.of("relay", "ws://localhost:" + server.port() + "/"),
                List.of("challenge", challenge)),
            "");
    assertThat(client.authenticate(claim)).contains(",true,");
    assertThat(client.takes(note("after"))).isTrue();
  }

  // ---- how many ----

  @Test
  void one_connection_more_than_there_may_be_is_refused_until_one_has_gone() throws Exception {
    RunningServer server =
        server(
            config ->
                config
                    .with(Setting.RELAY_CONNECTIONS, "3")
                    .with(Setting.RELAY_CONNECTIONS_ADDRESS, "2")
                    .with(Setting.RELAY_FORWARDED, "X-Forwarded-For"));
    SocketClient first = client(server, "X-Forwarded-For", "192.0.2.9, 192.0.2.1");
    SocketClient second = client(server, "X-Forwarded-For", "192.0.2.1");
    assertThat(refusal(server, "X-Forwarded-For", "192.0.2.1")).isEqualTo(429);
    SocketClient third = client(server, "X-Forwarded-For", "192.0.2.2");
    assertThat(refusal(server)).isEqualTo(503);

    first.sendBinary(new byte[1]);
    assertThat(first.closed().status()).isEqualTo(1003);
    while (server.get("/metrics").text().contains("stele_relay_connections 3.0")) {
      Thread.onSpinWait();
    }

    assertThat(client(server, "X-Forwarded-For", "192.0.2.1").takes(note("in"))).isTrue();
    assertThat(second.takes(note("still in"))).isTrue();
    assertThat(third.takes(note("still in, too"))).isTrue();
  }

  @Test
  void subscriptions_are_bounded_on_one_connection_and_on_all() throws Exception {
    RunningServer server =
        server(
            config ->
                config
                    .with(Setting.RELAY_SUBSCRIPTIONS, "2")
                    .with(Setting.RELAY_SUBSCRIPTIONS_ALL, "3"));
    SocketClient one = client(server);
    for (String id : List.of("a", "b")) {
      one.send("[\"REQ\",\"" + id + "\",{}]");
      var _ = one.next("[\"EOSE\",\"" + id + "\"");
    }
    one.send("[\"REQ\",\"c\",{}]");
    assertThat(one.next("[\"CLOSED\",\"c\"")).contains("\"blocked: ");

    SocketClient other = client(server);
    other.send("[\"REQ\",\"a\",{}]");
    var _ = other.next("[\"EOSE\",\"a\"");
    other.send("[\"REQ\",\"b\",{}]");
    assertThat(other.next("[\"CLOSED\",\"b\"")).contains("\"error: ");
    one.send("[\"CLOSE\",\"a\"]");
    one.send("[\"COUNT\",\"n\",{}]");
    var _ = one.next("[\"COUNT\"");
    other.send("[\"REQ\",\"b\",{}]");
    assertThat(other.next("[\"EOSE\",\"b\"")).isNotEmpty();
  }

  // ---- the end ----

  @Test
  void a_relay_that_stops_answers_what_it_has_and_says_goodbye() throws Exception {
    RunningServer server = server(config -> config);
    SocketClient client = client(server);
    client.send("[\"REQ\",\"s\",{\"limit\":0}]");
    var _ = client.next("[\"EOSE\",\"s\"");
    NostrEvent note = note("the last");
    assertThat(client.takes(note)).isTrue();

    server.server().close();

    assertThat(client.next("[\"CLOSED\"")).startsWith("[\"CLOSED\",\"s\",\"closed: ");
    assertThat(client.next()).startsWith("[\"NOTICE\",\"closed: ");
    assertThat(client.closed().status()).isEqualTo(1001);
    opened.clear();
    SocketClient again = client(server(config -> config));
    assertThat(again.stored("{\"ids\":[\"" + note.id() + "\"]}")).hasSize(1);
  }
}
