package dev.stele.server.rpc;

import static dev.stele.server.rpc.Served.assertFails;
import static dev.stele.server.rpc.Served.bearer;
import static dev.stele.server.rpc.Served.draft;
import static dev.stele.server.rpc.Served.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.auth.RateLimit;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostOptions;
import dev.stele.server.ops.Meters;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.CheckpointRequest;
import dev.stele.wire.v1.CompactRequest;
import dev.stele.wire.v1.ConsistencyRequest;
import dev.stele.wire.v1.CreateLogRequest;
import dev.stele.wire.v1.DescribeLogRequest;
import dev.stele.wire.v1.EraseRequest;
import dev.stele.wire.v1.ListLogsRequest;
import dev.stele.wire.v1.LogSummary;
import dev.stele.wire.v1.ProveRequest;
import dev.stele.wire.v1.ReadRequest;
import dev.stele.wire.v1.ScrubRequest;
import dev.stele.wire.v1.SubscribeRequest;
import dev.stele.wire.v1.TrimRequest;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Credentials, roles, and what needs none. */
class WhoMayCallTest {
  private Served served;

  @BeforeEach
  void serve(@TempDir Path folder) throws IOException {
    served = Served.in(folder, Served::byToken, GrpcOptions.plain(InstantSource.system()));
  }

  @AfterEach
  void close() throws InterruptedException {
    served.close();
  }

  /** Each call on a log, by the role that it needs. */
  private Map<String, BiConsumer<String, String>> calls(String role) {
    Map<String, BiConsumer<String, String>> calls = new LinkedHashMap<>();
    switch (role) {
      case "read" -> {
        calls.put(
            "Read",
            (token, log) ->
                served
                    .log()
                    .withCallCredentials(bearer(token))
                    .read(ReadRequest.newBuilder().setLog(log).build())
                    .next());
        calls.put(
            "Subscribe",
            (token, log) ->
                served
                    .log()
                    .withCallCredentials(bearer(token))
                    .subscribe(SubscribeRequest.newBuilder().setLog(log).build())
                    .next());
        calls.put(
            "Prove",
            (token, log) ->
                served
                    .log()
                    .withCallCredentials(bearer(token))
                    .prove(ProveRequest.newBuilder().setLog(log).setPosition(1).build()));
        calls.put(
            "Consistency",
            (token, log) ->
                served
                    .log()
                    .withCallCredentials(bearer(token))
                    .consistency(ConsistencyRequest.newBuilder().setLog(log).build()));
        calls.put(
            "Checkpoint",
            (token, log) ->
                served
                    .log()
                    .withCallCredentials(bearer(token))
                    .checkpoint(CheckpointRequest.newBuilder().setLog(log).build()));
        calls.put(
            "DescribeLog",
            (token, log) ->
                served
                    .admin()
                    .withCallCredentials(bearer(token))
                    .describeLog(DescribeLogRequest.newBuilder().setLog(log).build()));
      }
      case "append" ->
          calls.put(
              "Append",
              (token, log) ->
                  served
                      .log()
                      .withCallCredentials(bearer(token))
                      .append(request(draft("a", "", "")).setLog(log).build()));
      default -> {
        calls.put(
            "Erase",
            (token, log) ->
                served
                    .admin()
                    .withCallCredentials(bearer(token))
                    .erase(EraseRequest.newBuilder().setLog(log).setPosition(9_999).build()));
        calls.put(
            "Trim",
            (token, log) ->
                served
                    .admin()
                    .withCallCredentials(bearer(token))
                    .trim(TrimRequest.newBuilder().setLog(log).setBefore(1).build()));
        calls.put(
            "Scrub",
            (token, log) ->
                served
                    .admin()
                    .withCallCredentials(bearer(token))
                    .scrub(ScrubRequest.newBuilder().setLog(log).build()));
        calls.put(
            "Compact",
            (token, log) ->
                served
                    .admin()
                    .withCallCredentials(bearer(token))
                    .compact(CompactRequest.newBuilder().setLog(log).build()));
      }
    }
    return calls;
  }

  private void assertForbidden(String role, String token, String log) {
    calls(role)
        .forEach(
            (name, call) -> {
              assertThat(name).isNotEmpty();
              assertFails(
                  () -> call.accept(token, log), Status.Code.PERMISSION_DENIED, "forbidden");
            });
  }

  private void assertAllowed(String role, String token, String log) {
    calls(role).forEach((_, call) -> call.accept(token, log));
  }

  @Test
  void aRoleMayWhatItIsForAndWhatLowerOnesMay() {
    assertAllowed("append", "append@main", "main");
    assertAllowed("read", "append@main", "main");
    assertAllowed("read", "read@main", "main");
    assertAllowed("read", "admin@*", "main");
    assertAllowed("append", "admin@*", "main");
    assertAllowed("admin", "admin@main", "main");
  }

  @Test
  void aRoleMayNoMore() {
    assertForbidden("append", "read@main", "main");
    assertForbidden("admin", "append@main", "main");
    assertThat(served.size()).isZero();
  }

  @Test
  void aRoleOnOneLogIsNoneOnAnother() {
    assertForbidden("read", "admin@other", "main");
    assertForbidden("append", "admin@other", "main");
    assertForbidden("admin", "admin@other", "main");
  }

  @Test
  void whoMayNotReadALogDoesNotLearnWhetherItIsThere() {
    assertForbidden("read", "admin@main", "secret");
    assertForbidden("read", "admin@main", "system");
  }

  @Test
  void theServersOwnLogIsForAdministratorsOfTheServer() {
    assertForbidden("read", "admin@system", "system");
    assertAllowed("append", "admin@*", "main");
    served
        .log()
        .withCallCredentials(bearer("admin@*"))
        .read(ReadRequest.newBuilder().setLog("system").build())
        .next();
  }

  @Test
  void onlyLogsThatTheCallerMayReadAreListed() {
    assertThat(
            served
                .admin()
                .withCallCredentials(bearer("read@main"))
                .listLogs(ListLogsRequest.getDefaultInstance())
                .getLogsList())
        .extracting(LogSummary::getName)
        .containsExactly("main");
  }

  @Test
  void logsAreMadeByWhoMayAdministerTheServer() {
    CreateLogRequest orders = CreateLogRequest.newBuilder().setName("orders").build();
    assertFails(
        () -> served.admin().withCallCredentials(bearer("admin@orders")).createLog(orders),
        Status.Code.PERMISSION_DENIED,
        "forbidden");
    assertThat(
            served
                .admin()
                .withCallCredentials(bearer("admin@*"))
                .createLog(orders)
                .getLog()
                .getName())
        .isEqualTo("orders");
  }

  @Test
  void whoBringsNoCredentialMayNothing() {
    assertFails(
        () -> served.append(request(draft("a", "", ""))),
        Status.Code.UNAUTHENTICATED,
        "unauthenticated");
    assertThat(served.admin().listLogs(ListLogsRequest.getDefaultInstance()).getLogsList())
        .isEmpty();
  }

  @Test
  void aCredentialThatIsNotKnownIsRefusedAndNotRepeated() {
    var thrown =
        assertFails(
            () ->
                served
                    .admin()
                    .withCallCredentials(bearer("stele_guessed"))
                    .listLogs(ListLogsRequest.getDefaultInstance()),
            Status.Code.UNAUTHENTICATED,
            "unauthenticated");
    assertThat(thrown.getMessage()).doesNotContain("guessed");
  }

  @Test
  void aStreamOfAppendsNeedsTheRoleToo() throws InterruptedException {
    Told<AppendRequest, dev.stele.wire.v1.AppendResponse> told = new Told<>(1);
    StreamObserver<AppendRequest> stream =
        served.logStub().withCallCredentials(bearer("read@main")).appendStream(told);
    stream.onNext(request(draft("a", "", "")).build());
    Served.assertEnds(told.failure(), Status.Code.PERMISSION_DENIED, "forbidden");
    assertThat(served.size()).isZero();
  }

  @Test
  void aCallerOverItsRateIsRefusedAndCounted(@TempDir Path folder)
      throws IOException, InterruptedException {
    try (Host unused =
            Host.open(HostOptions.in(folder, InstantSource.system(), new SecureRandom()));
        Meters meters = new Meters(unused)) {
      // A clock that stands still: what is taken from the bucket does not come back.
      GrpcOptions options =
          GrpcOptions.plain(InstantSource.system()).with(new RateLimit(5, () -> 0), meters);
      Served limited = Served.in(folder.resolve("limited"), Served::byToken, options);
      try {
        var caller = limited.admin().withCallCredentials(bearer("read@main"));
        for (int i = 0; i < 10; i++) {
          assertThat(caller.listLogs(ListLogsRequest.getDefaultInstance()).getLogsCount())
              .isEqualTo(1);
        }
        assertFails(
            () -> caller.listLogs(ListLogsRequest.getDefaultInstance()),
            Status.Code.RESOURCE_EXHAUSTED,
            "too-many-requests");
        var other = limited.admin().withCallCredentials(bearer("append@main"));
        assertThat(other.listLogs(ListLogsRequest.getDefaultInstance()).getLogsCount())
            .isEqualTo(1);
        assertThat(meters.text())
            .contains("stele_requests_refused_total 1.0")
            .contains("route=\"stele.v1.Admin/ListLogs\"");
      } finally {
        limited.close();
      }
    }
  }

  @Test
  void healthNeedsNoCredential() {
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(served.channel);
    for (String service : List.of("", "stele.v1.Log", "stele.v1.Admin")) {
      assertThat(
              health.check(HealthCheckRequest.newBuilder().setService(service).build()).getStatus())
          .isEqualTo(ServingStatus.SERVING);
    }
    assertFails(
        () -> health.check(HealthCheckRequest.newBuilder().setService("x").build()),
        Status.Code.NOT_FOUND,
        Served.GRPCS_OWN);
  }

  @Test
  void reflectionListsTheServices() throws InterruptedException {
    Told<ServerReflectionRequest, ServerReflectionResponse> told = new Told<>(2);
    StreamObserver<ServerReflectionRequest> stream =
        ServerReflectionGrpc.newStub(served.channel).serverReflectionInfo(told);
    stream.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(told.next(1).getFirst().getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .contains("stele.v1.Log", "stele.v1.Admin", "grpc.health.v1.Health");
    stream.onNext(
        ServerReflectionRequest.newBuilder().setFileContainingSymbol("stele.v1.Log").build());
    assertThat(told.next(1).getFirst().getFileDescriptorResponse().getFileDescriptorProtoCount())
        .isPositive();
    stream.onCompleted();
    assertThat(told.end()).isNull();
  }
}
