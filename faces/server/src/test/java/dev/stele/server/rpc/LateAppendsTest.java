package dev.stele.server.rpc;

import static dev.stele.server.rpc.Served.draft;
import static dev.stele.server.rpc.Served.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.stele.server.auth.Authentication;
import dev.stele.server.auth.Principal;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.ListLogsRequest;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls whose time is over, or whose caller has left, while their events are being judged. */
class LateAppendsTest {
  /** Two seconds: enough for a call to reach a busy server, over a connection that is there. */
  private static final long DEADLINE_MILLIS = 2_000;

  private final AtomicBoolean judging = new AtomicBoolean();
  private final AtomicBoolean waiting = new AtomicBoolean();

  private Served served;

  @BeforeEach
  void serve(@TempDir Path folder) throws IOException {
    served =
        Served.in(
            folder,
            _ -> new Authentication.Recognised(Principal.LOCAL),
            GrpcOptions.plain(this::nowOnceItIsTooLate));
    assertThat(served.admin().listLogs(ListLogsRequest.getDefaultInstance()).getLogsCount())
        .isEqualTo(2);
  }

  @AfterEach
  void close() throws InterruptedException {
    served.close();
  }

  /** Events are judged as of a time, which is asked for between the request and the append. */
  private Instant nowOnceItIsTooLate() {
    judging.set(true);
    Deadline deadline = Context.current().getDeadline();
    if (deadline != null) {
      Served.await("the deadline is over", deadline::isExpired);
    }
    if (waiting.get()) {
      Context call = Context.current();
      Served.await("the caller has left", call::isCancelled);
    }
    return Instant.EPOCH;
  }

  /** On return no call is under way any more. */
  private long sizeInTheEnd() {
    served.server.close();
    return served.size();
  }

  /** Whether the caller's clock or the server's answer was first is a matter of chance. */
  private static void assertLate(Throwable failure) {
    assertThat(Status.fromThrowable(failure).getCode())
        .as("%s", failure)
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void aDeadlineThatIsOverBeforeTheAppendAppendsNothing() {
    assertLate(
        catchThrowable(
            () ->
                served
                    .log()
                    .withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)
                    .append(request(draft("a", "", "")).build())));
    Served.await("the event is judged", judging::get);
    assertThat(sizeInTheEnd()).isZero();
  }

  @Test
  void aDeadlineThatIsOverBeforeTheAppendEndsAStreamOfThem() throws InterruptedException {
    Told<AppendRequest, AppendResponse> told = new Told<>(1);
    served
        .logStub()
        .withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)
        .appendStream(told)
        .onNext(request(draft("a", "", "")).build());
    assertLate(told.failure());
    Served.await("the event is judged", judging::get);
    assertThat(sizeInTheEnd()).isZero();
  }

  @Test
  void aCallerWhoLeavesBeforeTheAppendAppendsNothing() throws InterruptedException {
    waiting.set(true);
    Told<AppendRequest, AppendResponse> told = new Told<>(1);
    served.logStub().append(request(draft("a", "", "")).build(), told);
    Served.await("the event is judged", judging::get);
    told.call().cancel("enough", null);
    assertThat(told.failure()).isNotNull();
    assertThat(sizeInTheEnd()).isZero();
  }

  @Test
  void inTimeItIsAppended() {
    assertThat(served.append(request(draft("a", "", ""))).hasAppended()).isTrue();
    assertThat(sizeInTheEnd()).isEqualTo(1);
  }
}
