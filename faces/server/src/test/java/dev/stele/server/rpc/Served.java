package dev.stele.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.stele.mcp.store.McpStoreOptions;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.server.auth.Authentication;
import dev.stele.server.auth.Authenticator;
import dev.stele.server.auth.Credentials;
import dev.stele.server.auth.Principal;
import dev.stele.server.auth.Role;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostOptions;
import dev.stele.wire.v1.AdminGrpc;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.AppendResponse;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.LogGrpc;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A host in a folder, served by gRPC on a free port of the loopback address, and a channel. */
final class Served {
  /** Far longer than anything here takes; who waits so long has found a fault. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** 64 KiB in flight to a client that does not read. */
  private static final int SMALL_WINDOW = 64 << 10;

  /** One millisecond: nobody signals what is awaited here. */
  private static final long LOOK_AGAIN_NANOS = 1_000_000;

  /** The problem of an end that gRPC itself brings about: it names none. */
  static final String GRPCS_OWN = "";

  static final String MAIN = Host.MAIN;

  final Host host;
  final GrpcServer server;
  final ManagedChannel channel;

  private Served(Host host, GrpcServer server) {
    this.host = host;
    this.server = server;
    this.channel =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
            .usePlaintext()
            .flowControlWindow(SMALL_WINDOW)
            .maxInboundMessageSize(64 << 20)
            .build();
  }

  /** Everybody is an administrator. */
  static Served in(Path folder) throws IOException {
    return in(
        folder,
        _ -> new Authentication.Recognised(Principal.LOCAL),
        GrpcOptions.plain(InstantSource.system()));
  }

  static Served in(Path folder, Authenticator authenticator, GrpcOptions options)
      throws IOException {
    Host host =
        Host.open(
            new HostOptions(
                folder.resolve("data"),
                "sqlite",
                Map.of(),
                Optional.of("grpc.example"),
                Optional.of(folder.resolve("anchors")),
                HostOptions.DEFAULT_MAX_LOGS,
                McpStoreOptions.DEFAULT,
                Optional.empty(),
                NostrStoreOptions.DEFAULT,
                java.util.Set.of(),
                InstantSource.system(),
                new SecureRandom()));
    return new Served(
        host,
        GrpcServer.start(
            host,
            authenticator,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            options));
  }

  /** Tokens are {@code ROLE@LOG}, such as {@code append@main}; others are refused. */
  static Authentication byToken(Credentials credentials) {
    if (credentials.authorization().isEmpty()) {
      return new Authentication.Recognised(Principal.ANONYMOUS);
    }
    String token = credentials.authorization().get().replaceFirst("^Bearer ", "");
    String[] parts = token.split("@", 2);
    for (Role role : Role.values()) {
      if (parts.length == 2 && role.name().equalsIgnoreCase(parts[0])) {
        return new Authentication.Recognised(
            new Principal("token:" + token, Principal.Kind.TOKEN, Map.of(parts[1], role)));
      }
    }
    return new Authentication.Refused("this token is not known");
  }

  /** Sends a token with each call. */
  static CallCredentials bearer(String token) {
    return new CallCredentials() {
      @Override
      public void applyRequestMetadata(
          RequestInfo info, Executor executor, MetadataApplier applier) {
        Metadata headers = new Metadata();
        headers.put(
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        applier.apply(headers);
      }
    };
  }

  LogGrpc.LogBlockingStub log() {
    return LogGrpc.newBlockingStub(channel);
  }

  LogGrpc.LogStub logStub() {
    return LogGrpc.newStub(channel);
  }

  AdminGrpc.AdminBlockingStub admin() {
    return AdminGrpc.newBlockingStub(channel);
  }

  static EventDraft draft(String type, String id, String payload) {
    return EventDraft.newBuilder()
        .setType(type)
        .setId(id)
        .setPayload(ByteString.copyFromUtf8(payload))
        .build();
  }

  static AppendRequest.Builder request(EventDraft... drafts) {
    AppendRequest.Builder request = AppendRequest.newBuilder().setLog(MAIN);
    for (EventDraft draft : drafts) {
      request.addEvents(draft);
    }
    return request;
  }

  AppendResponse append(AppendRequest.Builder request) {
    return log().append(request.build());
  }

  /** Appends {@code count} events of one stream: positions, types and payloads tell which. */
  void fill(String stream, int count) {
    for (int i = 1; i <= count; i++) {
      AppendResponse answer =
          append(request(draft("t" + i % 3, stream + "-" + i, "payload " + i)).setStream(stream));
      assertThat(answer.hasAppended()).isTrue();
    }
  }

  /** The events that the log has. */
  long size() {
    return host.find(MAIN).orElseThrow().log().head().size();
  }

  /** Asserts how a call fails: its status, and the problem in the trailer. */
  static StatusRuntimeException assertFails(
      ThrowingCallable call, Status.Code status, String problem) {
    StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(thrown).as("a call that must fail").isNotNull();
    assertEnds(thrown, status, problem);
    return thrown;
  }

  static void assertEnds(Throwable thrown, Status.Code status, String problem) {
    assertThat(Status.fromThrowable(thrown).getCode()).as("%s", thrown).isEqualTo(status);
    Metadata trailers = Status.trailersFromThrowable(thrown);
    String told = trailers == null ? null : trailers.get(Problem.TRAILER);
    assertThat(told == null ? GRPCS_OWN : told).as("%s", thrown).isEqualTo(problem);
  }

  /** Returns once something holds that another thread brings about. */
  static void await(String what, BooleanSupplier holds) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
  }

  void close() throws InterruptedException {
    channel.shutdownNow();
    assertThat(channel.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    server.close();
    host.close();
  }
}
