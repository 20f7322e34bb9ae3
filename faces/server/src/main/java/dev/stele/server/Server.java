package dev.stele.server;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.witness.WitnessPolicy;
import dev.stele.mcp.store.McpRetention;
import dev.stele.mcp.store.McpStoreOptions;
import dev.stele.nostr.event.PublicKey;
import dev.stele.nostr.store.NostrStoreOptions;
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
import dev.stele.server.ops.Meters;
import dev.stele.server.ops.Tracing;
import dev.stele.server.relay.RelayDesk;
import dev.stele.server.relay.RelaySettings;
import dev.stele.server.rpc.GrpcOptions;
import dev.stele.server.rpc.GrpcServer;
import dev.stele.server.rpc.GrpcTls;
import dev.stele.server.tls.TlsFiles;
import dev.stele.server.witness.Cosigning;
import dev.stele.server.witness.WitnessDesk;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One process that speaks for many logs: the only place that wires everything together.
 *
 * <pre>
 *   Host ──► HttpFace ──► HttpServer
 *        ├─► RelayDesk ──┘
 *        └─► GrpcServer
 *   stop: no new requests ─► those who follow are let go ─► requests under way ─► logs, signed
 * </pre>
 *
 * <p>Thread-safe. What was acknowledged is durable whenever it stops, also when it is killed.
 */
public final class Server implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  private final Host host;
  private final RelayDesk relay;
  private final Duration stopWithin;
  private final HttpServer http;
  private final Optional<GrpcServer> grpc;
  private final AtomicBoolean stopping;

  /** Everything that is open, the last that was opened first: so it is closed. */
  private final Deque<AutoCloseable> opened;

  private final AtomicBoolean closed = new AtomicBoolean();

  private Server(
      Host host,
      RelayDesk relay,
      Duration stopWithin,
      HttpServer http,
      Optional<GrpcServer> grpc,
      AtomicBoolean stopping,
      Deque<AutoCloseable> opened) {
    this.host = host;
    this.relay = relay;
    this.stopWithin = stopWithin;
    this.http = http;
    this.grpc = grpc;
    this.stopping = stopping;
    this.opened = opened;
  }

  /**
   * Opens the logs and begins to listen.
   *
   * @param random a strong source: keys are drawn from it
   * @throws Exception when a log cannot be opened or a port is taken; nothing stays open then
   */
  public static Server start(ServerConfig config, InstantSource clock, RandomGenerator random)
      throws Exception {
    Deque<AutoCloseable> opened = new ArrayDeque<>();
    try {
      return start(config, clock, random, opened);
    } catch (Exception | Error e) {
      closeAll(opened).ifPresent(e::addSuppressed);
      throw e;
    }
  }

  private static <T extends AutoCloseable> T keep(Deque<AutoCloseable> opened, T one) {
    opened.push(one);
    return one;
  }

  /** What cannot be closed keeps nothing else open. */
  private static Optional<RuntimeException> closeAll(Deque<AutoCloseable> opened) {
    RuntimeException failure = null;
    for (AutoCloseable each : opened) {
      try {
        each.close();
      } catch (Exception e) {
        if (failure == null) {
          failure = new IllegalStateException("not everything could be closed", e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    return Optional.ofNullable(failure);
  }

  private static Server start(
      ServerConfig config, InstantSource clock, RandomGenerator random, Deque<AutoCloseable> opened)
      throws Exception {
    Host host = keep(opened, Host.open(hostOptions(config, clock, random)));
    AtomicBoolean stopping = new AtomicBoolean();
    CompletableFuture<Integer> port = new CompletableFuture<>();
    RelayDesk relay =
        keep(
            opened,
            new RelayDesk(
                host,
                RelaySettings.of(config),
                () -> relayUrls(config, port.join()),
                clock,
                random));
    Meters meters = keep(opened, new Meters(host));
    meters.measure("stele.relay.connections", "how many talk to the relay", relay::connections);
    meters.measure("stele.relay.subscriptions", "what they have open there", relay::subscriptions);
    Audit audit = new Audit(host.system().log(), clock);
    Tokens tokens = Tokens.of(host.system().log(), clock, random);
    if (config.requiresCredentials() && !config.hasOtherCredentials() && tokens.all().isEmpty()) {
      FirstToken.write(tokens, Path.of(config.text(Setting.DATA)));
    }
    Optional<WitnessDesk> witness = witness(config, clock, random);
    witness.ifPresent(opened::push);
    Cosigning cosigning =
        keep(opened, new Cosigning(host, policy(config), config.path(Setting.PUBLISH)));
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
            config.number(Setting.LIMIT_FOLLOWERS),
            relay);
    Authenticator authenticator = authenticator(config, tokens, clock);
    RateLimit rate = new RateLimit(config.number(Setting.LIMIT_RATE), System::nanoTime);
    HttpFace face =
        new HttpFace(
            parts,
            authenticator,
            config.publicFaces(),
            !config.requiresCredentials(),
            rate,
            meters,
            keep(opened, tracing(config)));
    Optional<TlsFiles> tls = tls(config);
    tls.ifPresent(opened::push);
    Duration stopWithin = Duration.ofSeconds(config.number(Setting.STOP_WITHIN));
    HttpServer http =
        HttpServer.start(
            new HttpServer.Options(
                new InetSocketAddress(
                    config.text(Setting.HTTP_BIND), config.number(Setting.HTTP_PORT)),
                tls,
                config.number(Setting.LIMIT_CONNECTIONS),
                HttpServer.HEADERS_WITHIN,
                stopWithin),
            face);
    opened.push(http);
    port.complete(http.port());
    Optional<GrpcServer> grpc = grpc(config, host, authenticator, clock, rate, meters, tls);
    grpc.ifPresent(opened::push);
    LOGGER.log(
        System.Logger.Level.INFO,
        "event=started http={0} logs={1}",
        String.valueOf(http.port()),
        String.valueOf(host.logs().size()));
    return new Server(host, relay, stopWithin, http, grpc, stopping, opened);
  }

  /** What clients may call the relay: its URL, or where it listens by each name of this machine. */
  private static Set<String> relayUrls(ServerConfig config, int port) {
    if (config.isSet(Setting.RELAY_URL)) {
      return Set.of(config.text(Setting.RELAY_URL));
    }
    String scheme = config.isSet(Setting.TLS_CERTIFICATE) ? "wss" : "ws";
    return Stream.of(config.text(Setting.HTTP_BIND), "localhost", "127.0.0.1", "[::1]")
        .map(name -> "%s://%s:%d".formatted(scheme, name, port))
        .collect(Collectors.toUnmodifiableSet());
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
        mcpOptions(config),
        config.isSet(Setting.RELAY_LOG)
            ? Optional.of(config.text(Setting.RELAY_LOG))
            : Optional.empty(),
        nostrOptions(config),
        RelaySettings.of(config).privateKinds(),
        clock,
        random);
  }

  private static NostrStoreOptions nostrOptions(ServerConfig config) {
    NostrStoreOptions options = NostrStoreOptions.DEFAULT;
    if (config.isSet(Setting.RELAY_URL)) {
      options = options.reachedAt(Set.of(config.text(Setting.RELAY_URL)));
    }
    Optional<PublicKey> owner = config.nostrKeys(Setting.RELAY_OWNER).stream().findFirst();
    return owner.isPresent() ? options.withOwner(owner.get()) : options;
  }

  private static McpStoreOptions mcpOptions(ServerConfig config) {
    McpStoreOptions usual = McpStoreOptions.DEFAULT;
    return usual
        .keeping(
            usual
                .retention()
                .maxAge(Duration.ofDays(config.number(Setting.MCP_DAYS)))
                .perStream(config.number(Setting.MCP_EVENTS), McpRetention.UNBOUNDED))
        .caching(usual.cacheEventsPerStream(), config.number(Setting.MCP_CACHE));
  }

  private static Authenticator authenticator(
      ServerConfig config, Tokens tokens, InstantSource clock) {
    Authenticator known =
        new CredentialAuthenticator(
            tokens,
            config.isSet(Setting.JWT_KEYS)
                ? Optional.of(
                    new CredentialAuthenticator.Jwt(
                        config.text(Setting.JWT_ISSUER),
                        config.text(Setting.JWT_AUDIENCE),
                        config.text(Setting.JWT_KEYS),
                        config.text(Setting.JWT_ROLES)))
                : Optional.empty(),
            config.certificateRoles(),
            clock);
    return config.requiresCredentials() ? known : new LoopbackAuthenticator(known);
  }

  private static Optional<GrpcServer> grpc(
      ServerConfig config,
      Host host,
      Authenticator authenticator,
      InstantSource clock,
      RateLimit rate,
      Meters meters,
      Optional<TlsFiles> tls)
      throws IOException, GeneralSecurityException {
    if (config.grpcPort().isEmpty()) {
      return Optional.empty();
    }
    GrpcOptions options = GrpcOptions.plain(clock).with(rate, meters);
    return Optional.of(
        GrpcServer.start(
            host,
            authenticator,
            new InetSocketAddress(config.text(Setting.GRPC_BIND), config.grpcPort().getAsInt()),
            tls.isPresent() ? options.with(GrpcTls.of(tls.get())) : options));
  }

  private static Tracing tracing(ServerConfig config) {
    return Tracing.to(
        config.isSet(Setting.TRACING)
            ? Optional.of(config.text(Setting.TRACING))
            : Optional.empty());
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

  /** The port of gRPC; empty where it is switched off. */
  public OptionalInt grpcPort() {
    return grpc.isPresent() ? OptionalInt.of(grpc.get().port()) : OptionalInt.empty();
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
    host.letFollowersGo();
    relay.letGo(stopWithin);
    Optional<RuntimeException> failure = closeAll(opened);
    LOGGER.log(System.Logger.Level.INFO, "event=stopped");
    if (failure.isPresent()) {
      throw failure.get();
    }
  }
}
