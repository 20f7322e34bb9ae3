package dev.stele.server.rpc;

import dev.stele.server.auth.RateLimit;
import dev.stele.server.ops.Meters;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * How gRPC is spoken. Immutable.
 *
 * @param credentials TLS, or none of it
 * @param maxMessageBytes the largest request
 * @param maxCallsPerConnection how many calls one connection may have open
 * @param maxStreams how many streams may be open, over all connections
 * @param pingAfter after how much silence a connection is asked whether it is alive; one that does
 *     not answer is closed, and its streams with it
 * @param minPingInterval how often a client may ask; who asks more often is disconnected
 * @param grace how long calls may take to end when the server closes
 * @param clock the time as of which events are judged
 * @param rate how many calls a caller may begin, a stream being one; shared with other faces
 * @param meters where calls are counted; shared with other faces
 */
public record GrpcOptions(
    ServerCredentials credentials,
    int maxMessageBytes,
    int maxCallsPerConnection,
    int maxStreams,
    Duration pingAfter,
    Duration minPingInterval,
    Duration grace,
    InstantSource clock,
    Optional<RateLimit> rate,
    Optional<Meters> meters) {
  /** 32 MiB, as in HTTP: 10,000 events of 3 KiB, or three of the largest. */
  public static final int DEFAULT_MAX_MESSAGE_BYTES = 32 << 20;

  /** 1,000 calls: as many followers as one machine would have, with room for what it asks. */
  public static final int DEFAULT_MAX_CALLS_PER_CONNECTION = 1_000;

  /** 10,000 streams: each has a virtual thread and up to 64 KiB on its way. */
  public static final int DEFAULT_MAX_STREAMS = 10_000;

  /** One minute: below the five after which many networks forget a silent connection. */
  public static final Duration DEFAULT_PING_AFTER = Duration.ofMinutes(1);

  /** Ten seconds: often enough to notice a dead server, too seldom to keep one busy. */
  public static final Duration DEFAULT_MIN_PING_INTERVAL = Duration.ofSeconds(10);

  /** Five seconds: a commit takes milliseconds, and who stops a server waits for it. */
  public static final Duration DEFAULT_GRACE = Duration.ofSeconds(5);

  /** Without TLS, with the limits above; no rate, and nothing is counted. */
  public static GrpcOptions plain(InstantSource clock) {
    return new GrpcOptions(
        InsecureServerCredentials.create(),
        DEFAULT_MAX_MESSAGE_BYTES,
        DEFAULT_MAX_CALLS_PER_CONNECTION,
        DEFAULT_MAX_STREAMS,
        DEFAULT_PING_AFTER,
        DEFAULT_MIN_PING_INTERVAL,
        DEFAULT_GRACE,
        clock,
        Optional.empty(),
        Optional.empty());
  }

  /** The same with other credentials. */
  public GrpcOptions with(ServerCredentials other) {
    return new GrpcOptions(
        other,
        maxMessageBytes,
        maxCallsPerConnection,
        maxStreams,
        pingAfter,
        minPingInterval,
        grace,
        clock,
        rate,
        meters);
  }

  /** The same with the rate and the meters of other faces. */
  public GrpcOptions with(RateLimit shared, Meters counting) {
    return new GrpcOptions(
        credentials,
        maxMessageBytes,
        maxCallsPerConnection,
        maxStreams,
        pingAfter,
        minPingInterval,
        grace,
        clock,
        Optional.of(shared),
        Optional.of(counting));
  }

  /** The same with another bound on the streams that are open. */
  public GrpcOptions withMaxStreams(int most) {
    return new GrpcOptions(
        credentials,
        maxMessageBytes,
        maxCallsPerConnection,
        most,
        pingAfter,
        minPingInterval,
        grace,
        clock,
        rate,
        meters);
  }
}
