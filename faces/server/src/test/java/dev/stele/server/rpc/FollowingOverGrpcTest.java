package dev.stele.server.rpc;

import static dev.stele.server.rpc.Served.assertEnds;
import static dev.stele.server.rpc.Served.draft;
import static dev.stele.server.rpc.Served.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.stele.server.auth.Authentication;
import dev.stele.server.auth.Principal;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.SubscribeRequest;
import dev.stele.wire.v1.SubscribeResponse;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Following a log, from a position and without an end. */
class FollowingOverGrpcTest {
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

  private Told<SubscribeRequest, SubscribeResponse> follow(
      SubscribeRequest.Builder request, int first) {
    Told<SubscribeRequest, SubscribeResponse> told = new Told<>(first);
    served.logStub().subscribe(request.setLog(Served.MAIN).build(), told);
    return told;
  }

  private static List<Long> positions(List<SubscribeResponse> parts) {
    return parts.stream().map(part -> part.getEvent().getPosition()).toList();
  }

  @Test
  void whatThereIsComesFirstThenTheMarkerThenWhatComes() throws InterruptedException {
    served.fill("s", 5);
    Told<SubscribeRequest, SubscribeResponse> told =
        follow(SubscribeRequest.newBuilder().setAfter(2), ALL);
    assertThat(positions(told.next(3))).containsExactly(3L, 4L, 5L);
    assertThat(told.next(1).getFirst().getCaughtUp().getPosition()).isEqualTo(5);
    assertThat(served.append(request(draft("a", "", ""))).hasAppended()).isTrue();
    assertThat(served.append(request(draft("a", "", ""))).hasAppended()).isTrue();
    assertThat(positions(told.next(2))).containsExactly(6L, 7L);
  }

  @Test
  void ofAnEmptyLogOnlyTheMarkerComes() throws InterruptedException {
    Told<SubscribeRequest, SubscribeResponse> told = follow(SubscribeRequest.newBuilder(), ALL);
    SubscribeResponse first = told.next(1).getFirst();
    assertThat(first.hasCaughtUp()).isTrue();
    assertThat(first.getCaughtUp().getPosition()).isZero();
  }

  @Test
  void aStreamAndATypeCanBeFollowed() throws InterruptedException {
    served.fill("one", 6);
    served.fill("two", 6);
    Told<SubscribeRequest, SubscribeResponse> told =
        follow(SubscribeRequest.newBuilder().setStream("two").setType("t0"), ALL);
    assertThat(positions(told.next(2))).containsExactly(9L, 12L);
    assertThat(told.next(1).getFirst().getCaughtUp().getPosition()).isEqualTo(12);
    assertThat(served.append(request(draft("t0", "", "")).setStream("one")).hasAppended()).isTrue();
    assertThat(served.append(request(draft("t0", "", "")).setStream("two")).hasAppended()).isTrue();
    assertThat(positions(told.next(1))).containsExactly(14L);
  }

  @Test
  void aCallerWhoCancelsEndsTheLoopAtOnce() throws InterruptedException {
    Told<SubscribeRequest, SubscribeResponse> told = follow(SubscribeRequest.newBuilder(), ALL);
    assertThat(told.next(1).getFirst().hasCaughtUp()).isTrue();
    assertThat(served.server.openStreams()).isEqualTo(1);
    told.call().cancel("enough", null);
    Served.await("the loop is over", () -> served.server.openStreams() == 0);
    assertEnds(told.failure(), Status.Code.CANCELLED, Served.GRPCS_OWN);
  }

  @Test
  void aCallerWhoDoesNotReadAndCancelsEndsTheLoopAtOnce() throws InterruptedException {
    fillWithMebibytes(2);
    Told<SubscribeRequest, SubscribeResponse> told = follow(SubscribeRequest.newBuilder(), 1);
    assertThat(positions(told.next(1))).containsExactly(1L);
    told.call().cancel("enough", null);
    Served.await("the loop is over", () -> served.server.openStreams() == 0);
  }

  @Test
  void aDeadlineEndsASubscription() throws InterruptedException {
    Told<SubscribeRequest, SubscribeResponse> told = new Told<>(ALL);
    served
        .logStub()
        .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
        .subscribe(SubscribeRequest.newBuilder().setLog(Served.MAIN).build(), told);
    assertEnds(told.failure(), Status.Code.DEADLINE_EXCEEDED, Served.GRPCS_OWN);
    Served.await("the loop is over", () -> served.server.openStreams() == 0);
  }

  /** 16 KiB each, 64 of them in a mebibyte. */
  private void fillWithMebibytes(int mebibytes) {
    EventDraft draft =
        EventDraft.newBuilder()
            .setType("a")
            .setPayload(ByteString.copyFrom(new byte[16 << 10]))
            .build();
    for (int i = 0; i < mebibytes; i++) {
      EventDraft[] drafts = new EventDraft[64];
      java.util.Arrays.fill(drafts, draft);
      assertThat(served.append(request(drafts)).hasAppended()).isTrue();
    }
  }

  /** Were it buffered for each, it would come to three times the heap that the tests have. */
  @Test
  void aHundredWhoDoNotReadHoldNobodyUpAndNothingInMemory() throws InterruptedException {
    List<Told<SubscribeRequest, SubscribeResponse>> slow = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      slow.add(follow(SubscribeRequest.newBuilder(), 1));
    }
    for (Told<SubscribeRequest, SubscribeResponse> told : slow) {
      assertThat(told.next(1).getFirst().hasCaughtUp()).isTrue();
    }
    fillWithMebibytes(32);
    Told<SubscribeRequest, SubscribeResponse> quick = follow(SubscribeRequest.newBuilder(), ALL);
    List<SubscribeResponse> read = quick.next(2_048);
    assertThat(read.getLast().getEvent().getPosition()).isEqualTo(2_048);
    // Who takes them later gets each, once and in order.
    Told<SubscribeRequest, SubscribeResponse> late = slow.getFirst();
    late.takeMore(2_048);
    List<Long> positions = positions(late.next(2_048));
    for (int i = 0; i < 2_048; i++) {
      assertThat(positions.get(i)).isEqualTo(i + 1);
    }
    assertThat(slow.getLast().waiting()).isZero();
  }

  @Test
  void aPositionBeyondEveryPositionIsRefused() throws InterruptedException {
    assertEnds(
        follow(SubscribeRequest.newBuilder().setAfter(-1), ALL).failure(),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
  }

  @Test
  void asManyStreamsAsThereMayBeAreOpenAndNoneMore(@TempDir Path folder)
      throws IOException, InterruptedException {
    Served small =
        Served.in(
            folder.resolve("small"),
            _ -> new Authentication.Recognised(Principal.LOCAL),
            GrpcOptions.plain(InstantSource.system()).withMaxStreams(2));
    try {
      List<Told<SubscribeRequest, SubscribeResponse>> followers = new ArrayList<>();
      SubscribeRequest request = SubscribeRequest.newBuilder().setLog(Served.MAIN).build();
      for (int i = 0; i < 2; i++) {
        Told<SubscribeRequest, SubscribeResponse> told = new Told<>(ALL);
        followers.add(told);
        small.logStub().subscribe(request, told);
        assertThat(told.next(1).getFirst().hasCaughtUp()).isTrue();
      }
      Told<SubscribeRequest, SubscribeResponse> third = new Told<>(ALL);
      small.logStub().subscribe(request, third);
      assertEnds(third.failure(), Status.Code.UNAVAILABLE, "overloaded");
      Told<AppendRequest, AppendResponse> appends = new Told<>(ALL);
      small.logStub().appendStream(appends);
      assertEnds(appends.failure(), Status.Code.UNAVAILABLE, "overloaded");
      // Who leaves makes room.
      followers.getFirst().call().cancel("enough", null);
      Served.await("there is room", () -> small.server.openStreams() == 1);
      Told<AppendRequest, AppendResponse> again = new Told<>(ALL);
      small.logStub().appendStream(again).onCompleted();
      assertThat(again.end()).isNull();
    } finally {
      small.close();
    }
  }

  @Test
  void anUnknownLogIsNotFound() throws InterruptedException {
    Told<SubscribeRequest, SubscribeResponse> told = new Told<>(ALL);
    served.logStub().subscribe(SubscribeRequest.newBuilder().setLog("x").build(), told);
    assertEnds(told.failure(), Status.Code.NOT_FOUND, "not-found");
  }

  @Test
  void aServerThatClosesSaysSoToThoseWhoFollow() throws InterruptedException {
    Told<SubscribeRequest, SubscribeResponse> told = follow(SubscribeRequest.newBuilder(), ALL);
    assertThat(told.next(1).getFirst().hasCaughtUp()).isTrue();
    served.server.close();
    assertEnds(told.failure(), Status.Code.UNAVAILABLE, "closing");
    assertThat(served.server.openStreams()).isZero();
  }
}
