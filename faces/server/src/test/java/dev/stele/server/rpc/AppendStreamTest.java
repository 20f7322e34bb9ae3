package dev.stele.server.rpc;

import static dev.stele.server.rpc.Served.assertEnds;
import static dev.stele.server.rpc.Served.draft;
import static dev.stele.server.rpc.Served.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.LogGrpc;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appending many requests on their way at once. */
class AppendStreamTest {
  private static final int ALL = Integer.MAX_VALUE;

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

  @Test
  void tenThousandRequestsAreAppendedAndAnsweredInOrder() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(ALL);
    StreamObserver<AppendRequest> stream = served.logStub().appendStream(told);
    for (int i = 1; i <= 10_000; i++) {
      stream.onNext(request(draft("a", "id-" + i, "payload " + i)).build());
    }
    stream.onCompleted();
    List<AppendResponse> answers = told.next(10_000);
    assertThat(told.end()).isNull();
    for (int i = 1; i <= 10_000; i++) {
      assertThat(answers.get(i - 1).getAppended().getPosition()).isEqualTo(i);
    }
    int position = 0;
    while (position < 10_000) {
      for (StoredEvent event : log().read(position, 1_000)) {
        assertThat(event.id()).isEqualTo("id-" + event.position());
        position++;
      }
    }
  }

  @Test
  void eachRequestStandsOrFallsForItself() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(ALL);
    StreamObserver<AppendRequest> stream = served.logStub().appendStream(told);
    stream.onNext(request(draft("a", "one", "1")).build());
    stream.onNext(request(draft("", "two", "2")).build());
    stream.onNext(request(draft("a", "one", "3")).clearLog().build());
    stream.onNext(request(draft("a", "four", "4")).setExpectedRevision(9).build());
    stream.onNext(request(draft("a", "five", "5")).build());
    stream.onCompleted();
    List<AppendResponse> answers = told.next(5);
    assertThat(answers)
        .extracting(AppendResponse::getResultCase)
        .containsExactly(
            AppendResponse.ResultCase.APPENDED,
            AppendResponse.ResultCase.REJECTED,
            AppendResponse.ResultCase.ALREADY_PRESENT,
            AppendResponse.ResultCase.CONFLICT,
            AppendResponse.ResultCase.APPENDED);
    assertThat(told.end()).isNull();
    assertThat(served.size()).isEqualTo(2);
  }

  @Test
  void whatCameBeforeARequestWithoutMeaningIsAnsweredFirst() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(ALL);
    StreamObserver<AppendRequest> stream = served.logStub().appendStream(told);
    stream.onNext(request(draft("a", "one", "1")).build());
    stream.onNext(request().build());
    stream.onNext(request(draft("a", "three", "3")).build());
    assertThat(told.next(1).getFirst().hasAppended()).isTrue();
    assertEnds(told.failure(), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertThat(told.waiting()).isZero();
    assertThat(served.size()).isEqualTo(1);
  }

  @Test
  void whatCameBeforeGarbageIsAnsweredFirst() throws InterruptedException {
    for (byte[] garbage : Garbage.SAMPLES) {
      Told<byte[], byte[]> told = new Told<>(ALL);
      StreamObserver<byte[]> stream =
          ClientCalls.asyncBidiStreamingCall(
              served.channel.newCall(
                  Garbage.method(LogGrpc.getAppendStreamMethod()), CallOptions.DEFAULT),
              told);
      stream.onNext(request(draft("a", "", "")).build().toByteArray());
      stream.onNext(request(draft("a", "", "")).build().toByteArray());
      stream.onNext(garbage);
      stream.onNext(request(draft("a", "", "")).build().toByteArray());
      assertThat(told.next(2)).hasSize(2);
      assertEnds(told.failure(), Status.Code.INVALID_ARGUMENT, "bad-request");
      assertThat(told.waiting()).isZero();
    }
    assertThat(served.size()).isEqualTo(2L * Garbage.SAMPLES.size());
  }

  @Test
  void aStreamIsOfOneLog() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(ALL);
    StreamObserver<AppendRequest> stream = served.logStub().appendStream(told);
    stream.onNext(request(draft("a", "", "")).build());
    stream.onNext(request(draft("a", "", "")).setLog("other").build());
    assertThat(told.next(1).getFirst().hasAppended()).isTrue();
    assertEnds(told.failure(), Status.Code.INVALID_ARGUMENT, "bad-request");
  }

  @Test
  void anUnknownLogIsNotFound() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(ALL);
    served.logStub().appendStream(told).onNext(request(draft("a", "", "")).setLog("x").build());
    assertEnds(told.failure(), Status.Code.NOT_FOUND, "not-found");
  }

  @Test
  void aStreamWithoutARequestIsComplete() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(ALL);
    served.logStub().appendStream(told).onCompleted();
    assertThat(told.end()).isNull();
    Served.await("the stream is over", () -> served.server.openStreams() == 0);
  }

  /** Answers are small, so it takes many until the transport has no room for them. */
  @Test
  void aCallerWhoTakesNoAnswersIsNotReadForEver() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(0);
    StreamObserver<AppendRequest> stream = served.logStub().appendStream(told);
    EventDraft draft =
        EventDraft.newBuilder().setType("a").setPayload(ByteString.copyFrom(new byte[100])).build();
    int sent = 0;
    int most = 100_000;
    long quietSince = System.nanoTime();
    long quiet = 2_000_000_000;
    while (sent < most && System.nanoTime() - quietSince < quiet) {
      if (told.call().isReady()) {
        stream.onNext(request(draft).build());
        sent++;
        quietSince = System.nanoTime();
      } else {
        Thread.onSpinWait();
      }
    }
    assertThat(sent).as("requests before the server took no more").isLessThan(most);
    stream.onCompleted();
    told.takeMore(sent);
    List<AppendResponse> answers = told.next(sent);
    for (int i = 0; i < sent; i++) {
      assertThat(answers.get(i).getAppended().getPosition()).isEqualTo(i + 1);
    }
    assertThat(told.end()).isNull();
  }

  @Test
  void whatWasTakenFromACallerWhoLeftIsNotLeftOpen() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(1);
    StreamObserver<AppendRequest> stream = served.logStub().appendStream(told);
    for (int i = 0; i < 100; i++) {
      stream.onNext(request(draft("a", "", "")).build());
    }
    assertThat(told.next(1).getFirst().hasAppended()).isTrue();
    told.call().cancel("enough", null);
    Served.await("the stream is over", () -> served.server.openStreams() == 0);
    long size = served.size();
    assertThat(served.append(request(draft("a", "", ""))).getAppended().getPosition())
        .isEqualTo(size + 1);
  }
}
