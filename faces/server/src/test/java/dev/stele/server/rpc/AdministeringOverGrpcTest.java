package dev.stele.server.rpc;

import static dev.stele.server.rpc.Served.assertFails;
import static dev.stele.server.rpc.Served.draft;
import static dev.stele.server.rpc.Served.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.log.EventLog;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.CompactRequest;
import dev.stele.wire.v1.CreateLogRequest;
import dev.stele.wire.v1.DescribeLogRequest;
import dev.stele.wire.v1.EraseRequest;
import dev.stele.wire.v1.EraseResponse;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.ListLogsRequest;
import dev.stele.wire.v1.LogDescription;
import dev.stele.wire.v1.LogSummary;
import dev.stele.wire.v1.ScrubRequest;
import dev.stele.wire.v1.TrimRequest;
import dev.stele.wire.v1.TrimResponse;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs as a whole: made, described, forgotten from, re-computed. */
class AdministeringOverGrpcTest {
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

  private LogDescription create(String name, String kind) {
    return served
        .admin()
        .createLog(CreateLogRequest.newBuilder().setName(name).setKind(kind).build())
        .getLog();
  }

  private EraseResponse erase(EraseRequest.Builder request) {
    return served.admin().erase(request.setLog(Served.MAIN).build());
  }

  private TrimResponse trim(long before) {
    return served
        .admin()
        .trim(TrimRequest.newBuilder().setLog(Served.MAIN).setBefore(before).build());
  }

  private void fillAtOnce(int count) {
    EventDraft[] drafts = new EventDraft[count];
    Arrays.fill(drafts, draft("a", "", "payload"));
    assertThat(served.append(request(drafts)).hasAppended()).isTrue();
  }

  @Test
  void aLogThatIsMadeIsListedAndTakesEvents() {
    LogDescription made = create("orders", "");
    assertThat(made.getName()).isEqualTo("orders");
    assertThat(made.getKind()).isEqualTo("events");
    assertThat(made.getOrigin()).isEqualTo("grpc.example/orders");
    assertThat(made.getSize()).isZero();
    assertThat(served.append(request(draft("a", "", "")).setLog("orders")).hasAppended()).isTrue();
    List<LogSummary> logs =
        served.admin().listLogs(ListLogsRequest.getDefaultInstance()).getLogsList();
    assertThat(logs).extracting(LogSummary::getName).containsExactly("main", "orders", "system");
    assertThat(logs).extracting(LogSummary::getHeadPosition).startsWith(0L, 1L);
  }

  @Test
  void aNameIsGivenOnce() {
    assertThat(create("orders", "events").getName()).isEqualTo("orders");
    assertFails(() -> create("orders", "events"), Status.Code.ALREADY_EXISTS, "log-exists");
  }

  @Test
  void aNameOrAKindThatCannotBeIsRefused() {
    for (String name : new String[] {"", "Orders", "a/b", "..", "a".repeat(64)}) {
      assertFails(() -> create(name, ""), Status.Code.INVALID_ARGUMENT, "bad-request");
    }
    assertThat(create("a".repeat(63), "").getName()).hasSize(63);
    assertFails(() -> create("orders", "things"), Status.Code.INVALID_ARGUMENT, "bad-request");
  }

  @Test
  void aLogIsDescribed() {
    served.fill("s", 3);
    LogDescription log =
        served
            .admin()
            .describeLog(DescribeLogRequest.newBuilder().setLog(Served.MAIN).build())
            .getLog();
    assertThat(log.getSize()).isEqualTo(3);
    assertThat(log.getFirstPosition()).isEqualTo(1);
    assertThat(log.getVkey()).isEqualTo(log().verifierKey().text());
    assertThat(log.getHeadLink().toByteArray()).isEqualTo(log().head().link());
    assertThat(log.getVerdict().hasIntact()).isTrue();
    assertThat(log.hasScrubbing()).isFalse();
    assertThat(log.hasCheckpoint()).isTrue();
  }

  @Test
  void anUnknownLogIsNotFound() {
    assertFails(
        () -> served.admin().describeLog(DescribeLogRequest.newBuilder().setLog("x").build()),
        Status.Code.NOT_FOUND,
        "not-found");
  }

  @Test
  void oneEventIsErased() {
    served.fill("s", 3);
    EraseResponse.Erased erased = erase(EraseRequest.newBuilder().setPosition(2)).getErased();
    assertThat(erased.getEvents()).isEqualTo(1);
    assertThat(erased.getReceiptsList()).containsExactly(4L);
    assertThat(log().get(2).orElseThrow().erased()).isTrue();
    assertThat(log().get(1).orElseThrow().erased()).isFalse();
    // What was forgotten cannot be appended again.
    AppendResponse again = served.append(request(draft("t2", "s-2", "payload 2")).setStream("s"));
    assertThat(again.getAlreadyPresent().getPosition()).isEqualTo(2);
    assertThat(erase(EraseRequest.newBuilder().setPosition(2)).hasNothingToErase()).isTrue();
  }

  @Test
  void revisionsOfAStreamAreErased() {
    served.fill("s", 5);
    EraseRequest.Revisions.Builder revisions =
        EraseRequest.Revisions.newBuilder().setStream("s").setFrom(2);
    assertThat(
            erase(EraseRequest.newBuilder().setRevisions(revisions.setTo(3)))
                .getErased()
                .getEvents())
        .isEqualTo(2);
    assertThat(
            erase(EraseRequest.newBuilder().setRevisions(revisions.clearTo()))
                .getErased()
                .getEvents())
        .isEqualTo(2);
    assertThat(log().get(1).orElseThrow().erased()).isFalse();
  }

  @Test
  void everythingAboutASubjectIsErased() {
    EventDraft about = draft("a", "", "x").toBuilder().setSubject("alice").build();
    assertThat(served.append(request(about, draft("a", "", "y"), about)).hasAppended()).isTrue();
    assertThat(erase(EraseRequest.newBuilder().setSubject("alice")).getErased().getEvents())
        .isEqualTo(2);
  }

  @Test
  void theLogsReceiptsAreKept() {
    served.fill("s", 2);
    assertThat(erase(EraseRequest.newBuilder().setPosition(1)).hasErased()).isTrue();
    EraseResponse.Kept kept = erase(EraseRequest.newBuilder().setPosition(3)).getKept();
    assertThat(kept.getPosition()).isEqualTo(3);
    assertThat(kept.getStream()).startsWith("stele/");
  }

  @Test
  void anErasureWithoutMeaningIsRefused() {
    EraseRequest.Revisions.Builder revisions =
        EraseRequest.Revisions.newBuilder().setStream("s").setFrom(1);
    for (EraseRequest.Builder request :
        List.of(
            EraseRequest.newBuilder(),
            EraseRequest.newBuilder().setPosition(0),
            EraseRequest.newBuilder().setPosition(-1),
            EraseRequest.newBuilder().setSubject(""),
            EraseRequest.newBuilder().setSubject("x".repeat(1_025)),
            EraseRequest.newBuilder().setRevisions(EraseRequest.Revisions.getDefaultInstance()),
            EraseRequest.newBuilder().setRevisions(revisions.clone().setFrom(0)),
            EraseRequest.newBuilder().setRevisions(revisions.clone().setFrom(3).setTo(2)),
            EraseRequest.newBuilder().setRevisions(revisions.clone().clearStream()))) {
      assertFails(() -> erase(request), Status.Code.INVALID_ARGUMENT, "bad-request");
    }
  }

  @Test
  void aPrefixIsTrimmedAndTheRestIsRead() {
    fillAtOnce(600);
    TrimResponse.Trimmed trimmed = trim(520).getTrimmed();
    assertThat(trimmed.getUpTo()).isEqualTo(512);
    assertThat(trimmed.getEvents()).isEqualTo(512);
    assertThat(trimmed.getReceiptsList()).containsExactly(601L);
    assertThat(trim(520).getNothingToTrim().getReason()).isNotEmpty();
    assertFails(() -> trim(0), Status.Code.INVALID_ARGUMENT, "bad-request");
    assertFails(() -> trim(-1), Status.Code.INVALID_ARGUMENT, "bad-request");
    var parts =
        served
            .log()
            .read(
                dev.stele.wire.v1.ReadRequest.newBuilder()
                    .setLog(Served.MAIN)
                    .setBefore(514)
                    .build());
    assertThat(parts.next().getEvent().getPosition()).isEqualTo(513);
    assertThat(parts.next().getPage().getMore()).isFalse();
    var stream =
        served
            .log()
            .read(
                dev.stele.wire.v1.ReadRequest.newBuilder()
                    .setLog(Served.MAIN)
                    .setAfter(5)
                    .setLimit(1)
                    .setFilter(dev.stele.wire.v1.Filter.newBuilder().setStream("main"))
                    .build());
    assertThat(stream.next().getEvent().getPosition()).isEqualTo(513);
  }

  @Test
  void aScrubReComputesTheLogInTheBackground() {
    fillAtOnce(3_000);
    assertThat(
            served
                .admin()
                .scrub(ScrubRequest.newBuilder().setLog(Served.MAIN).build())
                .getStarted())
        .isTrue();
    Served.await(
        "the whole log is proven",
        () ->
            served
                    .admin()
                    .describeLog(DescribeLogRequest.newBuilder().setLog(Served.MAIN).build())
                    .getLog()
                    .getProven()
                    .getSize()
                == 3_000);
  }

  @Test
  void eachActIsRecordedBeforeItIsDoneAndWithWhatCameOfIt() {
    served.fill("s", 1);
    assertThat(erase(EraseRequest.newBuilder().setPosition(1)).hasErased()).isTrue();
    assertThat(trim(9).hasNothingToTrim()).isTrue();
    List<dev.stele.core.event.StoredEvent> acts =
        served.host.system().log().readStream("audit", 0, 10);
    assertThat(acts)
        .extracting(dev.stele.core.event.StoredEvent::type)
        .containsExactly("log.erase", "log.erase.ended", "log.trim", "log.trim.ended");
    assertThat(acts.get(1).payload())
        .hasValueSatisfying(
            payload -> assertThat(payload).asString().contains("local", "main", "Erased"));
  }

  @Test
  void aLogIsCompacted() {
    served.fill("s", 3);
    var compacted = served.admin().compact(CompactRequest.newBuilder().setLog(Served.MAIN).build());
    assertThat(compacted.getBytesBefore()).isPositive();
    assertThat(compacted.getBytesAfter()).isPositive();
    assertThat(create("letters", "envelopes").getKind()).isEqualTo("envelopes");
    assertThat(
            served
                .admin()
                .compact(CompactRequest.newBuilder().setLog("letters").build())
                .hasBytesBefore())
        .isFalse();
  }

  @Test
  void theServersOwnLogIsNotForgottenFrom() {
    assertFails(
        () ->
            served.admin().erase(EraseRequest.newBuilder().setLog("system").setPosition(1).build()),
        Status.Code.PERMISSION_DENIED,
        "forbidden");
    assertFails(
        () -> served.admin().trim(TrimRequest.newBuilder().setLog("system").setBefore(9).build()),
        Status.Code.PERMISSION_DENIED,
        "forbidden");
  }
}
