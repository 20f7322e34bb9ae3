package dev.stele.server;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.witness.WitnessPolicy;
import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Authenticator;
import dev.stele.server.auth.CredentialAuthenticator;
import dev.stele.server.auth.LoopbackAuthenticator;
import dev.stele.server.auth.RateLimit;
import dev.stele.server.auth.Tokens;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostOptions;
import dev.stele.server.host.HostedLog;
import dev.stele.server.http.HttpFace;
import dev.stele.server.http.HttpRoutes;
import dev.stele.server.http.HttpServer;
import dev.stele.server.http.TlsFiles;
import dev.stele.server.ops.Meters;
import dev.stele.server.witness.Cosigning;
import dev.stele.server.witness.WitnessDesk;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/**
 * One process that speaks for many logs: the only place that wires everything together.
 *
 * <pre>
 *   Host ──► HttpFace ──► HttpServer
 *        └─► GrpcServer
 *   stop: no new requests ─► those who follow are let go ─► requests under way ─► logs, signed
 * </pre>
 *
 * <p>Thread-safe. What was acknowledged is durable whenever it stops, also when it is killed.
 */
public final class Server implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  private final Host host;
  private final Meters meters;
  private final HttpServer http;
  private final Optional<TlsFiles> tls;
  private final Optional<WitnessDesk> witness;
  private final Cosigning cosigning;
  private final AtomicBoolean stopping;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Server(
      Host host,
      Meters meters,
      HttpServer http,
      Optional<TlsFiles> tls,
      Optional<WitnessDesk> witness,
      Cosigning cosigning,
      AtomicBoolean stopping) {
    this.host = host;
    this.meters = meters;
    this.http = http;
    this.tls = tls;
    this.witness = witness;
    this.cosigning = cosigning;
    this.stopping = stopping;
  }

  /**
   * Opens the logs and begins to listen.
   *
   * @param random a strong source: keys are drawn from it
   * @throws Exception when a log cannot be opened or a port is taken; nothing stays open then
   */
  public static Server start(ServerConfig config, InstantSource clock, RandomGenerator random)
      throws Exception {
    Host host = Host.open(hostOptions(config, clock, random));
    try {
      return start(config, clock, random, host);
    } catch (Exception e) {
      host.close();
      throw e;
    }
  }

  private static Server start(
      ServerConfig config, InstantSource clock, RandomGenerator random, Host host)
      throws Exception {
    AtomicBoolean stopping = new AtomicBoolean();
    Meters meters = new Meters(host);
    Audit audit = new Audit(host.system().log(), clock);
    Tokens tokens = Tokens.of(host.system().log(), clock, random);
    if (config.requiresCredentials() && !config.hasOtherCredentials() && tokens.all().isEmpty()) {
      FirstToken.write(tokens, Path.of(config.text(Setting.DATA)));
    }
    Optional<WitnessDesk> witness = witness(config, clock, random);
    Cosigning cosigning = new Cosigning(host, policy(config), config.path(Setting.PUBLISH));
    HttpRoutes.Parts parts =
        new HttpRoutes.Parts(
            host,
            audit,
            tokens,
            witness,
            cosigning,
            clock,
            meters::text,
            stopping::get,
            version(),
            config.number(Setting.LIMIT_BODY),
            config.number(Setting.LIMIT_FOLLOWERS));
    HttpFace face =
        new HttpFace(
            parts,
            authenticator(config, tokens, clock),
            config.publicFaces(),
            !config.requiresCredentials(),
            new RateLimit(config.number(Setting.LIMIT_RATE), System::nanoTime),
            meters);
    Optional<TlsFiles> tls = tls(config);
    HttpServer http =
        HttpServer.start(
            new HttpServer.Options(
                new InetSocketAddress(
                    config.text(Setting.HTTP_BIND), config.number(Setting.HTTP_PORT)),
                tls,
                config.number(Setting.LIMIT_CONNECTIONS),
                Duration.ofSeconds(config.number(Setting.STOP_WITHIN))),
            face);
    LOGGER.log(
        System.Logger.Level.INFO,
        "event=started http={0} logs={1}",
        String.valueOf(http.port()),
        String.valueOf(host.logs().size()));
    return new Server(host, meters, http, tls, witness, cosigning, stopping);
  }

  private static HostOptions hostOptions(
      ServerConfig config, InstantSource clock, RandomGenerator random) {
    Map<String, String> uris = new HashMap<>();
    config.logs().forEach((log, uri) -> uris.put(log.name(), uri));
    return new HostOptions(
        Path.of(config.text(Setting.DATA)),
        config.text(Setting.ENGINE),
        uris,
        config.isSet(Setting.ORIGIN) ? Optional.of(config.text(Setting.ORIGIN)) : Optional.empty(),
        config.path(Setting.ANCHORS),
        config.number(Setting.LIMIT_LOGS),
        clock,
        random);
  }

  private static Authenticator authenticator(
      ServerConfig config, Tokens tokens, InstantSource clock) {
    Authenticator known =
        new CredentialAuthenticator(
            tokens,
            config
                .path(Setting.JWT_KEYS)
                .map(
                    keys ->
                        new CredentialAuthenticator.Jwt(
                            config.text(Setting.JWT_ISSUER),
                            config.text(Setting.JWT_AUDIENCE),
                            keys,
                            config.text(Setting.JWT_ROLES))),
            config.certificateRoles(),
            clock);
    return config.requiresCredentials() ? known : new LoopbackAuthenticator(known);
  }

  private static Optional<WitnessDesk> witness(
      ServerConfig config, InstantSource clock, RandomGenerator random) {
    return config.isSet(Setting.WITNESS_NAME)
        ? Optional.of(
            WitnessDesk.open(
                new WitnessDesk.Options(
                    config.text(Setting.WITNESS_NAME),
                    Path.of(config.text(Setting.WITNESS_KEY)),
                    Path.of(config.text(Setting.WITNESS_LOGS)),
                    Path.of(config.text(Setting.DATA)).resolve("witness")),
                clock,
                random))
        : Optional.empty();
  }

  private static Optional<WitnessPolicy> policy(ServerConfig config) throws IOException {
    if (!config.isSet(Setting.WITNESS_POLICY)) {
      return Optional.empty();
    }
    Path file = Path.of(config.text(Setting.WITNESS_POLICY));
    return switch (WitnessPolicy.parse(Files.readAllBytes(file))) {
      case Parsed.Value<WitnessPolicy>(WitnessPolicy policy) -> Optional.of(policy);
      case Parsed.Malformed<WitnessPolicy>(String reason) ->
          throw new StorageFailed("%s is no policy: %s".formatted(file, reason));
    };
  }

  private static Optional<TlsFiles> tls(ServerConfig config) throws Exception {
    return config.isSet(Setting.TLS_CERTIFICATE)
        ? Optional.of(
            TlsFiles.read(
                Path.of(config.text(Setting.TLS_CERTIFICATE)),
                Path.of(config.text(Setting.TLS_KEY)),
                config.path(Setting.TLS_CLIENTS)))
        : Optional.empty();
  }

  private static Map<String, Object> version() {
    Map<String, Object> version = new LinkedHashMap<>();
    version.put("name", "stele");
    version.put("version", "0.1.0");
    version.put("java", Runtime.version().toString());
    return version;
  }

  /** The port of HTTP. */
  public int httpPort() {
    return http.port();
  }

  /** The logs it speaks for. */
  public Host host() {
    return host;
  }

  /** The checkpoint of the log {@code main}, for whoever starts a server to see. */
  public SignedCheckpoint mainCheckpoint() {
    return main().checkpoint();
  }

  private HostedLog main() {
    return host.find(Host.MAIN).orElseThrow();
  }

  /** Lets requests under way come to their end, signs last checkpoints, closes. Idempotent. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    stopping.set(true);
    try {
      host.letFollowersGo();
      http.close();
      tls.ifPresent(TlsFiles::close);
      cosigning.close();
      witness.ifPresent(WitnessDesk::close);
    } finally {
      try {
        host.close();
      } finally {
        meters.close();
      }
    }
    LOGGER.log(System.Logger.Level.INFO, "event=stopped");
  }
}
