package dev.stele.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.client.ScriptedServer.Reply;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.CosignerKey;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TlogProof;
import dev.stele.core.witness.WitnessPolicy;
import dev.stele.crypto.Ed25519Key;
import dev.stele.testkit.TestLogs;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comes back from an append, and what a checkpoint needs besides the log's signature. */
class AnAckIsProvenTest {
  private static final NewEvent EVENT = NewEvent.of("doors", "tested", "{}").withId("d-1");
  private static final CosignerKey WITNESS =
      CosignerKey.of("witness.example", Ed25519Key.fromSeed(new byte[32]));
  private static final WitnessPolicy POLICY = policy();

  private final EventLog log = TrueLog.empty(1);
  private final List<Duration> pauses = new ArrayList<>();
  private final ScriptedServer server;
  private final SteleClient client;

  AnAckIsProvenTest() throws IOException {
    server = new ScriptedServer(log);
    client =
        SteleClient.connect(
            server.uri(), ClientOptions.inMemory().random(new Random(5)), pauses::add);
    TrueLog.grow(log, 6);
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
    log.close();
  }

  private static WitnessPolicy policy() {
    String text = "witness w %s\nquorum w\n".formatted(WITNESS.vkey().text());
    return switch (WitnessPolicy.parse(text.getBytes(StandardCharsets.UTF_8))) {
      case Parsed.Value<WitnessPolicy>(WitnessPolicy policy) -> policy;
      case Parsed.Malformed<WitnessPolicy>(String reason) -> throw new AssertionError(reason);
    };
  }

  private static SignedCheckpoint cosigned(SignedCheckpoint checkpoint) {
    return checkpoint.with(
        List.of(WITNESS.cosign(checkpoint.checkpoint(), TestLogs.START.getEpochSecond())));
  }

  private AppendAnswer append(TrustPolicy policy) {
    return client.log("main", policy).append(AppendRequest.of(EVENT).proven());
  }

  /** Appends what is sent, or something else, and acknowledges it, perhaps not truly. */
  private void acknowledging(String payload, UnaryOperator<String> lie) {
    server.script(
        (asked, truth) -> {
          if (!asked.method().equals("POST")) {
            return truth;
          }
          AppendResult.Appended appended =
              (AppendResult.Appended)
                  log.append(Append.of(TestGate.event("doors", "d-1", payload)).proven());
          AppendResult.AckProof proof = appended.proof().orElseThrow();
          byte[] file =
              TlogProof.build(
                      appended.first() - 1, proof.checkpoint(), log.nodes(), Optional.empty())
                  .bytes();
          String text = lie.apply(new String(file, StandardCharsets.UTF_8));
          return Reply.text(
              201,
              "{\"result\":\"appended\",\"position\":%d,\"count\":1,\"headPosition\":7,\"durability\":\"durable\",\"proof\":\"%s\"}"
                  .formatted(appended.first(), text.replace("\n", "\\n")));
        });
  }

  private static Distrust why(AppendAnswer answer) {
    assertThat(answer).isInstanceOf(AppendAnswer.Unproven.class);
    return ((AppendAnswer.Unproven) answer).why();
  }

  @Test
  void and_its_event_is_given() {
    acknowledging("{}", text -> text);
    assertThat(append(TrustPolicy.of(TrueLog.KEY)))
        .isInstanceOfSatisfying(
            AppendAnswer.Appended.class,
            appended -> {
              ProvenEvent proven = appended.proof().orElseThrow();
              assertThat(proven.event().position()).isEqualTo(7);
              assertThat(proven.against().checkpoint().size()).isEqualTo(7);
            });
  }

  @Test
  void or_refused_where_another_event_was_recorded() {
    acknowledging("{\"forged\":1}", text -> text);
    assertThat(why(append(TrustPolicy.of(TrueLog.KEY))))
        .isEqualTo(new Distrust.FalseEvent(7, "another event was recorded there"));
  }

  @Test
  void or_refused_where_its_checkpoint_is_altered() {
    acknowledging("{}", text -> text.replace("\n7\n", "\n8\n"));
    assertThat(why(append(TrustPolicy.of(TrueLog.KEY))).code()).isEqualTo("not-signed");
  }

  @Test
  void or_refused_where_its_path_is_altered() {
    acknowledging("{}", AnAckIsProvenTest::withAnotherPath);
    assertThat(why(append(TrustPolicy.of(TrueLog.KEY))).code()).isEqualTo("false-event");
  }

  /** The hash line behind the index, with its first character changed. */
  private static String withAnotherPath(String file) {
    int at = file.indexOf("\n", file.indexOf("index ")) + 1;
    return file.substring(0, at) + (file.charAt(at) == 'A' ? 'B' : 'A') + file.substring(at + 1);
  }

  @Test
  void or_refused_where_the_log_forked_meanwhile() {
    assertThat(client.log("main", TrustPolicy.of(TrueLog.KEY)).verifiedHead())
        .isInstanceOf(HeadCheck.Verified.class);
    try (EventLog fork = TrueLog.empty(2)) {
      TrueLog.grow(fork, 6);
      AppendResult.Appended appended =
          (AppendResult.Appended)
              fork.append(Append.of(TestGate.event("doors", "d-1", "{}")).proven());
      byte[] file =
          TlogProof.build(
                  6, appended.proof().orElseThrow().checkpoint(), fork.nodes(), Optional.empty())
              .bytes();
      server.tellOf(fork);
      server.script(
          (asked, reply) ->
              asked.method().equals("POST")
                  ? Reply.text(
                      201,
                      "{\"result\":\"appended\",\"position\":7,\"count\":1,\"headPosition\":7,\"durability\":\"durable\",\"proof\":\"%s\"}"
                          .formatted(new String(file, StandardCharsets.UTF_8).replace("\n", "\\n")))
                  : reply);
      assertThat(why(append(TrustPolicy.of(TrueLog.KEY))).code()).isEqualTo("forked");
    }
  }

  @Test
  void and_nothing_is_sent_by_who_could_not_check_it() {
    assertThat(why(append(TrustPolicy.pinned())).code()).isEqualTo("no-key");
    assertThat(server.asked).isEmpty();
  }

  @Test
  void and_a_head_without_the_witnesses_is_not_trusted() {
    RemoteLog remote = client.log("main", TrustPolicy.of(TrueLog.KEY).cosignedBy(POLICY));
    assertThat(remote.verifiedHead())
        .isInstanceOfSatisfying(
            HeadCheck.Distrusted.class,
            distrusted -> assertThat(distrusted.why().code()).isEqualTo("no-quorum"));
    SignedCheckpoint cosigned = cosigned(log.checkpoint());
    server.show(cosigned);
    assertThat(remote.verifiedHead()).isEqualTo(new HeadCheck.Verified(cosigned));
    assertThat(remote.getVerified(3)).isInstanceOf(EventCheck.Verified.class);
  }

  @Test
  void and_a_head_that_was_trusted_without_witnesses_is_not_enough_with_them() {
    assertThat(client.log("main", TrustPolicy.of(TrueLog.KEY)).getVerified(3))
        .isInstanceOf(EventCheck.Verified.class);
    RemoteLog remote = client.log("main", TrustPolicy.of(TrueLog.KEY).cosignedBy(POLICY));
    assertThat(remote.getVerified(3))
        .isInstanceOfSatisfying(
            EventCheck.Distrusted.class,
            distrusted -> assertThat(distrusted.why().code()).isEqualTo("no-quorum"));
    server.show(cosigned(log.checkpoint()));
    assertThat(remote.getVerified(3)).isInstanceOf(EventCheck.Verified.class);
  }

  @Test
  void and_the_witnesses_of_an_ack_are_waited_for() {
    server.show(cosigned(log.checkpoint()));
    acknowledging("{}", text -> text);
    SteleClient waiting =
        SteleClient.connect(
            server.uri(),
            ClientOptions.inMemory().random(new Random(5)),
            pause -> {
              pauses.add(pause);
              server.show(cosigned(log.checkpoint()));
            });
    try (waiting) {
      assertThat(
              waiting
                  .log("main", TrustPolicy.of(TrueLog.KEY).cosignedBy(POLICY))
                  .append(AppendRequest.of(EVENT).proven()))
          .isInstanceOfSatisfying(
              AppendAnswer.Appended.class, appended -> assertThat(appended.proof()).isPresent());
    }
    assertThat(pauses).hasSize(1);
  }
}
