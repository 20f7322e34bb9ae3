package dev.stele.server.rpc;

import static dev.stele.server.rpc.Served.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.EventProof;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.wire.v1.CheckpointRequest;
import dev.stele.wire.v1.CheckpointResponse;
import dev.stele.wire.v1.ConsistencyRequest;
import dev.stele.wire.v1.ConsistencyResponse;
import dev.stele.wire.v1.ProveRequest;
import dev.stele.wire.v1.ProveResponse;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Proofs that hold with nothing but the log's public key. */
class ProvingOverGrpcTest {
  private Served served;

  @BeforeEach
  void serve(@TempDir Path folder) throws IOException {
    served = Served.in(folder);
    served.fill("s", 20);
  }

  @AfterEach
  void close() throws InterruptedException {
    served.close();
  }

  private EventLog log() {
    return served.host.find(Served.MAIN).orElseThrow().log();
  }

  private ProveResponse prove(long position, long size) {
    return served
        .log()
        .prove(
            ProveRequest.newBuilder()
                .setLog(Served.MAIN)
                .setPosition(position)
                .setSize(size)
                .build());
  }

  private ConsistencyResponse consistency(long from, long to) {
    return served
        .log()
        .consistency(
            ConsistencyRequest.newBuilder().setLog(Served.MAIN).setFrom(from).setTo(to).build());
  }

  private static List<byte[]> path(List<ByteString> path) {
    return path.stream().map(ByteString::toByteArray).toList();
  }

  private SignedCheckpoint opened(ByteString note) {
    return SignedCheckpoint.open(note.toByteArray(), log().verifierKey())
            instanceof SignedCheckpoint.Opening.Opened(SignedCheckpoint checkpoint)
        ? checkpoint
        : org.assertj.core.api.Assertions.fail("the note is not signed by the log");
  }

  @Test
  void anEventIsProvenAgainstASignedCheckpoint() {
    ProveResponse proof = prove(7, 0);
    SignedCheckpoint signed = opened(proof.getCheckpoint());
    assertThat(proof.getIndex()).isEqualTo(6);
    assertThat(proof.getSize()).isEqualTo(signed.checkpoint().size());
    assertThat(
            new InclusionProof(proof.getIndex(), proof.getSize(), path(proof.getPathList()))
                .verify(proof.getLeafHash().toByteArray(), signed.checkpoint().root()))
        .isTrue();
    assertThat(EventProof.check(proof.getProof().toByteArray(), log().verifierKey()))
        .isInstanceOf(EventProof.Outcome.Proven.class);
  }

  @Test
  void everyEventIsProvenInEveryTreeThatHoldsIt() {
    for (long size = 1; size <= 20; size++) {
      for (long position = 1; position <= size; position++) {
        ProveResponse proof = prove(position, size);
        assertThat(
                new InclusionProof(proof.getIndex(), size, path(proof.getPathList()))
                    .verify(proof.getLeafHash().toByteArray(), log().root(size)))
            .isTrue();
      }
    }
  }

  @Test
  void aTreeThatNobodySignedComesWithoutACheckpoint() {
    assertThat(prove(20, 0).getSize()).isEqualTo(20);
    assertThat(prove(3, 20).hasCheckpoint()).isTrue();
    assertThat(prove(3, 19).hasCheckpoint()).isFalse();
    assertThat(prove(3, 19).hasProof()).isFalse();
  }

  @Test
  void anEventThatIsNotThereIsNotFound() {
    assertFails(() -> prove(21, 0), Status.Code.NOT_FOUND, "not-found");
    assertFails(() -> prove(Long.MAX_VALUE, 0), Status.Code.NOT_FOUND, "not-found");
  }

  @Test
  void aTreeThatCannotHoldTheEventIsRefused() {
    assertFails(() -> prove(0, 0), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> prove(-1, 0), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> prove(7, 6), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> prove(7, 21), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> prove(7, -1), Status.Code.INVALID_ARGUMENT, "bad-request");
  }

  @Test
  void oneTreeIsProvenToContinueAnother() {
    for (long from = 0; from <= 20; from++) {
      ConsistencyResponse proof = consistency(from, 20);
      assertThat(
              new ConsistencyProof(from, 20, path(proof.getPathList()))
                  .verify(log().root(from), log().root(20)))
          .as("from %d", from)
          .isTrue();
    }
  }

  @Test
  void theNewerTreeIsASignedOneWhereNoneIsNamed() {
    ConsistencyResponse proof = consistency(20, 0);
    assertThat(opened(proof.getCheckpoint()).checkpoint().size()).isEqualTo(proof.getTo());
    assertThat(proof.getTo()).isEqualTo(20);
  }

  @Test
  void treesThatAreNotThereAreRefused() {
    assertFails(() -> consistency(21, 0), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> consistency(5, 21), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> consistency(6, 5), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> consistency(-1, 5), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> consistency(1, -1), Status.Code.INVALID_ARGUMENT, "bad-request");
  }

  @Test
  void theCheckpointIsTheLastThatWasSigned() {
    var _ = log().checkpoint();
    CheckpointResponse answer =
        served.log().checkpoint(CheckpointRequest.newBuilder().setLog(Served.MAIN).build());
    SignedCheckpoint signed = opened(answer.getCheckpoint());
    assertThat(answer.getSize()).isEqualTo(20).isEqualTo(signed.checkpoint().size());
    assertThat(answer.getRoot().toByteArray()).isEqualTo(log().root(20));
    assertThat(answer.getOrigin()).isEqualTo("grpc.example/main").isEqualTo(log().origin());
  }

  @Test
  void anUnknownLogIsNotFound() {
    assertFails(
        () -> served.log().checkpoint(CheckpointRequest.newBuilder().setLog("x").build()),
        Status.Code.NOT_FOUND,
        "not-found");
  }
}
