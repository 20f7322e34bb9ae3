package dev.stele.server.rpc;

import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import java.time.Duration;
import java.time.InstantSource;

/**
 * How gRPC is spoken. Immutable.
 *
 * @param credentials TLS, or none of it
 * @param maxMessageBytes the largest request
 * @param maxCallsPerConnection how many calls one connection may have open
 * @param pingAfter after how much silence a connection is asked whether it is alive; one that does
 *     not answer is closed, and its streams with it
 * @param minPingInterval how often a client may ask; who asks more often is disconnected
 * @param grace how long calls may take to end when the server closes
 * @param clock the time as of which events are judged
 */
public record GrpcOptions(
    ServerCredentials credentials,
    int maxMessageBytes,
    int maxCallsPerConnection,
    Duration pingAfter,
    Duration minPingInterval,
    Duration grace,
    InstantSource clock) {
  /** 32 MiB, as in HTTP: 10,000 events of 3 KiB, or three of the largest. */
  public static final int DEFAULT_MAX_MESSAGE_BYTES = 32 << 20;

  /** 1,000 calls: as many followers as one machine would have, with room for what it asks. */
  public static final int DEFAULT_MAX_CALLS_PER_CONNECTION = 1_000;

  /** One minute: below the five after which many networks forget a silent connection. */
  public static final Duration DEFAULT_PING_AFTER = Duration.ofMinutes(1);

  /** Ten seconds: often enough to notice a dead server, too seldom to keep one busy. */
  public static final Duration DEFAULT_MIN_PING_INTERVAL = Duration.ofSeconds(10);

  /** Five seconds: a commit takes milliseconds, and who stops a server waits for it. */
  public static final Duration DEFAULT_GRACE = Duration.ofSeconds(5);

  /** Without TLS, with the limits above. */
  public static GrpcOptions plain(InstantSource clock) {
    return new GrpcOptions(
        InsecureServerCredentials.create(),
        DEFAULT_MAX_MESSAGE_BYTES,
        DEFAULT_MAX_CALLS_PER_CONNECTION,
        DEFAULT_PING_AFTER,
        DEFAULT_MIN_PING_INTERVAL,
        DEFAULT_GRACE,
        clock);
  }

  /** The same with other credentials. */
  public GrpcOptions with(ServerCredentials other) {
    return new GrpcOptions(
        other, maxMessageBytes, maxCallsPerConnection, pingAfter, minPingInterval, grace, clock);
  }
}
