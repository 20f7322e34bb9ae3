package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Word of a sync that it has read some kinds from a relay up to a time: an event of the log, of
 * type {@link #TYPE}, which nobody signs. Its payload is one line of JSON without white space:
 *
 * <pre>
 *   {"relay":"wss://relay.example","kinds":[0,1,7],"since":1700000000,"updated_at":1700000900}
 * </pre>
 *
 * <p>To be appended only when everything before {@code since} that the relay has is durable here.
 * Immutable.
 *
 * @param relay as {@link RelayList#normalize} writes it
 * @param kinds 1 to {@link #MAX_KINDS}, ascending, each once
 * @param since what is older than that, in seconds since 1970, was read
 * @param updatedAt when that was said, in seconds since 1970 by the sync's clock
 */
public record SyncProgress(String relay, List<Integer> kinds, long since, long updatedAt) {
  /** The type of these events in the log; no kind is called like that. */
  public static final String TYPE = "nostr.progress";

  /** 256 kinds: ten times those that one subscription asks for. */
  public static final int MAX_KINDS = 256;

  private static final String NUMBER = "0|[1-9][0-9]{0,15}";

  private static final Pattern TEXT =
      Pattern.compile(
          ("\\{\"relay\":\"([!#-\\[\\]-~]+)\",\"kinds\":\\[([0-9,]+)\\],"
                  + "\"since\":(%s),\"updated_at\":(%s)\\}")
              .formatted(NUMBER, NUMBER));

  /**
   * Checks the parts, and brings the kinds in order.
   *
   * @throws IllegalArgumentException if one is out of its bounds
   */
  public SyncProgress {
    kinds = List.copyOf(new TreeSet<>(kinds));
    if (!RelayList.normalize(relay).equals(Optional.of(relay)) || !isPlain(relay)) {
      throw new IllegalArgumentException("no normalized URL of a relay is '" + relay + "'");
    }
    if (kinds.isEmpty() || kinds.size() > MAX_KINDS) {
      throw new IllegalArgumentException(
          "progress is of 1 to %d kinds, not of %d".formatted(MAX_KINDS, kinds.size()));
    }
    if (kinds.getFirst() < 0 || kinds.getLast() > NostrEvent.MAX_KIND) {
      throw new IllegalArgumentException("a kind is 0 to 65535, unlike one of " + kinds);
    }
    requireTime(since);
    requireTime(updatedAt);
  }

  private static boolean isPlain(String relay) {
    return relay.indexOf('"') < 0 && relay.indexOf('\\') < 0;
  }

  private static void requireTime(long seconds) {
    if (seconds < 0 || seconds > NostrEvent.MAX_CREATED_AT) {
      throw new IllegalArgumentException("a time is 0 to 2^53 - 1, not " + seconds);
    }
  }

  /** The payload. */
  public byte[] write() {
    String list = kinds.stream().map(String::valueOf).collect(Collectors.joining(","));
    return "{\"relay\":\"%s\",\"kinds\":[%s],\"since\":%d,\"updated_at\":%d}"
        .formatted(relay, list, since, updatedAt)
        .getBytes(UTF_8);
  }

  /** Reads a payload; empty where it is not one that {@link #write} could have written. */
  public static Optional<SyncProgress> parse(byte[] payload) {
    Matcher parts = TEXT.matcher(new String(payload, UTF_8));
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      SyncProgress read =
          new SyncProgress(
              parts.group(1),
              List.of(parts.group(2).split(",", -1)).stream().map(Integer::valueOf).toList(),
              Long.parseLong(parts.group(3)),
              Long.parseLong(parts.group(4)));
      return Arrays.equals(read.write(), payload) ? Optional.of(read) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
