package dev.stele.server.rpc;

import static dev.stele.server.rpc.Served.assertFails;
import static dev.stele.server.rpc.Served.draft;
import static dev.stele.server.rpc.Served.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.TlogProof;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.Durability;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.LogGrpc;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appending one request at a time. */
class AppendingOverGrpcTest {
  private Served served;

  @BeforeEach
  void serve(@TempDir Path folder) throws IOException {
    served = Served.in(folder);
  }

  @AfterEach
  void close() throws InterruptedException {
    served.close();
  }

  private EventLog log() {
    return served.host.find(Served.MAIN).orElseThrow().log();
  }

  private StoredEvent event(long position) {
    return log().get(position).orElseThrow();
  }

  @Test
  void anEventIsInTheLogAsItWasSent() {
    AppendResponse.Appended appended =
        served
            .append(
                request(
                        draft("door.opened", "d-1", "{\"door\":7}").toBuilder()
                            .setSubject("alice")
                            .build())
                    .setStream("doors"))
            .getAppended();
    assertThat(appended.getPosition()).isEqualTo(1);
    assertThat(appended.getCount()).isEqualTo(1);
    assertThat(appended.getHeadPosition()).isEqualTo(1);
    assertThat(appended.getDurability()).isEqualTo(Durability.DURABILITY_DURABLE);
    assertThat(appended.hasProof()).isFalse();
    StoredEvent event = event(1);
    assertThat(event.stream()).isEqualTo("doors");
    assertThat(event.type()).isEqualTo("door.opened");
    assertThat(event.id()).isEqualTo("d-1");
    assertThat(event.subject()).isEqualTo("alice");
    assertThat(event.payload())
        .hasValueSatisfying(p -> assertThat(p).asString().isEqualTo("{\"door\":7}"));
    assertThat(event.admittedBy()).isEqualTo("unsigned/1");
  }

  @Test
  void theStreamIsMainWhereNoneIsNamed() {
    assertThat(served.append(request(draft("a", "", ""))).hasAppended()).isTrue();
    assertThat(event(1).stream()).isEqualTo("main");
  }

  @Test
  void tenThousandEventsStandTogetherAndOneMoreIsRefused() {
    AppendRequest.Builder request = request();
    for (int i = 0; i < 10_000; i++) {
      request.addEvents(draft("a", "", ""));
    }
    assertThat(served.append(request).getAppended().getCount()).isEqualTo(10_000);
    request.addEvents(draft("a", "", ""));
    assertFails(() -> served.append(request), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertThat(served.size()).isEqualTo(10_000);
  }

  @Test
  void noEventIsNoRequest() {
    assertFails(() -> served.append(request()), Status.Code.INVALID_ARGUMENT, "bad-request");
  }

  @Test
  void anIdAgainIsAnsweredWithItsPosition() {
    served.fill("s", 3);
    AppendResponse again = served.append(request(draft("t2", "s-2", "another")).setStream("s"));
    assertThat(again.getAlreadyPresent().getPosition()).isEqualTo(2);
    assertThat(served.size()).isEqualTo(3);
  }

  @Test
  void anotherRevisionIsAConflict() {
    served.fill("s", 3);
    AppendResponse.Conflict conflict =
        served
            .append(request(draft("a", "", "")).setStream("s").setExpectedRevision(2))
            .getConflict();
    assertThat(conflict.getStream()).isEqualTo("s");
    assertThat(conflict.getExpected()).isEqualTo(2);
    assertThat(conflict.getActual()).isEqualTo(3);
    assertThat(
            served
                .append(request(draft("a", "", "")).setStream("s").setExpectedRevision(3))
                .hasAppended())
        .isTrue();
    assertThat(
            served
                .append(request(draft("a", "", "")).setStream("new").setExpectedRevision(0))
                .hasAppended())
        .isTrue();
  }

  @Test
  void aRevisionBeyondEveryPositionIsRefused() {
    assertFails(
        () -> served.append(request(draft("a", "", "")).setExpectedRevision(-1)),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
  }

  @Test
  void aClaimOfTheSameRequestIsRefusedAndNothingIsAppended() {
    AppendResponse answer = served.append(request(draft("a", "x", "1"), draft("a", "x", "2")));
    assertThat(answer.hasAppended()).isFalse();
    assertThat(answer.getRefused().getScope()).isEqualTo("event-id");
    assertThat(answer.getRefused().getHolder()).isZero();
    assertThat(served.size()).isZero();
  }

  @Test
  void anEventThatIsNotAdmittedIsNamed() {
    AppendResponse.Rejected rejected =
        served.append(request(draft("a", "", ""), draft("", "", ""))).getRejected();
    assertThat(rejected.getCode()).isEqualTo("bad-type");
    assertThat(rejected.getIndex()).isEqualTo(1);
    assertThat(served.size()).isZero();
  }

  @Test
  void theLogsOwnStreamsAreReserved() {
    assertThat(
            served
                .append(request(draft("a", "", "")).setStream("stele/receipts"))
                .getRejected()
                .getCode())
        .isEqualTo("reserved-stream");
  }

  @Test
  void aPayloadOfEightMebibytesIsTakenAndOneByteMoreIsNot() {
    byte[] most = new byte[8 << 20];
    EventDraft.Builder draft = EventDraft.newBuilder().setType("a");
    assertThat(
            served
                .append(request(draft.setPayload(ByteString.copyFrom(most)).build()))
                .hasAppended())
        .isTrue();
    assertThat(
            served
                .append(
                    request(
                        draft.setPayload(ByteString.copyFrom(new byte[most.length + 1])).build()))
                .getRejected()
                .getCode())
        .isEqualTo("too-large");
  }

  @Test
  void aMessageOverTheLimitIsNotRead() {
    EventDraft large =
        EventDraft.newBuilder()
            .setType("a")
            .setPayload(ByteString.copyFrom(new byte[8 << 20]))
            .build();
    assertFails(
        () -> served.append(request(large, large, large, large, large)),
        Status.Code.RESOURCE_EXHAUSTED,
        Served.GRPCS_OWN);
    assertThat(served.size()).isZero();
  }

  @Test
  void anIdempotencyKeyFindsWhatItAppended() {
    AppendRequest.Builder request =
        request(draft("a", "", "1"), draft("a", "", "2")).setIdempotencyKey("k");
    assertThat(served.append(request).getAppended().getPosition()).isEqualTo(1);
    assertThat(served.append(request).getAlreadyPresent().getPosition()).isEqualTo(1);
    assertThat(served.size()).isEqualTo(2);
  }

  @Test
  void anIdempotencyKeyForAnotherContentIsRejected() {
    assertThat(served.append(request(draft("a", "", "1")).setIdempotencyKey("k")).hasAppended())
        .isTrue();
    assertThat(
            served
                .append(request(draft("a", "", "2")).setIdempotencyKey("k"))
                .getRejected()
                .getCode())
        .isEqualTo("idempotency-key-reused");
    assertThat(served.size()).isEqualTo(1);
  }

  @Test
  void anIdempotencyKeyHas255CharactersAndNoMore() {
    assertThat(
            served
                .append(request(draft("a", "", "")).setIdempotencyKey("k".repeat(255)))
                .hasAppended())
        .isTrue();
    assertFails(
        () -> served.append(request(draft("a", "", "")).setIdempotencyKey("k".repeat(256))),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
    assertFails(
        () -> served.append(request(draft("a", "", "")).setIdempotencyKey("k\0001")),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
  }

  @Test
  void aDurabilityThatNobodyKnowsIsRefused() {
    assertFails(
        () -> served.append(request(draft("a", "", "")).setDurabilityValue(9)),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
  }

  @Test
  void aWeakerDurabilityIsSaidInTheAck() {
    assertThat(
            served
                .append(request(draft("a", "", "")).setDurability(Durability.DURABILITY_MEMORY))
                .getAppended()
                .getDurability())
        .isNotEqualTo(Durability.DURABILITY_UNSPECIFIED);
  }

  @Test
  void anAckCanCarryItsProof() {
    served.fill("s", 5);
    AppendResponse.Appended appended =
        served.append(request(draft("a", "", "")).setProof(true)).getAppended();
    Parsed<TlogProof> parsed = TlogProof.parse(appended.getProof().toByteArray());
    assertThat(parsed).isInstanceOf(Parsed.Value.class);
    if (parsed instanceof Parsed.Value<TlogProof>(TlogProof proof)) {
      assertThat(proof.check(event(6).record(), log().verifierKey()))
          .isInstanceOf(TlogProof.Outcome.Proven.class);
      assertThat(proof.check(event(5).record(), log().verifierKey()))
          .isInstanceOf(TlogProof.Outcome.Refused.class);
    }
  }

  @Test
  void anUnknownLogIsNotFound() {
    for (String name : new String[] {"", "other", "../main", "main/..", "x".repeat(100_000)}) {
      assertFails(
          () -> served.append(request(draft("a", "", "")).setLog(name)),
          Status.Code.NOT_FOUND,
          "not-found");
    }
  }

  @Test
  void theServersOwnLogIsWrittenByTheServerAlone() {
    assertFails(
        () -> served.append(request(draft("a", "", "")).setLog("system")),
        Status.Code.PERMISSION_DENIED,
        "forbidden");
  }

  @Test
  void aMessageThatIsNoneEndsItsCallAndNothingElse() {
    MethodDescriptor<byte[], byte[]> method = Garbage.method(LogGrpc.getAppendMethod());
    for (byte[] garbage : Garbage.SAMPLES) {
      assertFails(
          () -> ClientCalls.blockingUnaryCall(served.channel, method, CallOptions.DEFAULT, garbage),
          Status.Code.INVALID_ARGUMENT,
          "bad-request");
    }
    assertThat(served.append(request(draft("a", "", ""))).hasAppended()).isTrue();
  }
}
