package dev.stele.server.rpc;

import dev.stele.server.auth.Authentication;
import dev.stele.server.auth.Authenticator;
import dev.stele.server.auth.Credentials;
import dev.stele.server.auth.Principal;
import dev.stele.server.auth.RateLimit;
import dev.stele.server.ops.Meters;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Gives every call its principal, before a byte of its request is read. Thread-safe.
 *
 * <p>What a principal may do is asked where the log is known; here a credential that is not good
 * ends the call, and a caller's rate.
 */
final class PrincipalInterceptor implements ServerInterceptor {
  static final Context.Key<Principal> PRINCIPAL = Context.key("stele-principal");

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Authenticator authenticator;
  private final Optional<RateLimit> rate;
  private final Optional<Meters> meters;

  PrincipalInterceptor(
      Authenticator authenticator, Optional<RateLimit> rate, Optional<Meters> meters) {
    this.authenticator = authenticator;
    this.rate = rate;
    this.meters = meters;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    Credentials credentials =
        new Credentials(Optional.ofNullable(headers.get(AUTHORIZATION)), certificate(call), remote);
    return switch (authenticator.authenticate(credentials)) {
      case Authentication.Refused(String reason) -> refuse(call, Problem.UNAUTHENTICATED, reason);
      case Authentication.Recognised(Principal principal) ->
          admits(principal, remote)
              ? Contexts.interceptCall(
                  Context.current().withValue(PRINCIPAL, principal), counted(call), headers, next)
              : refuse(
                  call, Problem.TOO_MANY_REQUESTS, "more calls a second than this caller may make");
    };
  }

  /** Refuses a call before anything of it is read. */
  private <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, Problem problem, String why) {
    meters.ifPresent(Meters::refused);
    call.close(problem.status(why), problem.trailers());
    return new ServerCall.Listener<>() {};
  }

  /** Callers are told apart as HTTP does it; on this machine there is no limit. */
  private boolean admits(Principal principal, @Nullable SocketAddress remote) {
    return switch (principal.kind()) {
      case LOOPBACK -> true;
      case ANONYMOUS -> admits("from " + hostOf(remote));
      case TOKEN, JWT, CERTIFICATE -> admits(principal.name());
    };
  }

  private boolean admits(String caller) {
    return rate.filter(limit -> !limit.admits(caller)).isEmpty();
  }

  private static String hostOf(@Nullable SocketAddress remote) {
    return remote instanceof InetSocketAddress internet && internet.getAddress() != null
        ? internet.getAddress().getHostAddress()
        : String.valueOf(remote);
  }

  private <Q, A> ServerCall<Q, A> counted(ServerCall<Q, A> call) {
    if (meters.isEmpty()) {
      return call;
    }
    long began = System.nanoTime();
    return new SimpleForwardingServerCall<>(call) {
      @Override
      public void close(Status status, Metadata trailers) {
        meters
            .get()
            .answered(
                "grpc",
                "call",
                getMethodDescriptor().getFullMethodName(),
                status.getCode().value(),
                System.nanoTime() - began);
        super.close(status, trailers);
      }
    };
  }

  private static Optional<X509Certificate> certificate(ServerCall<?, ?> call) {
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return Optional.empty();
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate own
          ? Optional.of(own)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException e) {
      // The client brought none, which is allowed.
      return Optional.empty();
    }
  }
}
