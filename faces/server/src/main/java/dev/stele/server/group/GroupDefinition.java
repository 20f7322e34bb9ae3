package dev.stele.server.group;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer group is given, and how. Immutable.
 *
 * @param stream only events of this stream
 * @param type only events of this type
 * @param after only events behind this position
 * @param lease how long a consumer has for what it was given; then it is given again
 * @param maxAttempts how often an event is given before it is parked
 */
public record GroupDefinition(
    Optional<String> stream, Optional<String> type, long after, Duration lease, int maxAttempts) {
  /** 30 seconds. */
  public static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

  /** An hour: who needs longer gives it back and takes it again. */
  public static final Duration MAX_LEASE = Duration.ofHours(1);

  /** Five times. */
  public static final int DEFAULT_ATTEMPTS = 5;

  /** A hundred times. */
  public static final int MAX_ATTEMPTS = 100;

  /** Checks the bounds. */
  public GroupDefinition {
    if (after < 0
        || lease.isNegative()
        || lease.isZero()
        || lease.compareTo(MAX_LEASE) > 0
        || maxAttempts < 1
        || maxAttempts > MAX_ATTEMPTS) {
      throw new IllegalArgumentException("a group's definition is out of its bounds");
    }
  }

  /** As it is noted in the log, and shown. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    stream.ifPresent(name -> json.put("stream", name));
    type.ifPresent(name -> json.put("type", name));
    json.put("after", after);
    json.put("leaseMillis", lease.toMillis());
    json.put("maxAttempts", maxAttempts);
    return json;
  }

  /** Reads what {@link #json} wrote. */
  static GroupDefinition of(Map<String, @Nullable Object> json) {
    return new GroupDefinition(
        Optional.ofNullable(json.get("stream")).map(String::valueOf),
        Optional.ofNullable(json.get("type")).map(String::valueOf),
        number(json, "after", 0),
        Duration.ofMillis(number(json, "leaseMillis", DEFAULT_LEASE.toMillis())),
        (int) number(json, "maxAttempts", DEFAULT_ATTEMPTS));
  }

  private static long number(Map<String, @Nullable Object> json, String name, long otherwise) {
    return json.get(name) instanceof Long number ? number : otherwise;
  }
}
