package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.envelope.event.EnvelopeCreation;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.EnvelopeMaker;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import dev.stele.server.config.Setting;
import dev.stele.server.http.Contract.Operation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each route and method with what it does and what it refuses; every answer is held against the
 * published document.
 */
@Tag("engine")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EveryRouteTest {
  private static final EnvelopeKey KEY = EnvelopeKey.fromSeed("doors-1", new byte[32]);
  private static final EnvelopeKey STRANGER = EnvelopeKey.generate("doors-2", new Random(2));

  private static final String NONCE =
      "2f8b0c61d94e7a35b1f60c82e7d3495a6b17c0f8d25e93a4478bd10f6ce3295b";

  @TempDir static Path folder;

  private final Contract contract = Contract.published();
  private final Random random = new Random(7);
  private RunningServer server;
  private Talk talk;
  private int logs;

  /** What has been run so far of this class. */
  private int scenes;

  @BeforeAll
  void start() throws Exception {
    Path known = Files.writeString(folder.resolve("known"), "");
    server =
        RunningServer.in(
            folder.resolve("data"),
            config ->
                config
                    .with(Setting.WITNESS_NAME, "witness.example/w1")
                    .with(Setting.WITNESS_KEY, folder.resolve("witness.key").toString())
                    .with(Setting.WITNESS_LOGS, known.toString()));
    talk = new Talk(server, contract);
  }

  @BeforeEach
  void count() {
    scenes++;
  }

  /** Where all of this class was run, each operation of the document was asked and answered. */
  @AfterAll
  void stop() {
    server.close();
    long all =
        Arrays.stream(EveryRouteTest.class.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(Test.class))
            .count();
    if (scenes < all) {
      return;
    }
    Map<Operation, Set<Integer>> lacking = new TreeMap<>();
    for (Operation operation : contract.operations()) {
      Set<Integer> seen = contract.seen().getOrDefault(operation, Set.of());
      boolean witness = operation.path().equals("/witness/{hash}/checkpoint");
      boolean cosigns = operation.path().equals("/witness/add-checkpoint");
      if (!witness && !cosigns && seen.stream().noneMatch(status -> status < 300)) {
        lacking.put(operation, seen);
      }
      boolean ofLog = operation.path().contains("{");
      if (ofLog && seen.stream().noneMatch(status -> status >= 400)) {
        lacking.put(operation, seen);
      }
    }
    // A witness is asked by WitnessingTest.
    assertThat(lacking).as("operations that were not asked, or never refused").isEmpty();
  }

  @Test
  void streams_of_mcp() throws Exception {
    String session = "/mcp/v1/sessions/s-1";
    String stream = session + "/streams/t";
    String message = "{\"jsonrpc\":\"2.0\",\"method\":\"n\"}";
    String nobody = "?user=" + "u".repeat(129);
    String initialize = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}";
    assertThat(talk.ask("PUT", session + "?protocolVersion=2025-11-25", initialize).status())
        .isEqualTo(200);
    talk.refused(400, "bad-request", "PUT", session, initialize);
    talk.get(session);
    talk.refused(404, "not-found", "GET", "/mcp/v1/sessions/s-2");
    Object first = talk.post(stream + "/events", message).json().get("eventId");
    talk.refused(422, "rejected", "POST", stream + "/events", "{}");
    talk.get(session + "/replay?after=" + first);
    talk.refused(400, "bad-request", "GET", session + "/replay");
    talk.get(session + "/events/" + first);
    talk.refused(404, "not-found", "GET", session + "/events/none");
    talk.get("/mcp/v1/sessions");
    talk.get("/mcp/v1/open-streams");
    talk.get("/mcp/v1/stats");
    talk.post(stream + "/complete", "");
    talk.refused(404, "not-found", "POST", session + "/streams/none/complete");
    assertThat(talk.ask("DELETE", stream, "").status()).isEqualTo(200);
    talk.refused(400, "bad-request", "DELETE", stream + nobody);
    assertThat(talk.ask("DELETE", session + "/streams", "").status()).isEqualTo(200);
    talk.refused(400, "bad-request", "DELETE", session + "/streams" + nobody);
    talk.post("/mcp/v1/admin/retain", "");
    assertThat(talk.ask("DELETE", session, "").status()).isEqualTo(200);
    talk.refused(404, "not-found", "DELETE", "/mcp/v1/sessions/s-2");
  }

  /** A new log, and where it is. */
  private String log(String kind) throws Exception {
    String name = "log-" + ++logs;
    Answer made = talk.post("/v1/logs", "{\"name\":\"%s\",\"kind\":\"%s\"}".formatted(name, kind));
    assertThat(made.header("Location")).isEqualTo("/v1/logs/" + name);
    return "/v1/logs/" + name;
  }

  private void append(String log, int count) throws Exception {
    StringBuilder events = new StringBuilder("{\"events\":[");
    for (int i = 0; i < count; i++) {
      events.append(i == 0 ? "" : ",").append("{\"type\":\"t\",\"stream\":\"s\"}");
    }
    talk.post(log + "/events", events.append("]}").toString());
  }

  private void refusesOtherBodies(String method, String target) throws Exception {
    talk.refused(400, "bad-request", method, target, "");
    talk.refused(400, "bad-request", method, target, "[]");
    talk.refused(400, "bad-request", method, target, "{");
    talk.refused(400, "bad-request", method, target, "{\"a\":1,\"a\":1}");
    talk.refused(400, "bad-request", method, target, "{\"unheardOf\":1}");
    if (method.equals("POST")) {
      talk.refusedOf("text/plain", 415, "unsupported-media-type", target, "{}");
    }
  }

  // ---- logs ----

  @Test
  void logsAreMadeListedAndDescribed() throws Exception {
    String log = log("events");

    assertThat(talk.get("/v1/logs").list("logs"))
        .anySatisfy(each -> assertThat(each).containsEntry("name", log.substring(9)));
    assertThat(talk.get(log).json()).containsEntry("kind", "events").containsEntry("size", 0L);
    append(log, 3);
    assertThat(talk.get(log).json()).containsEntry("size", 3L).containsEntry("verdict", "intact");
    assertThat(talk.get(log + "/verification").json()).containsEntry("size", 3L);
    String again = "{\"name\":\"%s\"}".formatted(log.substring(9));
    talk.refused(409, "log-exists", "POST", "/v1/logs", again);
    refusesOtherBodies("POST", "/v1/logs");
    for (String name : new String[] {"", "A", "a/b", "..", "é", "x".repeat(64), "system"}) {
      Answer answer = talk.ask("POST", "/v1/logs", "{\"name\":\"%s\"}".formatted(name));
      assertThat(answer.status()).as(name).isIn(400, 409);
    }
    talk.refused(400, "bad-request", "POST", "/v1/logs", "{\"name\":\"b\",\"kind\":\"c\"}");
    talk.refused(400, "bad-request", "POST", "/v1/logs", "{\"name\":7}");
    talk.refused(413, "too-large", "POST", "/v1/logs", " ".repeat(70_000) + "{}");
  }

  @Test
  void aLogThatIsNotThereIsNotFoundByAnyRoute() throws Exception {
    for (Operation operation : contract.operations()) {
      if (operation.path().startsWith("/v1/logs/{log}")) {
        String target =
            operation
                .path()
                .replace("{log}", "nowhere")
                .replace("{position}", "1")
                .replace("{place}", "0/000");
        target = target.replaceAll("\\{[a-z]+}", "x");
        boolean hasBody = operation.method().equals("POST") || operation.method().equals("PUT");
        String body = target.endsWith("/events") ? "{\"type\":\"t\"}" : "{}";
        talk.refused(404, "not-found", operation.method(), target, hasBody ? body : "");
      }
    }
  }

  @Test
  void aMethodThatAPathDoesNotHaveIsToldWhichItHas() throws Exception {
    for (Operation operation : contract.operations()) {
      String target = operation.path().replace("{position}", "1").replaceAll("\\{[a-z]+}", "main");
      for (String method : new String[] {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
        if (!contract.operations().contains(new Operation(method, operation.path()))) {
          talk.refused(405, "method-not-allowed", method, target);
        }
      }
    }
  }

  @Test
  void aParameterThatARouteDoesNotKnowOrIsThereTwiceIsRefused() throws Exception {
    for (Operation operation : contract.operations()) {
      if (operation.method().equals("GET")) {
        String target =
            operation.path().replace("{position}", "1").replaceAll("\\{[a-z]+}", "main");
        talk.refused(400, "bad-request", "GET", target + "?unheardOf=1");
        for (String parameter : contract.parameters(operation, "query")) {
          String one = parameter + "=1";
          talk.refused(400, "bad-request", "GET", target + "?" + one + "&" + one);
        }
      }
    }
  }

  @Test
  void aHeadIsAGetWithoutItsBody() throws Exception {
    append("/v1/logs/main", 1);
    for (Operation operation : contract.operations()) {
      boolean endless = operation.path().endsWith("/subscribe");
      if (operation.method().equals("GET") && !endless) {
        String target =
            operation
                .path()
                .replace("{position}", "1")
                .replace("{log}", "main")
                .replace("{place}", "0/000.p/1");
        target = target.replaceAll("\\{[a-z]+}", "x");
        Answer get = talk.ask("GET", target, "");
        Answer head = talk.ask("HEAD", target, "");
        assertThat(head.status()).as(target).isEqualTo(get.status());
        assertThat(head.bytes()).as(target).isEmpty();
        if (!target.equals("/metrics")) {
          assertThat(head.header("Content-Length")).as(target).isEqualTo("" + get.bytes().length);
        }
      }
    }
  }

  // ---- events ----

  @Test
  void eventsAreAppendedAndReadInEveryForm() throws Exception {
    String log = log("events");
    String events = log + "/events";
    talk.post(events, "{\"type\":\"a\",\"id\":\"1\",\"subject\":\"alice\"}");
    assertThat(talk.post(events, "{\"type\":\"a\",\"id\":\"1\",\"subject\":\"alice\"}").status())
        .isEqualTo(200);
    talk.post(events + "?proof=true&durability=os", "{\"type\":\"b\",\"payloadJson\":{\"a\":[1]}}");
    talk.post(events, "{\"events\":[{\"type\":\"c\",\"payload\":\"AAECAw==\"},{\"type\":\"d\"}]}");
    byte[] cloud =
        "{\"specversion\":\"1.0\",\"id\":\"9\",\"source\":\"/s\",\"type\":\"e\",\"data\":1}"
            .getBytes(StandardCharsets.UTF_8);
    talk.post(events + "?stream=clouds", "application/cloudevents+json", cloud);
    talk.post(
        events,
        "text/plain",
        new byte[] {'x'},
        "ce-specversion",
        "1.0",
        "ce-id",
        "7",
        "ce-source",
        "/b",
        "ce-type",
        "f");

    assertThat(talk.get(events).list("events")).hasSize(6);
    assertThat(talk.get(events + "?bytes=true&order=desc").list("events")).hasSize(6);
    talk.get(events + "/3?bytes=true");
    talk.get(events + "/5", "Accept", "application/cloudevents+json");
    assertThat(
            talk.get(events, "Accept", "application/cloudevents-batch+json").header("Stele-After"))
        .isEqualTo("6");
    assertThat(talk.get(log + "/streams").list("streams")).hasSize(2);
    assertThat(talk.get(log + "/types").list("types")).hasSize(6);
    assertThat(talk.get(log + "/types?after=c").list("types")).hasSize(3);
    assertThat(talk.get(log + "/rates").list("rates")).isNotEmpty();
    assertThat(talk.get(log + "/rates?to=2020-01-01T00:00:00Z").list("rates")).isEmpty();
  }

  @Test
  void anAppendThatIsWrongIsRefusedAndNothingIsStored() throws Exception {
    String log = log("events");
    String events = log + "/events";
    refusesOtherBodies("POST", events);
    for (String body :
        new String[] {
          "{}",
          "{\"type\":7}",
          "{\"type\":null}",
          "{\"events\":[]}",
          "{\"events\":{}}",
          "{\"events\":[7]}",
          "{\"events\":[{\"type\":\"t\"}],\"more\":1}",
          "{\"type\":\"t\",\"payload\":\"=\"}",
          "{\"type\":\"t\",\"payload\":\"AB==\"}",
          "{\"type\":\"t\",\"payload\":\"\",\"payloadText\":\"\"}",
          "{\"type\":\"t\",\"payloadText\":\"\\ud800\"}",
          "{\"type\":\"t\"} {}",
          "{\"type\":\"t\",\"payloadJson\":}",
          "{\"type\":\"t\",\"payloadJson\":" + "[".repeat(200) + "]".repeat(200) + "}"
        }) {
      talk.refused(400, "bad-request", "POST", events, body);
    }
    String good = "{\"type\":\"t\"}";
    for (String query :
        new String[] {
          "expectedRevision=-1",
          "expectedRevision=x",
          "expectedRevision=",
          "expectedRevision=99999999999999999999",
          "durability=never",
          "proof=perhaps",
          "stream=s",
          "unheardOf=1"
        }) {
      talk.refused(400, "bad-request", "POST", events + "?" + query, good);
    }
    for (String body :
        new String[] {
          "{\"type\":\"\"}",
          "{\"type\":\"t\",\"stream\":\"\"}",
          "{\"type\":\"" + "t".repeat(5000) + "\"}",
          "{\"type\":\"t\",\"stream\":\"" + "s".repeat(5000) + "\"}",
          "{\"type\":\"t\",\"id\":\"" + "i".repeat(5000) + "\"}",
          "{\"type\":\"t\",\"subject\":\"" + "s".repeat(5000) + "\"}"
        }) {
      talk.refused(422, "rejected", "POST", events, body);
    }
    talk.refused(409, "conflict", "POST", events + "?expectedRevision=1", good);
    talk.refusedOf("application/cloudevents+json", 400, "bad-request", events, "{}");
    talk.refusedOf("application/cloudevents-batch+json", 400, "bad-request", events, "{}");
    Answer key = talk.ask("POST", events, good, "Idempotency-Key", "k".repeat(256));
    assertThat(key.status()).isEqualTo(400);
    assertThat(talk.get(log).json()).containsEntry("size", 0L);

    talk.ask("POST", events, good, "Idempotency-Key", "k");
    Answer other = talk.ask("POST", events, "{\"type\":\"u\"}", "Idempotency-Key", "k");
    assertThat(other.problem()).isEqualTo("idempotency-key-reused");
    assertThat(talk.ask("POST", "/v1/logs/system/events", good).status()).isEqualTo(403);
  }

  @Test
  void aReadThatIsWrongIsRefused() throws Exception {
    String log = log("events");
    for (String query :
        new String[] {
          "after=-1",
          "after=x",
          "limit=0",
          "limit=1001",
          "before=0",
          "from=yesterday",
          "to=2026-13-01T00:00:00Z",
          "from=%2B1000000000-12-31T23:59:59Z",
          "order=sideways",
          "bytes=2"
        }) {
      String target = log + "/events?" + query + (query.startsWith("before") ? "&order=desc" : "");
      talk.refused(400, "bad-request", "GET", target);
    }
    talk.refused(400, "bad-request", "GET", log + "/rates?from=%2B1000000000-12-31T23:59:59Z");
    talk.refused(400, "bad-request", "GET", log + "/streams?limit=0");
    talk.refused(400, "bad-request", "GET", log + "/streams?before=0");
    talk.refused(400, "bad-request", "GET", log + "/types?limit=x");
    talk.refused(400, "bad-request", "GET", log + "/receipts?after=-1");
    for (String position : new String[] {"0", "-1", "x", "1.5", "99999999999999999999"}) {
      talk.refused(400, "bad-request", "GET", log + "/events/" + position);
      talk.refused(400, "bad-request", "GET", log + "/events/" + position + "/proof");
    }
    talk.refused(404, "not-found", "GET", log + "/events/1");
    talk.refused(404, "not-found", "GET", log + "/events/1/proof");
    // What is looked for may be anything; nothing is found of it.
    for (String text : new String[] {"", "%00", "%F0%9F%98%80", "x".repeat(9000)}) {
      for (String name : new String[] {"id", "stream", "type", "subject", "q"}) {
        assertThat(talk.get(log + "/events?" + name + "=" + text).list("events")).isEmpty();
      }
      assertThat(talk.get(log + "/types?after=" + text).list("types")).isEmpty();
    }
    talk.refused(400, "bad-request", "GET", log + "/events?q=%FF");
  }

  @ParameterizedTest
  @ValueSource(strings = {"after=-1", "after=x", "unheardOf=1", "after=1&after=1"})
  void aSubscriptionThatIsWrongIsRefused(String query) throws Exception {
    talk.refused(400, "bad-request", "GET", "/v1/logs/main/subscribe?" + query);
  }

  @Test
  void aSubscriptionIsAnsweredAtOnce() throws Exception {
    Answer head = talk.ask("HEAD", "/v1/logs/main/subscribe", "");

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("Content-Type")).isEqualTo("text/event-stream");
    Answer wrong = talk.ask("GET", "/v1/logs/main/subscribe", "", "Last-Event-ID", "x");
    assertThat(wrong.status()).isEqualTo(400);
  }

  // ---- proofs and tiles ----

  @Test
  void proofsAndTilesAreThereForWhatIsSigned() throws Exception {
    String log = log("events");
    append(log, 300);

    talk.get(log + "/events/7/proof");
    talk.get(log + "/events/7/proof?size=200");
    talk.get(log + "/events/7/proof?format=tlog-proof");
    talk.get(log + "/events/7/proof", "Accept", "application/vnd.c2sp.tlog-proof");
    talk.get(log + "/consistency?from=0");
    talk.get(log + "/consistency?from=0&to=0");
    talk.get(log + "/consistency?from=100&to=250");
    talk.get(log + "/consistency?from=300");
    talk.get(log + "/checkpoint");
    talk.get(log + "/vkey");
    talk.get(log + "/tile/0/000");
    talk.get(log + "/tile/entries/000");
    for (String wrong :
        new String[] {"size=6", "size=301", "size=x", "format=pdf", "size=200&format=tlog-proof"}) {
      talk.refused(400, "bad-request", "GET", log + "/events/7/proof?" + wrong);
    }
    for (String wrong : new String[] {"", "?from=x", "?from=5&to=4", "?from=0&to=301"}) {
      talk.refused(400, "bad-request", "GET", log + "/consistency" + wrong);
    }
  }

  // ---- forgetting ----

  @Test
  void whatIsForgottenHasItsReceipt() throws Exception {
    String log = log("events");
    talk.post(log + "/events", "{\"type\":\"t\",\"stream\":\"s\",\"subject\":\"alice\"}");
    append(log, 299);

    assertThat(talk.post(log + "/erase", "{\"position\":2}").json())
        .containsEntry("result", "erased");
    assertThat(talk.post(log + "/erase", "{\"position\":2}").json())
        .containsEntry("result", "nothingToErase");
    talk.post(log + "/erase", "{\"stream\":\"s\",\"from\":3,\"to\":4}");
    talk.post(log + "/erase", "{\"subject\":\"alice\"}");
    assertThat(talk.get(log + "/events/1?bytes=true").json()).containsEntry("erased", true);
    talk.refused(409, "kept", "POST", log + "/erase", "{\"position\":301}");
    assertThat(talk.post(log + "/trim", "{\"before\":300}").json())
        .containsEntry("result", "trimmed");
    assertThat(talk.post(log + "/trim", "{\"before\":1}").json())
        .containsEntry("result", "nothingToTrim");
    talk.refused(404, "not-found", "GET", log + "/events/1");
    assertThat(talk.get(log + "/receipts").list("receipts")).hasSizeGreaterThanOrEqualTo(3);
    talk.post(log + "/compact", "");
    assertThat(talk.post(log + "/scrub", "").status()).isEqualTo(202);
    assertThat(talk.get(log).json()).containsEntry("verdict", "intact");

    refusesOtherBodies("POST", log + "/erase");
    refusesOtherBodies("POST", log + "/trim");
    for (String body :
        new String[] {
          "{}",
          "{\"position\":0}",
          "{\"position\":\"1\"}",
          "{\"position\":1,\"subject\":\"x\"}",
          "{\"subject\":\"\"}",
          "{\"subject\":\"" + "x".repeat(1025) + "\"}",
          "{\"stream\":\"s\"}",
          "{\"stream\":\"s\",\"from\":2,\"to\":1}",
          "{\"stream\":\"\",\"from\":1}"
        }) {
      talk.refused(400, "bad-request", "POST", log + "/erase", body);
    }
    for (String body : new String[] {"{}", "{\"before\":0}", "{\"before\":1.5}"}) {
      talk.refused(400, "bad-request", "POST", log + "/trim", body);
    }
    assertThat(talk.post(log + "/trim", "{\"before\":9000000000000000000}").status())
        .isEqualTo(200);
    talk.refused(403, "forbidden", "POST", "/v1/logs/system/erase", "{\"position\":1}");
    talk.refused(403, "forbidden", "POST", "/v1/logs/system/trim", "{\"before\":2}");
  }

  // ---- envelopes ----

  private SignedEnvelope envelope(EnvelopeKey key, String nonce, long celsius) {
    EnvelopeDraft draft =
        EnvelopeDraft.of(
            "observation.recorded",
            "doors",
            key.keyId(),
            JsonObject.of(Map.of("celsius", celsius)));
    draft = nonce.isEmpty() ? draft : draft.withNonce(nonce);
    return switch (new EnvelopeMaker(InstantSource.system(), random).create(draft)) {
      case EnvelopeCreation.Created created -> created.sign(key);
      case EnvelopeCreation.Invalid other -> throw new AssertionError(other.toString());
    };
  }

  private static String text(SignedEnvelope envelope) {
    return new String(envelope.wire(), StandardCharsets.UTF_8);
  }

  private static String keyAct(EnvelopeKey key, String more) {
    return "{\"keyId\":\"%s\",\"publicKey\":\"%s\"%s}"
        .formatted(key.keyId(), Base64.getEncoder().encodeToString(key.publicKey()), more);
  }

  @Test
  void envelopesAreSavedOnceAndFound() throws Exception {
    String log = log("envelopes");
    talk.post(log + "/envelope-keys", keyAct(KEY, ""));
    assertThat(talk.get(log + "/envelope-keys").list("keys")).hasSize(1);
    SignedEnvelope first = envelope(KEY, NONCE, 21);

    assertThat(talk.post(log + "/envelopes", text(first)).json())
        .containsEntry("result", "inserted");
    assertThat(talk.post(log + "/envelopes", text(first)).json())
        .containsEntry("result", "alreadyPresent");
    Answer found = talk.get(log + "/envelopes/" + first.header().id());
    assertThat(found.bytes()).isEqualTo(first.wire());
    assertThat(found.header("Stele-Position")).isEqualTo("2");
    String hash = first.header().payloadHash();
    assertThat(talk.get(log + "/envelopes?hash=" + hash).list("envelopes")).hasSize(1);
    assertThat(talk.get(log + "/envelopes?hash=" + "0".repeat(64)).list("envelopes")).isEmpty();
    String replayed = text(envelope(KEY, NONCE, 22));
    talk.refused(409, "claim-taken", "POST", log + "/envelopes", replayed);
    String unknown = text(envelope(STRANGER, "", 23));
    talk.refused(422, "rejected", "POST", log + "/envelopes", unknown);
    String forged = text(envelope(KEY, "", 24)).replace("24", "25");
    talk.refused(422, "rejected", "POST", log + "/envelopes", forged);
    String equal = text(envelope(KEY, "", 21));
    assertThat(talk.post(log + "/envelopes", equal).json()).containsEntry("result", "inserted");
    assertThat(talk.get(log + "/envelopes?hash=" + hash).list("envelopes")).hasSize(2);

    talk.post(log + "/envelope-keys", keyAct(KEY, ",\"revoke\":true,\"reason\":\"lost\""));
    String late = text(envelope(KEY, "", 26));
    talk.refused(422, "rejected", "POST", log + "/envelopes", late);
  }

  @Test
  void whatIsNoEnvelopeOrNoKeyIsRefused() throws Exception {
    String log = log("envelopes");
    for (String body : new String[] {"", "{}", "[]", "{", "null", "[".repeat(100_000)}) {
      talk.refused(422, "rejected", "POST", log + "/envelopes", body);
    }
    talk.refusedOf("text/plain", 415, "unsupported-media-type", log + "/envelopes", "{}");
    refusesOtherBodies("POST", log + "/envelope-keys");
    talk.refused(400, "bad-request", "POST", log + "/envelope-keys", "{\"keyId\":\"a\"}");
    for (String id : new String[] {"", "x".repeat(65), "\\u0000", "é"}) {
      String body = keyAct(KEY, "").replace("doors-1", id);
      talk.refused(400, "bad-request", "POST", log + "/envelope-keys", body);
    }
    for (String reason : new String[] {"x".repeat(257), "two\\nlines"}) {
      String body = keyAct(KEY, ",\"revoke\":true,\"reason\":\"" + reason + "\"");
      talk.refused(400, "bad-request", "POST", log + "/envelope-keys", body);
    }
    talk.refused(404, "not-found", "GET", log + "/envelopes/nothing");
    talk.refused(404, "not-found", "GET", log + "/envelopes/a%2Fb");
    talk.refused(404, "not-found", "GET", log + "/envelopes/a%25b");
    talk.refused(400, "bad-request", "GET", log + "/envelopes/%00");
    talk.refused(400, "bad-request", "GET", log + "/envelopes");
    talk.refused(400, "bad-request", "GET", log + "/envelopes?hash=AB");
    String events = log("events");
    talk.refused(409, "no-envelopes", "POST", events + "/envelopes", "{}");
    talk.refused(409, "no-envelopes", "GET", events + "/envelopes?hash=" + "0".repeat(64));
    talk.refused(409, "no-envelopes", "GET", events + "/envelopes/a");
    talk.refused(409, "no-envelopes", "GET", events + "/envelope-keys");
    talk.refused(409, "no-envelopes", "POST", events + "/envelope-keys", keyAct(KEY, ""));
  }

  // ---- consumer groups ----

  @Test
  void groupsAreMadeServedAndRemoved() throws Exception {
    String log = log("events");
    append(log, 5);
    String group = log + "/subscriptions/mailer";

    assertThat(talk.ask("PUT", group, "{\"maxAttempts\":1}").status()).isEqualTo(201);
    assertThat(talk.ask("PUT", group, "{\"maxAttempts\":1}").status()).isEqualTo(200);
    talk.refused(409, "group-exists", "PUT", group, "{}");
    assertThat(talk.get(log + "/subscriptions").list("subscriptions")).hasSize(1);
    assertThat(talk.post(group + "/fetch", "{\"limit\":3}").list("events")).hasSize(3);
    talk.post(group + "/ack", "{\"positions\":[1],\"park\":[2,3],\"reason\":\"why\"}");
    assertThat(talk.get(group + "/parked").list("parked")).hasSize(2);
    assertThat(talk.get(group + "/parked?after=2&limit=1").list("parked")).hasSize(1);
    talk.post(group + "/parked", "{\"retry\":[2],\"drop\":[3]}");
    assertThat(talk.get(group).json()).containsEntry("parked", 0L);
    assertThat(talk.ask("DELETE", group, "").status()).isEqualTo(200);
    talk.refused(404, "not-found", "DELETE", group);
  }

  @Test
  void whatIsWrongAboutAGroupIsRefused() throws Exception {
    String log = log("events");
    String group = log + "/subscriptions/mailer";
    refusesOtherBodies("PUT", group);
    for (String body :
        new String[] {
          "{\"after\":-1}",
          "{\"after\":\"start\"}",
          "{\"leaseSeconds\":0}",
          "{\"leaseSeconds\":9000000000000}",
          "{\"maxAttempts\":0}",
          "{\"maxAttempts\":5000000000}",
          "{\"stream\":\"\"}",
          "{\"type\":7}"
        }) {
      talk.refused(400, "bad-request", "PUT", group, body);
    }
    talk.refused(400, "bad-request", "PUT", log + "/subscriptions/A", "{}");
    talk.ask("PUT", group, "{\"after\":\"end\"}");
    for (String act : new String[] {"/fetch", "/ack", "/parked"}) {
      refusesOtherBodies("POST", group + act);
      talk.refused(404, "not-found", "POST", log + "/subscriptions/none" + act, "{}");
    }
    for (String body :
        new String[] {"{\"limit\":0}", "{\"waitSeconds\":21}", "{\"consumer\":\"\"}"}) {
      talk.refused(400, "bad-request", "POST", group + "/fetch", body);
    }
    for (String body :
        new String[] {
          "{\"positions\":[0]}", "{\"positions\":7}", "{\"retry\":[\"1\"]}", "{\"reason\":\"\"}"
        }) {
      talk.refused(400, "bad-request", "POST", group + "/ack", body);
    }
    String many = "{\"positions\":[1" + ",1".repeat(10_000) + "]}";
    talk.refused(400, "bad-request", "POST", group + "/ack", many);
    talk.refused(400, "bad-request", "POST", group + "/parked", "{\"drop\":{}}");
    talk.refused(404, "not-found", "GET", log + "/subscriptions/none");
    talk.refused(404, "not-found", "GET", log + "/subscriptions/none/parked");
    talk.refused(400, "bad-request", "GET", group + "/parked?limit=0");
    talk.refused(403, "forbidden", "GET", "/v1/logs/system/subscriptions");
  }

  // ---- the server ----

  @Test
  void tokensAreIssuedShownOnceAndRevoked() throws Exception {
    Answer issued = talk.post("/v1/tokens", "{\"name\":\"mailer\",\"roles\":{\"main\":\"read\"}}");
    String id = String.valueOf(issued.json().get("id"));

    assertThat(talk.get("/v1/tokens").text())
        .contains(id)
        .doesNotContain(String.valueOf(issued.json().get("token")));
    assertThat(talk.ask("DELETE", "/v1/tokens/" + id, "").status()).isEqualTo(200);
    talk.refused(404, "not-found", "DELETE", "/v1/tokens/" + id);
    refusesOtherBodies("POST", "/v1/tokens");
    for (String body :
        new String[] {
          "{\"name\":\"a b\",\"roles\":{\"*\":\"read\"}}",
          "{\"name\":\"\",\"roles\":{\"*\":\"read\"}}",
          "{\"name\":\"a\"}",
          "{\"name\":\"a\",\"roles\":{}}",
          "{\"name\":\"a\",\"roles\":{\"*\":\"emperor\"}}",
          "{\"name\":\"a\",\"roles\":{\"../etc\":\"read\"}}"
        }) {
      talk.refused(400, "bad-request", "POST", "/v1/tokens", body);
    }
  }

  @Test
  void theServerSaysWhatItIsAndHowItIs() throws Exception {
    for (String path :
        new String[] {
          "/health",
          "/health/live",
          "/health/ready",
          "/version",
          "/openapi.json",
          "/metrics",
          "/v1/whoami",
          "/witness/vkey"
        }) {
      talk.get(path);
    }
    talk.refused(404, "not-found", "GET", "/witness/" + "0".repeat(64) + "/checkpoint");
    talk.refused(404, "not-found", "GET", "/witness/x/checkpoint");
    Answer wrong = talk.ask("POST", "/witness/add-checkpoint", "no checkpoint");
    assertThat(wrong.status()).isEqualTo(400);
    try (Bare bare = Bare.to(server.port())) {
      // The head alone: who writes all of it may be cut off before the answer is read.
      bare.send(
          "POST /witness/add-checkpoint HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Length: 2000000\r\n\r\n");
      assertThat(bare.answer(Duration.ofSeconds(1), 1 << 16)).contains("413 ", "too-large");
    }
    talk.refused(404, "not-found", "GET", "/v1/nowhere");
    talk.refused(404, "not-found", "GET", "/v1/atomic");
  }
}
