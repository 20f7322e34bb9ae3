package dev.stele.mcp.sdk;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The names under which a server is asked, so that a web page of another place cannot use it with
 * the help of its visitor's browser (DNS rebinding; MCP 2025-11-25, Streamable HTTP, security
 * warning).
 *
 * <p>A request's {@code Host} must be one of the names; its {@code Origin}, where a browser sends
 * one, must be a page of one of the names or be listed itself. Immutable.
 *
 * @param names host names without a port, in lower case; an IPv6 address in brackets
 * @param origins further origins whose pages may ask, such as {@code https://app.example.com}
 */
public record AllowedHosts(Set<String> names, Set<String> origins) {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  /** Copies the sets. */
  public AllowedHosts {
    names = names.stream().map(AllowedHosts::lower).collect(Collectors.toUnmodifiableSet());
    origins = origins.stream().map(AllowedHosts::lower).collect(Collectors.toUnmodifiableSet());
  }

  /** This machine alone, by the names that it has for itself. */
  public static AllowedHosts loopback() {
    return new AllowedHosts(LOOPBACK, Set.of());
  }

  /** These names as well. */
  public AllowedHosts andNames(String... more) {
    return new AllowedHosts(
        Stream.concat(names.stream(), Stream.of(more)).collect(Collectors.toSet()), origins);
  }

  /** The pages of these origins as well. */
  public AllowedHosts andOrigins(String... more) {
    return new AllowedHosts(
        names, Stream.concat(origins.stream(), Stream.of(more)).collect(Collectors.toSet()));
  }

  /** Tells whether a request with these headers may be answered. */
  boolean allow(List<String> host, List<String> origin) {
    return host.size() == 1
        && names.contains(withoutPort(lower(host.getFirst())))
        && (origin.isEmpty() || (origin.size() == 1 && allowsOrigin(lower(origin.getFirst()))));
  }

  private boolean allowsOrigin(String origin) {
    if (origins.contains(origin)) {
      return true;
    }
    try {
      URI uri = new URI(origin);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getRawAuthority() != null
          && names.contains(withoutPort(uri.getRawAuthority()));
    } catch (URISyntaxException noOrigin) {
      return false;
    }
  }

  private static String withoutPort(String authority) {
    return authority.replaceFirst(":\\d{1,5}$", "");
  }

  private static String lower(String name) {
    return name.strip().toLowerCase(Locale.ROOT);
  }
}
