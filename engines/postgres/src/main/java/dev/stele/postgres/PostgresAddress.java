package dev.stele.postgres;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Which database of which server, as a URI says it: {@code
 * postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=S&home=DIR&pool=N}. Immutable.
 *
 * <p>The password leaves this class for the driver alone: it is in no message and in no text form.
 */
final class PostgresAddress {
  static final String SCHEME = "postgres";

  /** How a URI looks, for people. */
  static final String FORM = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";

  private static final int DEFAULT_PORT = 5_432;

  /** 10 seconds: a server that takes longer to greet is not there. */
  private static final int CONNECT_SECONDS = 10;

  /**
   * 5 minutes: a process that hangs in the middle of a transaction must not hold the log's head
   * from all others for ever.
   */
  private static final long IDLE_IN_TRANSACTION_MILLIS = 300_000;

  /** Parameters that are the driver's own. */
  private static final Map<String, PGProperty> OF_THE_DRIVER =
      Map.of("sslmode", PGProperty.SSL_MODE, "sslrootcert", PGProperty.SSL_ROOT_CERT);

  /** Parameters that are this engine's, and {@code blobs}, which is for those who wrap it. */
  private static final Set<String> KNOWN = Set.of("schema", "home", "pool", "blobs");

  private final String host;
  private final int port;
  private final String database;
  private final Optional<String> user;
  private final Optional<String> password;
  private final Map<String, String> parameters;

  private PostgresAddress(
      String host,
      int port,
      String database,
      Optional<String> user,
      Optional<String> password,
      Map<String, String> parameters) {
    this.host = host;
    this.port = port;
    this.database = database;
    this.user = user;
    this.password = password;
    this.parameters = parameters;
  }

  /**
   * Reads a URI.
   *
   * @throws IllegalArgumentException when it is not of the form; the message does not repeat it,
   *     for it may hold a password
   */
  static PostgresAddress parse(String uri) {
    URI parsed;
    try {
      parsed = new URI(uri);
    } catch (URISyntaxException e) {
      // Without the cause, whose message holds the whole URI.
      throw refused("the URI breaks off at character " + e.getIndex());
    }
    if (!SCHEME.equals(parsed.getScheme())) {
      throw refused("the scheme is not '" + SCHEME + "'");
    }
    String path = parsed.getRawPath();
    if (parsed.getHost() == null || path == null || path.length() < 2) {
      throw refused("there is no host or no database in it");
    }
    if (path.indexOf('/', 1) >= 0 || parsed.getRawFragment() != null) {
      throw refused("behind the database comes '?' and parameters, nothing else");
    }
    String[] login =
        parsed.getRawUserInfo() == null ? new String[0] : parsed.getRawUserInfo().split(":", 2);
    return new PostgresAddress(
        parsed.getHost(),
        parsed.getPort() < 0 ? DEFAULT_PORT : parsed.getPort(),
        decoded(path.substring(1)),
        login.length > 0 ? Optional.of(decoded(login[0])) : Optional.empty(),
        login.length > 1 ? Optional.of(decoded(login[1])) : Optional.empty(),
        parameters(parsed.getRawQuery()));
  }

  private static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> parameters = new TreeMap<>();
    if (query == null || query.isEmpty()) {
      return parameters;
    }
    for (String each : query.split("&")) {
      String[] parts = each.split("=", 2);
      String name = decoded(parts[0]);
      if (!KNOWN.contains(name) && !OF_THE_DRIVER.containsKey(name)) {
        throw refused("it has no parameter '" + name + "'");
      }
      if (parts.length < 2 || parameters.put(name, decoded(parts[1])) != null) {
        throw refused("the parameter '" + name + "' is given once, with a value");
      }
    }
    return parameters;
  }

  /** Percent-decoding; a plus sign is a plus sign here. */
  private static String decoded(String text) {
    String decoded;
    try {
      decoded = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw refused("a percent sign is not followed by two hexadecimal digits");
    }
    if (decoded.indexOf('\0') >= 0) {
      throw refused("a part of it holds a zero character");
    }
    return decoded;
  }

  private static IllegalArgumentException refused(String reason) {
    return new IllegalArgumentException(
        "a PostgreSQL storage is %s?schema=S&home=DIR&pool=N: %s".formatted(FORM, reason));
  }

  /** The options, with what the URI says in place of what was given. */
  PostgresOptions options(PostgresOptions otherwise) {
    int pool = otherwise.poolSize();
    String given = parameters.get("pool");
    if (given != null) {
      try {
        pool = Integer.parseInt(given);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("pool=%s is not a number".formatted(given), e);
      }
    }
    return new PostgresOptions(parameters.getOrDefault("schema", otherwise.schema()), pool);
  }

  /** The folder for the log's keys, if the URI names one. */
  Optional<String> home() {
    return Optional.ofNullable(parameters.get("home"));
  }

  /** A name for the folder of a schema's keys, where the URI names none. */
  String folderName(String schema) {
    return "%s-%d-%s-%s".formatted(host, port, database, schema).replaceAll("[^A-Za-z0-9._-]", "_");
  }

  /** What the driver needs to connect; the settings of a session are made with it, in one go. */
  PGSimpleDataSource source(String schema) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    String plainHost = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    source.setServerNames(new String[] {plainHost});
    source.setPortNumbers(new int[] {port});
    source.setDatabaseName(database);
    user.ifPresent(source::setUser);
    password.ifPresent(source::setPassword);
    source.setCurrentSchema(schema);
    source.setApplicationName("stele");
    source.setConnectTimeout(CONNECT_SECONDS);
    source.setLoginTimeout(CONNECT_SECONDS);
    source.setTcpKeepAlive(true);
    // From the first use on a statement is prepared on the server, and values come as bytes.
    source.setPrepareThreshold(1);
    source.setOptions(
        "-c default_transaction_isolation=read\\ committed -c jit=off"
            + " -c idle_in_transaction_session_timeout="
            + IDLE_IN_TRANSACTION_MILLIS);
    OF_THE_DRIVER.forEach(
        (name, property) -> {
          String value = parameters.get(name);
          if (value != null) {
            source.setProperty(property, value);
          }
        });
    return source;
  }

  /** Host, port and database; never the password. */
  @Override
  public String toString() {
    return "%s://%s:%d/%s".formatted(SCHEME, host, port, database);
  }
}
