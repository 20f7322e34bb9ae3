package dev.stele.server.rpc;

import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Authenticator;
import dev.stele.server.host.Host;
import dev.stele.wire.v1.AdminGrpc;
import dev.stele.wire.v1.LogGrpc;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Speaks {@code stele.v1} for the logs of a host, with {@code grpc.health.v1} and reflection beside
 * it, which need no credential. Thread-safe.
 */
public final class GrpcServer implements AutoCloseable {
  private final Server server;
  private final ExecutorService calls;
  private final HealthStatusManager health;
  private final OpenStreams open;
  private final GrpcOptions options;

  private GrpcServer(
      Server server,
      ExecutorService calls,
      HealthStatusManager health,
      OpenStreams open,
      GrpcOptions options) {
    this.server = server;
    this.calls = calls;
    this.health = health;
    this.open = open;
    this.options = options;
  }

  /**
   * Begins to answer.
   *
   * @param host the logs; stays open when the server closes
   * @param authenticator tells who a call is from
   * @param address where to listen; port 0 for any that is free
   * @throws IOException when nobody can listen there
   */
  public static GrpcServer start(
      Host host, Authenticator authenticator, InetSocketAddress address, GrpcOptions options)
      throws IOException {
    ExecutorService calls =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("stele-rpc-", 0).factory());
    OpenStreams open = new OpenStreams(calls, options.maxStreams());
    Logs logs = new Logs(host);
    PrincipalInterceptor principals =
        new PrincipalInterceptor(authenticator, options.rate(), options.meters());
    HealthStatusManager health = new HealthStatusManager();
    Server server =
        NettyServerBuilder.forAddress(address, options.credentials())
            .executor(calls)
            .maxInboundMessageSize(options.maxMessageBytes())
            .maxConcurrentCallsPerConnection(options.maxCallsPerConnection())
            .keepAliveTime(options.pingAfter().toNanos(), TimeUnit.NANOSECONDS)
            .permitKeepAliveTime(options.minPingInterval().toNanos(), TimeUnit.NANOSECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(
                ours(new LogService(logs, new Appending(options.clock()), open), principals))
            .addService(
                ours(
                    new AdminService(logs, new Audit(host.system().log(), options.clock())),
                    principals))
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance())
            .build();
    try {
      server.start();
    } catch (IOException e) {
      calls.close();
      throw e;
    }
    for (String service : new String[] {LogGrpc.SERVICE_NAME, AdminGrpc.SERVICE_NAME}) {
      health.setStatus(service, ServingStatus.SERVING);
    }
    return new GrpcServer(server, calls, health, open, options);
  }

  /** A service of ours: the principal is known before a request is read. */
  private static ServerServiceDefinition ours(
      BindableService service, PrincipalInterceptor principals) {
    return ServerInterceptors.intercept(
        MalformedMessages.refused(service.bindService()), principals);
  }

  /** Where it listens. */
  public int port() {
    return server.getPort();
  }

  /** How many streams are open now: appends, pages and subscriptions. */
  int openStreams() {
    return open.size();
  }

  /**
   * Takes no further call, ends the streams, lets the other calls end for as long as the options
   * say, and cuts what is left. What was acknowledged is in its log. Idempotent.
   */
  @Override
  public void close() {
    health.enterTerminalState();
    server.shutdown();
    open.endAll();
    try {
      if (!server.awaitTermination(options.grace().toNanos(), TimeUnit.NANOSECONDS)) {
        server.shutdownNow();
        server.awaitTermination();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    } finally {
      // Whoever closes the host next must not close a log that is being read.
      calls.close();
    }
  }
}
