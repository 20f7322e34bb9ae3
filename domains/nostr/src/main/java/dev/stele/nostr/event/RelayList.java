package dev.stele.nostr.event;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The relays that an author reads from and writes to (NIP-65).
 *
 * <p>Immutable.
 *
 * @param relays in the order of the list, each once
 */
public record RelayList(List<Relay> relays) {
  /** The kind of events that hold one. */
  public static final int KIND = 10_002;

  /** 255 characters of a URL: as many bytes as an {@code nprofile} can tell of one. */
  public static final int MAX_URL_CHARS = 255;

  /** 200 relays: NIP-65 asks for two to four of each sort; nobody connects to more than these. */
  public static final int MAX_RELAYS = 200;

  private static final Map<String, Integer> PORTS = Map.of("ws", 80, "wss", 443);

  /**
   * One relay.
   *
   * @param url as {@link #normalize} writes it
   * @param read whether the author reads there what mentions them
   * @param write whether the author writes there
   */
  public record Relay(String url, boolean read, boolean write) {
    private Relay and(Relay other) {
      return new Relay(url, read || other.read, write || other.write);
    }
  }

  /** Copies the list. */
  public RelayList {
    relays = List.copyOf(relays);
  }

  /**
   * Reads the list of an event: its {@code r} tags. A marker is {@code read} or {@code write} in
   * any case, and anything else means both; a URL that is none is passed over; a relay that is
   * named twice is one; the first {@link #MAX_RELAYS} count.
   *
   * @throws IllegalArgumentException if the event is of another kind
   */
  public static RelayList of(NostrEvent event) {
    if (event.kind() != KIND) {
      throw new IllegalArgumentException("an event of kind " + event.kind() + " lists no relays");
    }
    Map<String, Relay> relays = new LinkedHashMap<>();
    for (List<String> tag : event.tags()) {
      if (tag.size() < 2 || !tag.getFirst().equals("r")) {
        continue;
      }
      String marker = tag.size() > 2 ? tag.get(2).strip().toLowerCase(Locale.ROOT) : "";
      normalize(tag.get(1))
          .map(url -> new Relay(url, !marker.equals("write"), !marker.equals("read")))
          .filter(relay -> relays.size() < MAX_RELAYS || relays.containsKey(relay.url()))
          .ifPresent(relay -> relays.merge(relay.url(), relay, Relay::and));
    }
    return new RelayList(List.copyOf(relays.values()));
  }

  /**
   * Writes the URL of a relay in the one way by which two of them can be compared: {@code ws} or
   * {@code wss} and the host in lower case, no port that is meant anyway, no slash at the end, no
   * fragment.
   *
   * @return empty where the text is no such URL, names a user, or is longer than {@link
   *     #MAX_URL_CHARS}
   */
  public static Optional<String> normalize(String text) {
    String stripped = text.strip();
    if (stripped.length() > MAX_URL_CHARS) {
      return Optional.empty();
    }
    URI uri;
    try {
      uri = new URI(stripped).parseServerAuthority();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
    String scheme = lower(uri.getScheme());
    String host = lower(uri.getHost());
    if (!PORTS.containsKey(scheme) || host.isEmpty() || uri.getRawUserInfo() != null) {
      return Optional.empty();
    }
    StringBuilder out = new StringBuilder(scheme).append("://").append(host);
    if (uri.getPort() >= 0 && uri.getPort() != PORTS.getOrDefault(scheme, -1)) {
      out.append(':').append(uri.getPort());
    }
    out.append(withoutSlashes(uri.getRawPath()));
    if (uri.getRawQuery() != null) {
      out.append('?').append(uri.getRawQuery());
    }
    return isAscii(out) ? Optional.of(out.toString()) : Optional.empty();
  }

  private static String lower(@Nullable String part) {
    return part == null ? "" : part.toLowerCase(Locale.ROOT);
  }

  private static String withoutSlashes(@Nullable String path) {
    if (path == null) {
      return "";
    }
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }

  /** A URL of other characters than these would have to be encoded first; who lists it has not. */
  private static boolean isAscii(CharSequence text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }
}
