package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.TlogProof;
import dev.stele.server.RunningServer.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
class AppendingOverHttpTest {
  private static final String EVENTS = "/v1/logs/main/events";

  @TempDir Path folder;
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    server = RunningServer.in(folder.resolve("data"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void anEventIsThereWhenItWasAcknowledged() throws Exception {
    Answer answer =
        server.post(
            EVENTS,
            "{\"type\":\"door.opened\",\"stream\":\"doors\",\"id\":\"d-1\",\"payloadText\":\"é\"}");

    assertThat(answer.status()).isEqualTo(201);
    assertThat(answer.json())
        .containsEntry("result", "appended")
        .containsEntry("position", 1L)
        .containsEntry("durability", "durable");
    Answer event = server.get(EVENTS + "/1");
    assertThat(event.json())
        .containsEntry("stream", "doors")
        .containsEntry("type", "door.opened")
        .containsEntry("id", "d-1")
        .containsEntry("payloadText", "é")
        .containsEntry("admittedBy", "unsigned/1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"door\" : 7.50 }",
        "[1, 2,3]",
        "-0.0e1",
        "7",
        "\"a\\u0062\"",
        "true",
        "null",
        "{}",
        "[]"
      })
  void jsonIsKeptByteForByteAsItWasSent(String json) throws Exception {
    for (String body :
        new String[] {
          "{\"type\":\"t\",\"payloadJson\":" + json + "}",
          "{\"payloadJson\":" + json + " ,\"type\":\"t\"}",
          "{\"events\":[{\"type\":\"t\",\"payloadJson\": " + json + "\n}]}"
        }) {
      Answer answer = server.post(EVENTS, body);

      assertThat(answer.status()).as(body).isEqualTo(201);
      Object payload =
          server.get(EVENTS + "/" + answer.json().get("position")).json().get("payload");
      assertThat(Base64.getDecoder().decode(String.valueOf(payload)))
          .asString(StandardCharsets.UTF_8)
          .isEqualTo(json);
    }
  }

  @Test
  void manyEventsGoInTogetherOrNotAtAll() throws Exception {
    assertThat(server.post(EVENTS, "{\"events\":[{\"type\":\"a\"},{\"type\":\"b\"}]}").json())
        .containsEntry("position", 1L)
        .containsEntry("count", 2L);

    Answer bad = server.post(EVENTS, "{\"events\":[{\"type\":\"c\"},{\"type\":\"\"}]}");

    assertThat(bad.status()).isEqualTo(422);
    assertThat(bad.json()).containsEntry("code", "bad-type").containsEntry("event", 1L);
    assertThat(server.get("/v1/logs/main").json()).containsEntry("size", 2L);
  }

  @Test
  void theEventsOfOneAppendAreOfOneStream() throws Exception {
    Answer answer =
        server.post(
            EVENTS,
            "{\"events\":[{\"type\":\"a\",\"stream\":\"x\"},{\"type\":\"b\",\"stream\":\"y\"}]}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json()).containsEntry("parameter", "stream");
  }

  @Test
  void anotherRevisionThanTheExpectedOneIsAConflict() throws Exception {
    String one = "{\"type\":\"t\",\"stream\":\"s\"}";
    assertThat(server.post(EVENTS + "?expectedRevision=0", one).status()).isEqualTo(201);

    Answer late = server.post(EVENTS + "?expectedRevision=0", one);

    assertThat(late.status()).isEqualTo(409);
    assertThat(late.problem()).isEqualTo("conflict");
    assertThat(late.json())
        .containsEntry("stream", "s")
        .containsEntry("expected", 0L)
        .containsEntry("actual", 1L);
  }

  @Test
  void theSameIdAgainIsTheSameEvent() throws Exception {
    String one = "{\"type\":\"t\",\"id\":\"x\"}";
    server.post(EVENTS, one);

    Answer again = server.post(EVENTS, one);

    assertThat(again.status()).isEqualTo(200);
    assertThat(again.json())
        .containsEntry("result", "alreadyPresent")
        .containsEntry("position", 1L);
    Answer inABatch =
        server.post(EVENTS, "{\"events\":[{\"type\":\"t\",\"id\":\"x\"},{\"type\":\"u\"}]}");
    assertThat(inABatch.status()).isEqualTo(409);
    assertThat(inABatch.problem()).isEqualTo("claim-taken");
    assertThat(inABatch.json()).containsEntry("holder", 1L);
  }

  @Test
  void aRequestThatIsSentAgainWithItsKeyAppendsOnce() throws Exception {
    String body =
        "{\"events\":[{\"type\":\"a\",\"stream\":\"s\"},{\"type\":\"b\",\"stream\":\"s\"}]}";
    String path = EVENTS + "?expectedRevision=0";
    assertThat(server.post(path, body, "Idempotency-Key", "k-1").status()).isEqualTo(201);

    Answer again = server.post(path, body, "Idempotency-Key", "k-1");
    Answer other = server.post(EVENTS, "{\"type\":\"c\"}", "Idempotency-Key", "k-1");

    assertThat(again.status()).isEqualTo(200);
    assertThat(again.json()).containsEntry("position", 1L);
    assertThat(other.status()).isEqualTo(422);
    assertThat(other.problem()).isEqualTo("idempotency-key-reused");
    assertThat(server.get("/v1/logs/main").json()).containsEntry("size", 2L);
  }

  @Test
  void anAckCarriesItsProofWhenItIsAskedFor() throws Exception {
    Answer answer = server.post(EVENTS + "?proof=true", "{\"type\":\"t\"}");

    Parsed<TlogProof> proof =
        TlogProof.parse(
            String.valueOf(answer.json().get("proof")).getBytes(StandardCharsets.UTF_8));
    assertThat(proof).isInstanceOf(Parsed.Value.class);
    byte[] record =
        Base64.getDecoder()
            .decode(String.valueOf(server.get(EVENTS + "/1?bytes=true").json().get("record")));
    var key = server.server().host().find("main").orElseThrow().log().verifierKey();
    assertThat(((Parsed.Value<TlogProof>) proof).value().check(record, key))
        .isInstanceOf(TlogProof.Outcome.Proven.class);
  }

  @Test
  void aWeakerDurabilityIsSaidInTheAck() throws Exception {
    assertThat(
            server.post(EVENTS + "?durability=memory", "{\"type\":\"t\"}").json().get("durability"))
        .isIn("memory", "os", "durable");
    assertThat(server.post(EVENTS + "?durability=maybe", "{\"type\":\"t\"}").problem())
        .isEqualTo("bad-request");
  }

  @Test
  void cloudEventsComeInAndGoOutAsTheyCame() throws Exception {
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/doors\",\"type\":\"door.opened\","
            + "\"subject\":\"alice\",\"ext1\":3,\"data\":{\"door\":7}}";
    assertThat(
            server
                .post(
                    EVENTS + "?stream=doors",
                    "application/cloudevents+json",
                    event.getBytes(StandardCharsets.UTF_8))
                .status())
        .isEqualTo(201);
    server.post(EVENTS, "{\"type\":\"plain\",\"payloadText\":\"p\"}");

    assertThat(server.get(EVENTS + "/1", "Accept", "application/cloudevents+json").text())
        .isEqualTo(event);
    assertThat(server.get(EVENTS + "/1").json())
        .containsEntry("id", "/doors#7")
        .containsEntry("subject", "alice")
        .containsEntry("stream", "doors");
    assertThat(server.get(EVENTS + "/2", "Accept", "application/cloudevents+json").json())
        .containsEntry("specversion", "1.0")
        .containsEntry("type", "plain")
        .containsEntry("data_base64", "cA==");
    assertThat(server.get(EVENTS, "Accept", "application/cloudevents-batch+json").text())
        .startsWith("[" + event + ",{");
  }

  @Test
  void cloudEventsComeInBatchesAndInHeaders() throws Exception {
    String batch =
        "[{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\"},"
            + " {\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"s\",\"type\":\"t\"}]";
    assertThat(
            server
                .post(
                    EVENTS,
                    "application/cloudevents-batch+json",
                    batch.getBytes(StandardCharsets.UTF_8))
                .json())
        .containsEntry("count", 2L);

    Answer binary =
        server.post(
            EVENTS,
            "text/plain",
            "hello".getBytes(StandardCharsets.UTF_8),
            "ce-specversion",
            "1.0",
            "ce-id",
            "3",
            "ce-source",
            "s",
            "ce-type",
            "t",
            "ce-subject",
            "b%C3%A4r");

    assertThat(binary.status()).isEqualTo(201);
    assertThat(server.get(EVENTS + "/3").json()).containsEntry("subject", "bär");
    assertThat(server.get(EVENTS + "/3", "Accept", "application/cloudevents+json").json())
        .containsEntry("data", "hello")
        .containsEntry("datacontenttype", "text/plain");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "7",
        "{}",
        "{\"type\":7}",
        "{\"type\":\"t\",\"tpye\":1}",
        "{\"type\":\"t\"} x",
        "{\"type\":\"t\",\"type\":\"t\"}",
        "{\"type\":\"\\ud800\"}",
        "{\"events\":[]}",
        "{\"events\":[7]}",
        "{\"events\":[{\"type\":\"t\"}],\"x\":1}",
        "{\"type\":\"t\"",
        "{\"type\":\"t\",\"payload\":\"YQ\"}",
        "{\"type\":\"t\",\"payload\":\"YR==\"}",
        "{\"type\":\"t\",\"payloadText\":\"a\",\"payloadJson\":1}",
        "{\"type\":\"t\",\"payloadJson\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"
      })
  void whatIsNoAppendIsRefusedWithAReason(String body) throws Exception {
    Answer answer = server.post(EVENTS, body);

    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.problem()).isEqualTo("bad-request");
    assertThat(String.valueOf(answer.json().get("detail"))).isNotBlank();
    assertThat(server.get("/v1/logs/main").json()).containsEntry("size", 0L);
  }
}
