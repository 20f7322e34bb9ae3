package dev.stele.server.rpc;

import dev.stele.server.auth.Authentication;
import dev.stele.server.auth.Authenticator;
import dev.stele.server.auth.Credentials;
import dev.stele.server.auth.Principal;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Gives every call its principal, before a byte of its request is read. Thread-safe.
 *
 * <p>What a principal may do is asked where the log is known; here only a credential that is not
 * good ends the call.
 */
final class PrincipalInterceptor implements ServerInterceptor {
  static final Context.Key<Principal> PRINCIPAL = Context.key("stele-principal");

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Authenticator authenticator;

  PrincipalInterceptor(Authenticator authenticator) {
    this.authenticator = authenticator;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Credentials credentials =
        new Credentials(
            Optional.ofNullable(headers.get(AUTHORIZATION)),
            certificate(call),
            call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    return switch (authenticator.authenticate(credentials)) {
      case Authentication.Recognised(Principal principal) ->
          Contexts.interceptCall(
              Context.current().withValue(PRINCIPAL, principal), call, headers, next);
      case Authentication.Refused(String reason) -> {
        call.close(Problem.UNAUTHENTICATED.status(reason), Problem.UNAUTHENTICATED.trailers());
        yield new ServerCall.Listener<>() {};
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
