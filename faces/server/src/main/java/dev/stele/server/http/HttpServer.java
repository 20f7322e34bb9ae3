package dev.stele.server.http;

import dev.stele.server.tls.TlsFiles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.server.handler.MinimumDataRateHandler;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;

/** The listening side of HTTP: one port, HTTP/1.1 and HTTP/2, with TLS where it is set up. */
public final class HttpServer implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  /** 16 KiB of headers. */
  private static final int MAX_HEADER_BYTES = 16 * 1024;

  /** 30 seconds without a byte, in either direction, and a connection ends. */
  private static final Duration IDLE = Duration.ofSeconds(30);

  /** 20 seconds from a request's first byte to the end of its headers. */
  public static final Duration HEADERS_WITHIN = Duration.ofSeconds(20);

  /** 1 KiB a second: a body that comes more slowly than this is an attack. */
  private static final long MIN_BODY_BYTES_PER_SECOND = 1024;

  /** A follower that reads slowly is served slowly. */
  private static final long NO_MINIMUM = 0;

  /** 128 requests at a time on one HTTP/2 connection. */
  private static final int MAX_STREAMS = 128;

  private static final UriCompliance ENCODED_SLASHES =
      UriCompliance.RFC3986.with(
          "STELE",
          UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR,
          UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING);

  private final Server server;
  private final ServerConnector connector;

  /**
   * How it listens.
   *
   * @param address the address and port; port 0 takes any that is free
   * @param tls the certificate, where there is one
   * @param maxConnections how many may be open
   * @param headersWithin how long a request may take from its first byte to the end of its headers
   * @param stopWithin how long requests under way are given when it closes
   */
  public record Options(
      InetSocketAddress address,
      Optional<TlsFiles> tls,
      int maxConnections,
      Duration headersWithin,
      Duration stopWithin) {}

  private HttpServer(Server server, ServerConnector connector) {
    this.server = server;
    this.connector = connector;
  }

  /**
   * Begins to listen.
   *
   * @throws Exception when it cannot, such as when the port is taken
   */
  public static HttpServer start(Options options, Handler handler) throws Exception {
    QueuedThreadPool threads = new QueuedThreadPool();
    threads.setName("stele-http");
    threads.setVirtualThreadsExecutor(VirtualThreads.getDefaultVirtualThreadsExecutor());
    Server server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setSendDateHeader(true);
    http.setRequestHeaderSize(MAX_HEADER_BYTES);
    // Ids in paths may hold an encoded slash; routes are matched before anything is decoded.
    http.setUriCompliance(ENCODED_SLASHES);
    ServerConnector connector = connector(server, http, options.tls().map(HttpServer::factory));
    connector.setHost(options.address().getHostString());
    connector.setPort(options.address().getPort());
    connector.setIdleTimeout(IDLE.toMillis());
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(options.maxConnections(), server));
    server.addBean(new SlowHeaders(connector, options.headersWithin()));
    GracefulHandler graceful = new GracefulHandler();
    graceful.setHandler(new MinimumDataRateHandler(handler, MIN_BODY_BYTES_PER_SECOND, NO_MINIMUM));
    server.setHandler(graceful);
    ServerWebSocketContainer sockets = ServerWebSocketContainer.ensure(server);
    sockets.setIdleTimeout(IDLE.multipliedBy(2));
    server.setErrorHandler(new ProblemErrors());
    server.setStopTimeout(options.stopWithin().toMillis());
    server.start();
    return new HttpServer(server, connector);
  }

  private static SslContextFactory.Server factory(TlsFiles files) {
    SslContextFactory.Server factory = new SslContextFactory.Server();
    factory.setIncludeProtocols("TLSv1.3");
    factory.setSniRequired(false);
    use(factory, files.material());
    files.whenChanged(
        changed -> {
          try {
            factory.reload(each -> use((SslContextFactory.Server) each, changed));
          } catch (Exception e) {
            throw new IllegalStateException("the new certificate cannot be used", e);
          }
        });
    return factory;
  }

  private static void use(SslContextFactory.Server factory, TlsFiles.Material material) {
    try {
      KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
      own.load(null, null);
      own.setKeyEntry(
          "stele", material.key(), new char[0], material.chain().toArray(Certificate[]::new));
      factory.setKeyStore(own);
      factory.setKeyStorePassword("");
      if (!material.clients().isEmpty()) {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        for (int i = 0; i < material.clients().size(); i++) {
          trusted.setCertificateEntry("client-authority-" + i, material.clients().get(i));
        }
        factory.setTrustStore(trusted);
        factory.setWantClientAuth(true);
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("the certificate cannot be used", e);
    }
  }

  private static ServerConnector connector(
      Server server, HttpConfiguration http, Optional<SslContextFactory.Server> tls) {
    HttpConnectionFactory http1 = new HttpConnectionFactory(http);
    if (tls.isEmpty()) {
      HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(http);
      http2.setMaxConcurrentStreams(MAX_STREAMS);
      return new ServerConnector(server, http1, http2);
    }
    // Names are those of the certificate, which clients check; the server need not.
    http.addCustomizer(new SecureRequestCustomizer(false));
    HTTP2ServerConnectionFactory http2 = new HTTP2ServerConnectionFactory(http);
    http2.setMaxConcurrentStreams(MAX_STREAMS);
    ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
    alpn.setDefaultProtocol(http1.getProtocol());
    SslConnectionFactory ssl = new SslConnectionFactory(tls.get(), alpn.getProtocol());
    List<ConnectionFactory> factories = List.of(ssl, alpn, http2, http1);
    return new ServerConnector(server, factories.toArray(ConnectionFactory[]::new));
  }

  /** The port it listens on. */
  public int port() {
    return connector.getLocalPort();
  }

  /** Takes no more connections; answers what is under way, within the time that was set. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=requests-cut-short");
    } catch (Exception e) {
      throw new IllegalStateException("HTTP did not stop as it should", e);
    }
  }
}
