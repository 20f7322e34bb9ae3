package dev.stele.mcp.sdk;

import dev.stele.mcp.event.McpScope;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * What a transport takes from outside, and its limits.
 *
 * <p>Immutable, as far as what is given to it is thread-safe, which it has to be.
 *
 * @param tenant whose sessions these are, where a store is shared: one transport at a time has the
 *     sessions of a tenant in a store, for it takes up and closes what another left
 * @param hosts under which names it is asked
 * @param principal who sends a request, 1 to {@value McpScope#MAX_PART_BYTES} bytes; empty refuses
 *     it with 401. A session is found by its own principal alone
 * @param context what tools are told about a request, beside their {@link StreamControl}
 * @param json writes and reads messages
 * @param retry how long a client waits before it comes back, from the first event on
 * @param heartbeat how often a connection with nothing to say says so
 * @param idle after how long without a request or a connection a session ends for good
 * @param drain how long requests in flight are given when the transport closes
 * @param maxSessions how many sessions are in memory at a time
 * @param maxBodyBytes the longest request
 * @param clock tells when a session was last used
 * @param random makes the names of streams unique
 */
public record TransportOptions(
    String tenant,
    AllowedHosts hosts,
    Function<HttpCall, Optional<String>> principal,
    McpTransportContextExtractor<HttpCall> context,
    McpJsonMapper json,
    Duration retry,
    Duration heartbeat,
    Duration idle,
    Duration drain,
    int maxSessions,
    int maxBodyBytes,
    InstantSource clock,
    RandomGenerator random) {
  /**
   * Two seconds. The official clients try twice, after this pause each, so that they find a server
   * again that is back within four: a Java server over SQLite took 0.6 to 1.6, and up to 3.4 on a
   * busy machine. Who lost a connection alone waits no longer than that.
   */
  public static final Duration DEFAULT_RETRY = Duration.ofSeconds(2);

  /** Ten seconds: a third of the shortest time after which proxies give up on a connection. */
  public static final Duration DEFAULT_HEARTBEAT = Duration.ofSeconds(10);

  /** A day: a session is a few hundred bytes, and a laptop may be closed over night. */
  public static final Duration DEFAULT_IDLE = Duration.ofDays(1);

  /** Five seconds: most tools answer in less, and a supervisor kills after ten or more. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(5);

  /** 10,000 sessions are some 50 MB. */
  public static final int DEFAULT_MAX_SESSIONS = 10_000;

  /** 4 MiB: what official servers take. */
  public static final int DEFAULT_MAX_BODY_BYTES = 4 * 1024 * 1024;

  /** Checks the bounds. */
  public TransportOptions {
    requirePositive("retry", retry);
    requirePositive("heartbeat", heartbeat);
    requirePositive("idle", idle);
    if (drain.isNegative()) {
      throw new IllegalArgumentException("drain is not negative, but " + drain);
    }
    if (maxSessions < 1 || maxBodyBytes < 1) {
      throw new IllegalArgumentException(
          "maxSessions and maxBodyBytes are positive, not %d and %d"
              .formatted(maxSessions, maxBodyBytes));
    }
    // A tenant is part of every scope: that one can be made of it is checked here, once.
    McpScope _ = new McpScope(tenant, McpScope.ANYBODY, McpScope.ANYBODY);
  }

  private static void requirePositive(String what, Duration duration) {
    if (!duration.isPositive()) {
      throw new IllegalArgumentException(what + " is positive, not " + duration);
    }
  }

  /**
   * For this machine alone, where nobody is told apart; with the SDK's own JSON, the system's clock
   * and a strong random source.
   */
  public static TransportOptions defaults() {
    return new TransportOptions(
        McpScope.ANYBODY,
        AllowedHosts.loopback(),
        _ -> Optional.of(McpScope.ANYBODY),
        _ -> McpTransportContext.EMPTY,
        McpJsonDefaults.getMapper(),
        DEFAULT_RETRY,
        DEFAULT_HEARTBEAT,
        DEFAULT_IDLE,
        DEFAULT_DRAIN,
        DEFAULT_MAX_SESSIONS,
        DEFAULT_MAX_BODY_BYTES,
        InstantSource.system(),
        new SecureRandom());
  }

  /** The same for another tenant. */
  public TransportOptions tenant(String other) {
    return new TransportOptions(
        other,
        hosts,
        principal,
        context,
        json,
        retry,
        heartbeat,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same under other names. */
  public TransportOptions hosts(AllowedHosts other) {
    return new TransportOptions(
        tenant,
        other,
        principal,
        context,
        json,
        retry,
        heartbeat,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with principals that are told apart. */
  public TransportOptions principal(Function<HttpCall, Optional<String>> other) {
    return new TransportOptions(
        tenant,
        hosts,
        other,
        context,
        json,
        retry,
        heartbeat,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with more for tools to know. */
  public TransportOptions context(McpTransportContextExtractor<HttpCall> other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        other,
        json,
        retry,
        heartbeat,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with another JSON. */
  public TransportOptions json(McpJsonMapper other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        other,
        retry,
        heartbeat,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with another pause of clients. */
  public TransportOptions retry(Duration other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        json,
        other,
        heartbeat,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with another heartbeat. */
  public TransportOptions heartbeat(Duration other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        json,
        retry,
        other,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with another time after which sessions end. */
  public TransportOptions idle(Duration other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        json,
        retry,
        heartbeat,
        other,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with another time for requests in flight. */
  public TransportOptions drain(Duration other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        json,
        retry,
        heartbeat,
        idle,
        other,
        maxSessions,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with room for another number of sessions. */
  public TransportOptions maxSessions(int other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        json,
        retry,
        heartbeat,
        idle,
        drain,
        other,
        maxBodyBytes,
        clock,
        random);
  }

  /** The same with another longest request. */
  public TransportOptions maxBodyBytes(int other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        json,
        retry,
        heartbeat,
        idle,
        drain,
        maxSessions,
        other,
        clock,
        random);
  }

  /** The same with another clock. */
  public TransportOptions clock(InstantSource other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        json,
        retry,
        heartbeat,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        other,
        random);
  }

  /** The same with another source of randomness. */
  public TransportOptions random(RandomGenerator other) {
    return new TransportOptions(
        tenant,
        hosts,
        principal,
        context,
        json,
        retry,
        heartbeat,
        idle,
        drain,
        maxSessions,
        maxBodyBytes,
        clock,
        other);
  }
}
