package dev.stele.server.auth;

import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a request brings to say who it is from.
 *
 * @param authorization the {@code Authorization} header or metadata, as it came
 * @param certificate the client's certificate, where TLS has verified one
 * @param remote where the connection comes from
 */
public record Credentials(
    Optional<String> authorization,
    Optional<X509Certificate> certificate,
    @Nullable SocketAddress remote) {
  /** Names no secret: the header stays out of logs. */
  @Override
  public String toString() {
    return "credentials from " + remote;
  }
}
