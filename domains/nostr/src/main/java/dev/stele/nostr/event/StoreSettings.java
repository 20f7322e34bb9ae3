package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a store was told that changes what its tables hold: whose it is, and where it is served. An
 * event of the log, of type {@link #TYPE}, which nobody signs. Its payload is lines, each ended by
 * a line feed: first the owner, if there is one, then the URLs in order.
 *
 * <pre>
 *   owner 79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
 *   relay wss://relay.example
 * </pre>
 *
 * <p>Immutable.
 *
 * @param owner whose store it is
 * @param relays its URLs, at most {@link #MAX_RELAYS}, each of 1 to {@link #MAX_RELAY_CHARS}
 *     characters none of which is a control character
 */
public record StoreSettings(Optional<PublicKey> owner, Set<String> relays) {
  /** The type of these events in the log; no kind is called like that. */
  public static final String TYPE = "nostr.settings";

  /** What a store begins with: nobody's, and served nowhere that a request could name. */
  public static final StoreSettings NONE = new StoreSettings(Optional.empty(), Set.of());

  /** 64 URLs: a relay has one, and a few that it had before. */
  public static final int MAX_RELAYS = 64;

  /** 1,024 characters: four times the longest name of a host. */
  public static final int MAX_RELAY_CHARS = 1_024;

  private static final String OWNER = "owner ";
  private static final String RELAY = "relay ";

  /**
   * Checks the URLs, and copies the set.
   *
   * @throws IllegalArgumentException if there are too many, or one is out of its bounds
   */
  public StoreSettings {
    relays = Set.copyOf(relays);
    if (relays.size() > MAX_RELAYS) {
      throw new IllegalArgumentException(
          "a store has at most %d URLs, not %d".formatted(MAX_RELAYS, relays.size()));
    }
    for (String relay : relays) {
      if (relay.isEmpty()
          || relay.length() > MAX_RELAY_CHARS
          || relay.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException(
            "a URL has 1 to %d characters and no control characters, unlike '%s'"
                .formatted(MAX_RELAY_CHARS, relay.strip()));
      }
    }
  }

  /** The payload. */
  public byte[] write() {
    StringBuilder lines = new StringBuilder();
    owner.ifPresent(key -> lines.append(OWNER).append(key.hex()).append('\n'));
    new TreeSet<>(relays).forEach(relay -> lines.append(RELAY).append(relay).append('\n'));
    return lines.toString().getBytes(UTF_8);
  }

  /** Reads a payload; empty where it is not one that {@link #write} could have written. */
  public static Optional<StoreSettings> parse(byte[] payload) {
    Optional<PublicKey> owner = Optional.empty();
    Set<String> relays = new TreeSet<>();
    for (String line : new String(payload, UTF_8).lines().toList()) {
      if (line.startsWith(OWNER) && NostrEvent.isHash(line.substring(OWNER.length()))) {
        owner = Optional.of(PublicKey.ofHex(line.substring(OWNER.length())));
      } else if (line.startsWith(RELAY)) {
        relays.add(line.substring(RELAY.length()));
      }
    }
    try {
      StoreSettings read = new StoreSettings(owner, relays);
      // Whatever was left out, doubled or out of order shows here.
      return Arrays.equals(read.write(), payload) ? Optional.of(read) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
