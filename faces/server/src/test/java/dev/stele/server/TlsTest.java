package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.server.config.Setting;
import dev.stele.wire.v1.AppendRequest;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.LogGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class TlsTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path folder;

  /** A key with a certificate that it signed itself, made by the JDK's own keytool. */
  private final class Identity {
    final KeyStore store;
    final X509Certificate certificate;

    Identity(String commonName) throws Exception {
      Path file = folder.resolve(commonName + ".p12");
      Files.deleteIfExists(file);
      Process keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-alias",
                  "it",
                  "-keyalg",
                  "EC",
                  "-groupname",
                  "secp256r1",
                  "-dname",
                  "CN=" + commonName,
                  "-ext",
                  "san=ip:127.0.0.1,dns:localhost",
                  "-validity",
                  "2",
                  "-storetype",
                  "PKCS12",
                  "-storepass",
                  "changeit",
                  "-keystore",
                  file.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(keytool.waitFor()).as(said).isZero();
      store = KeyStore.getInstance("PKCS12");
      try (var in = Files.newInputStream(file)) {
        store.load(in, PASSWORD);
      }
      certificate = (X509Certificate) store.getCertificate("it");
    }

    void write(Path certificateFile, Path keyFile) throws Exception {
      Key key = store.getKey("it", PASSWORD);
      Files.writeString(keyFile, pem("PRIVATE KEY", key.getEncoded()));
      Files.writeString(certificateFile, pem("CERTIFICATE", certificate.getEncoded()));
    }
  }

  private static String pem(String what, byte[] bytes) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(what, Base64.getMimeEncoder().encodeToString(bytes), what);
  }

  private static HttpClient client(List<Certificate> trusted, KeyStore own, String protocol)
      throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < trusted.size(); i++) {
      store.setCertificateEntry("t" + i, trusted.get(i));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return HttpClient.newBuilder()
        .sslContext(context)
        .sslParameters(new SSLParameters(null, new String[] {protocol}))
        .connectTimeout(Duration.ofSeconds(10))
        .build();
  }

  private static KeyStore nobody() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    return store;
  }

  private static HttpResponse<String> whoami(HttpClient client, int port)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/v1/whoami"))
            .timeout(Duration.ofSeconds(10))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void tlsIsOfVersion13AndACertificateTellsWhoAsks() throws Exception {
    Identity identity = new Identity("server");
    Identity ci = new Identity("ci");
    Identity stranger = new Identity("stranger");
    Path certificate = folder.resolve("server.pem");
    Path key = folder.resolve("server.key");
    Path clients = folder.resolve("clients.pem");
    identity.write(certificate, key);
    Files.writeString(clients, pem("CERTIFICATE", ci.certificate.getEncoded()));
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config ->
                config
                    .with(Setting.AUTH, "required")
                    .with(Setting.GRPC_PORT, "off")
                    .with(Setting.TLS_CERTIFICATE, certificate.toString())
                    .with(Setting.TLS_KEY, key.toString())
                    .with(Setting.TLS_CLIENTS, clients.toString())
                    .with(Setting.TLS_ROLES, "ci=append@main"))) {
      List<Certificate> trusted = List.of(identity.certificate);

      HttpResponse<String> known = whoami(client(trusted, ci.store, "TLSv1.3"), server.port());
      assertThat(known.body()).contains("\"certificate:ci\"").contains("\"main\":\"append\"");
      assertThat(known.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(whoami(client(trusted, nobody(), "TLSv1.3"), server.port()).body())
          .contains("\"anonymous\"");
      // A client does not show a certificate of an authority that the server does not name.
      assertThat(whoami(client(trusted, stranger.store, "TLSv1.3"), server.port()).body())
          .contains("\"anonymous\"");
      assertThatThrownBy(() -> whoami(client(trusted, nobody(), "TLSv1.2"), server.port()))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void gRpcIsOfTheSameTlsAndKnowsTheSameCertificates() throws Exception {
    Identity identity = new Identity("server");
    Identity ci = new Identity("ci");
    Path certificate = folder.resolve("server.pem");
    Path key = folder.resolve("server.key");
    Path clients = folder.resolve("clients.pem");
    identity.write(certificate, key);
    Files.writeString(clients, pem("CERTIFICATE", ci.certificate.getEncoded()));
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config ->
                config
                    .with(Setting.AUTH, "required")
                    .with(Setting.TLS_CERTIFICATE, certificate.toString())
                    .with(Setting.TLS_KEY, key.toString())
                    .with(Setting.TLS_CLIENTS, clients.toString())
                    .with(Setting.TLS_ROLES, "ci=append@main"))) {
      int port = server.server().grpcPort().orElseThrow();

      assertThat(appended(port, identity, ci)).isEqualTo(1);
      assertThatThrownBy(() -> appended(port, identity, null))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED));
    }
  }

  /** Appends an event over gRPC, and tells its position. */
  private static long appended(int port, Identity server, @Nullable Identity own) throws Exception {
    SslContextBuilder tls =
        GrpcSslContexts.forClient().trustManager(server.certificate).protocols("TLSv1.3");
    if (own != null) {
      tls.keyManager((PrivateKey) own.store.getKey("it", PASSWORD), own.certificate);
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("localhost", port).sslContext(tls.build()).build();
    try {
      return LogGrpc.newBlockingStub(channel)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .append(
              AppendRequest.newBuilder()
                  .setLog("main")
                  .setStream("s")
                  .addEvents(EventDraft.newBuilder().setType("t"))
                  .build())
          .getAppended()
          .getPosition();
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void aNewCertificateIsInUseWithoutARestart() throws Exception {
    Identity first = new Identity("first");
    Identity second = new Identity("second");
    Path certificate = folder.resolve("server.pem");
    Path key = folder.resolve("server.key");
    first.write(certificate, key);
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config ->
                config
                    .with(Setting.GRPC_PORT, "off")
                    .with(Setting.TLS_CERTIFICATE, certificate.toString())
                    .with(Setting.TLS_KEY, key.toString()))) {
      assertThat(
              whoami(client(List.of(first.certificate), nobody(), "TLSv1.3"), server.port())
                  .statusCode())
          .isEqualTo(200);

      second.write(certificate, key);

      long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      int status = 0;
      while (status != 200 && System.nanoTime() < end) {
        try {
          status =
              whoami(client(List.of(second.certificate), nobody(), "TLSv1.3"), server.port())
                  .statusCode();
        } catch (IOException e) {
          // Still the old one.
          Thread.onSpinWait();
        }
      }
      assertThat(status).isEqualTo(200);
    }
  }
}
