package dev.stele.client;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * A connection to a Stele server, as long-lived as the program.
 *
 * <p>Thread-safe. Nothing is sent before something is asked for.
 */
public final class SteleClient implements AutoCloseable {
  private static final Pattern LOG_NAME = Pattern.compile("[a-z0-9-]{1,63}");

  private final URI base;
  private final Requests requests;

  private SteleClient(URI base, Requests requests) {
    this.base = base;
    this.requests = requests;
  }

  /**
   * Makes a client of the server at an address.
   *
   * @param base such as {@code https://log.example}, with or without a path in front of the
   *     server's own
   * @throws IllegalArgumentException unless it is an http or https address without user, query or
   *     fragment
   */
  public static SteleClient connect(URI base, ClientOptions options) {
    return connect(base, options, Pauses.SLEEP);
  }

  static SteleClient connect(URI base, ClientOptions options, Pauses pauses) {
    boolean web = "http".equals(base.getScheme()) || "https".equals(base.getScheme());
    if (!web
        || base.getHost() == null
        || base.getRawUserInfo() != null
        || base.getRawQuery() != null
        || base.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "a server's address is http://HOST or https://HOST, with a port and a path if need be");
    }
    String text = base.toString();
    URI plain = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
    return new SteleClient(plain, new Requests(plain, options, pauses));
  }

  /** A log by its name, whose key is the one that an earlier use has pinned. */
  public RemoteLog log(String name) {
    return log(name, TrustPolicy.pinned());
  }

  /**
   * A log by its name, and whom to believe about it.
   *
   * @throws IllegalArgumentException unless the name is {@code [a-z0-9-]{1,63}}
   */
  public RemoteLog log(String name, TrustPolicy policy) {
    if (!LOG_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("a log's name is [a-z0-9-]{1,63}, not: " + name);
    }
    return new RemoteLog(requests, base, name, policy);
  }

  /** Ends all requests and subscriptions; those under way fail. */
  @Override
  public void close() {
    requests.close();
  }

  @Override
  public String toString() {
    return "SteleClient[" + base + "]";
  }
}
