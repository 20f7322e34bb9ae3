package dev.stele.server.rpc;

import dev.stele.server.tls.TlsFiles;
import dev.stele.server.tls.TlsFiles.Material;
import io.grpc.ServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettySslContextServerCredentials;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;

/** TLS 1.3 for gRPC, with the certificate of the other faces, also when it changes. */
public final class GrpcTls {
  private GrpcTls() {}

  /**
   * Credentials that follow the files.
   *
   * @throws IOException when they cannot be used
   * @throws GeneralSecurityException when they cannot be used
   */
  public static ServerCredentials of(TlsFiles files) throws IOException, GeneralSecurityException {
    AdvancedTlsX509KeyManager own = new AdvancedTlsX509KeyManager();
    AdvancedTlsX509TrustManager clients =
        AdvancedTlsX509TrustManager.newBuilder()
            .setVerification(AdvancedTlsX509TrustManager.Verification.CERTIFICATE_ONLY_VERIFICATION)
            .build();
    use(own, clients, files.material());
    files.whenChanged(
        changed -> {
          try {
            use(own, clients, changed);
          } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("the new certificate cannot be used", e);
          }
        });
    SslContextBuilder builder =
        GrpcSslContexts.configure(SslContextBuilder.forServer(own)).protocols("TLSv1.3");
    if (!files.material().clients().isEmpty()) {
      builder.trustManager(clients).clientAuth(ClientAuth.OPTIONAL);
    }
    return NettySslContextServerCredentials.create(builder.build());
  }

  private static void use(
      AdvancedTlsX509KeyManager own, AdvancedTlsX509TrustManager clients, Material material)
      throws IOException, GeneralSecurityException {
    own.updateIdentityCredentials(material.chain().toArray(X509Certificate[]::new), material.key());
    if (!material.clients().isEmpty()) {
      clients.updateTrustCredentials(material.clients().toArray(X509Certificate[]::new));
    }
  }
}
