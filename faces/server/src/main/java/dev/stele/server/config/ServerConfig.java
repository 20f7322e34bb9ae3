package dev.stele.server.config;

import dev.stele.core.engine.LogId;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.Npub;
import dev.stele.nostr.event.PublicKey;
import dev.stele.server.auth.PublicFace;
import dev.stele.server.auth.Role;
import dev.stele.server.auth.Roles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the server is to run: every {@link Setting}, read and checked. Immutable.
 *
 * <pre>
 *   default ◄── file ◄── environment ◄── flags      each wins over what is left of it
 * </pre>
 */
public final class ServerConfig {
  /** Variables of the same prefix that the binary and its script read. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          "STELE_LOG",
          "STELE_LOG_LEVEL",
          "STELE_JAVA_HOME",
          "STELE_JAVA_OPTS",
          "STELE_TIER",
          "STELE_CONFIG",
          "STELE_PEER_SOURCE");

  /** {@code NAME=ROLE@LOG}. */
  private static final Pattern CERTIFICATE_ROLE =
      Pattern.compile("(.+)=(read|append|admin)@(\\*|[a-z0-9-]{1,63})");

  /** 50 seconds: a socket on which nothing moves for 60 is cut. */
  private static final int MAX_HEARTBEAT_SECONDS = 50;

  /** An id has no more bits. */
  private static final int MAX_WORK_BITS = 256;

  /** 1 KiB: an event of one line has 300 bytes and more. */
  private static final int MIN_MESSAGE_BYTES = 1024;

  private final Map<Setting, String> values;
  private final Map<String, String> logs;

  private ServerConfig(Map<Setting, String> values, Map<String, String> logs) {
    this.values = new EnumMap<>(values);
    this.logs = Map.copyOf(logs);
  }

  /** Everything as it is where nobody sets anything. */
  public static ServerConfig defaults() {
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      values.put(setting, setting.otherwise());
    }
    return new ServerConfig(values, Map.of());
  }

  /**
   * Reads the settings of a file, the environment and the command line.
   *
   * @param file a properties file, where there is one
   * @param environment every variable there is; those that begin with {@code STELE_} are read
   * @param flags what was given on the command line
   * @throws BadSetting when a key is unknown or a value cannot be used
   */
  public static ServerConfig read(
      Optional<Path> file, Map<String, String> environment, Map<Setting, String> flags)
      throws BadSetting {
    ServerConfig config = defaults();
    Map<Setting, String> values = new EnumMap<>(config.values);
    Map<String, String> logs = new HashMap<>();
    if (file.isPresent()) {
      readFile(file.get(), values, logs);
    }
    readEnvironment(environment, values);
    values.putAll(flags);
    ServerConfig read = new ServerConfig(values, logs);
    read.check();
    return read;
  }

  private static void readFile(Path file, Map<Setting, String> values, Map<String, String> logs)
      throws BadSetting {
    Properties properties = new Properties();
    try (var in = Files.newBufferedReader(file)) {
      properties.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new BadSetting("the file %s cannot be read: %s".formatted(file, e.getMessage()));
    }
    for (String key : properties.stringPropertyNames()) {
      String value = properties.getProperty(key).strip();
      Optional<Setting> setting = Setting.ofKey(key);
      if (setting.isPresent()) {
        values.put(setting.get(), value);
      } else if (key.startsWith(Setting.LOG_PREFIX) && isLogName(key)) {
        logs.put(key.substring(Setting.LOG_PREFIX.length()), value);
      } else {
        throw new BadSetting(
            "there is no setting '%s' (in %s); did you mean '%s'?"
                .formatted(key, file, Setting.nearest(key)));
      }
    }
  }

  private static boolean isLogName(String key) {
    return key.substring(Setting.LOG_PREFIX.length()).matches("[a-z0-9-]{1,63}")
        && !Setting.ofKey(key).isPresent();
  }

  private static void readEnvironment(Map<String, String> environment, Map<Setting, String> values)
      throws BadSetting {
    Map<String, Setting> known = new LinkedHashMap<>();
    for (Setting setting : Setting.values()) {
      known.put(setting.variable(), setting);
    }
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      Setting setting = known.get(name);
      if (setting != null) {
        values.put(setting, variable.getValue().strip());
      } else if (name.startsWith(Setting.ENVIRONMENT_PREFIX) && !OTHER_VARIABLES.contains(name)) {
        String key =
            name.substring(Setting.ENVIRONMENT_PREFIX.length())
                .toLowerCase(Locale.ROOT)
                .replace('_', '.');
        throw new BadSetting(
            "there is no setting %s (in the environment); did you mean %s?"
                .formatted(name, Setting.ofKey(Setting.nearest(key)).orElseThrow().variable()));
      }
    }
  }

  /** Everything that can be known to be wrong is said before anything is opened. */
  private void check() throws BadSetting {
    oneOf(Setting.ENGINE, "sqlite", "lmdb");
    oneOf(Setting.AUTH, "loopback", "required");
    oneOf(Setting.LOG_FORMAT, "text", "json");
    var _ = port(Setting.HTTP_PORT);
    if (!text(Setting.GRPC_PORT).equals("off")) {
      var _ = port(Setting.GRPC_PORT);
    }
    for (Setting number :
        List.of(
            Setting.LIMIT_BODY,
            Setting.LIMIT_CONNECTIONS,
            Setting.LIMIT_FOLLOWERS,
            Setting.LIMIT_RATE,
            Setting.LIMIT_LOGS,
            Setting.STOP_WITHIN)) {
      var _ = checkedNumber(number);
    }
    for (Setting number : List.of(Setting.MCP_EVENTS, Setting.MCP_DAYS, Setting.MCP_CACHE)) {
      if (checkedNumber(number) == 0) {
        throw new BadSetting("%s is a whole number from 1".formatted(number.key()));
      }
    }
    checkRelay();
    for (String face : words(Setting.PUBLIC)) {
      if (PublicFace.of(face).isEmpty()) {
        throw new BadSetting(
            "%s is made of tiles, witness, metrics, relay and console, not '%s'"
                .formatted(Setting.PUBLIC.key(), face));
      }
    }
    for (String word : words(Setting.TLS_ROLES)) {
      if (!CERTIFICATE_ROLE.matcher(word).matches()) {
        throw new BadSetting(
            "tls.roles is made of NAME=ROLE@LOG, such as ci=append@main, not '%s'".formatted(word));
      }
    }
    together(Setting.TLS_CERTIFICATE, Setting.TLS_KEY);
    together(Setting.JWT_ISSUER, Setting.JWT_KEYS);
    if (isSet(Setting.TLS_CLIENTS) && !isSet(Setting.TLS_CERTIFICATE)) {
      throw new BadSetting("tls.clients needs tls.certificate");
    }
    if (isSet(Setting.WITNESS_NAME)
        && (!isSet(Setting.WITNESS_KEY) || !isSet(Setting.WITNESS_LOGS))) {
      throw new BadSetting("witness.name needs witness.key and witness.logs");
    }
    for (Setting bind : List.of(Setting.HTTP_BIND, Setting.GRPC_BIND)) {
      if (!isLoopback(text(bind)) && !requiresCredentials()) {
        throw new BadSetting(
            "%s is %s, which others can reach, and auth is loopback: set auth=required (see"
                    .formatted(bind.key(), text(bind))
                + " docs/operate/server.md), or bind 127.0.0.1");
      }
    }
  }

  private void checkRelay() throws BadSetting {
    oneOf(Setting.RELAY_AUTH, "off", "write", "all");
    for (Setting number :
        List.of(Setting.RELAY_WORK, Setting.RELAY_EVENTS, Setting.RELAY_REQUESTS)) {
      var _ = checkedNumber(number);
    }
    between(Setting.RELAY_WORK, 0, MAX_WORK_BITS);
    between(Setting.RELAY_MESSAGE, MIN_MESSAGE_BYTES, EventJson.MAX_TEXT_BYTES);
    between(Setting.RELAY_CONTENT, 0, EventJson.MAX_TEXT_BYTES);
    between(Setting.RELAY_TAGS, 0, NostrEvent.MAX_TAGS);
    for (Setting number :
        List.of(
            Setting.RELAY_SUBSCRIPTIONS,
            Setting.RELAY_SUBSCRIPTIONS_ALL,
            Setting.RELAY_FILTERS,
            Setting.RELAY_LIMIT,
            Setting.RELAY_CONNECTIONS,
            Setting.RELAY_CONNECTIONS_ADDRESS,
            Setting.RELAY_PATIENCE)) {
      between(number, 1, Integer.MAX_VALUE);
    }
    between(Setting.RELAY_HEARTBEAT, 1, MAX_HEARTBEAT_SECONDS);
    if (isSet(Setting.RELAY_LOG) && !text(Setting.RELAY_LOG).matches("[a-z0-9-]{1,63}")) {
      throw new BadSetting("relay.log is a log's name: 1 to 63 of a to z, 0 to 9 and -");
    }
    if (text(Setting.RELAY_LOG).equals("system")) {
      throw new BadSetting("relay.log is not system, which is the server's own");
    }
    if (isSet(Setting.RELAY_URL) && !text(Setting.RELAY_URL).matches("wss?://[^\\s/]+.*")) {
      throw new BadSetting(
          "relay.url begins with ws:// or wss://, not '%s'".formatted(text(Setting.RELAY_URL)));
    }
    for (Setting keys : List.of(Setting.RELAY_OWNER, Setting.RELAY_WRITERS, Setting.RELAY_DENIED)) {
      for (String word : words(keys)) {
        if (Npub.keyOf(word).isEmpty()) {
          // Never the word itself: it might be a secret key.
          throw new BadSetting("%s is npub1… or 64 hex digits".formatted(keys.key()));
        }
      }
    }
    if (words(Setting.RELAY_OWNER).size() > 1) {
      throw new BadSetting("relay.owner is one key");
    }
    for (String kind : words(Setting.RELAY_PRIVATE)) {
      if (!kind.matches("\\d{1,5}") || Integer.parseInt(kind) > NostrEvent.MAX_KIND) {
        throw new BadSetting(
            "relay.private is made of kinds, 0 to 65535, not '%s'".formatted(kind));
      }
    }
  }

  private void between(Setting setting, int least, int most) throws BadSetting {
    int number = checkedNumber(setting);
    if (number < least || number > most) {
      throw new BadSetting(
          "%s is a whole number from %d to %d, not %d"
              .formatted(setting.key(), least, most, number));
    }
  }

  /** Whether an address can only be reached from this machine; names are not looked up. */
  public static boolean isLoopback(String address) {
    return address.equals("localhost")
        || address.equals("::1")
        || address.equals("[::1]")
        || address.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
  }

  private void oneOf(Setting setting, String... words) throws BadSetting {
    if (!List.of(words).contains(text(setting))) {
      throw new BadSetting(
          "%s is %s, not '%s'".formatted(setting.key(), String.join(" or ", words), text(setting)));
    }
  }

  private void together(Setting one, Setting other) throws BadSetting {
    if (isSet(one) != isSet(other)) {
      throw new BadSetting("%s and %s belong together".formatted(one.key(), other.key()));
    }
  }

  private int port(Setting setting) throws BadSetting {
    int port = checkedNumber(setting);
    if (port > 65_535) {
      throw new BadSetting("%s is a port from 0 to 65535".formatted(setting.key()));
    }
    return port;
  }

  private int checkedNumber(Setting setting) throws BadSetting {
    try {
      int number = Integer.parseInt(text(setting));
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new BadSetting(
          "%s is a whole number from 0, not '%s'".formatted(setting.key(), text(setting)));
    }
    throw new BadSetting("%s is a whole number from 0".formatted(setting.key()));
  }

  // ---- asking ----

  /** The same with one setting changed; not checked again. For those who run a server in code. */
  public ServerConfig with(Setting setting, String value) {
    Map<Setting, String> changed = new EnumMap<>(values);
    changed.put(setting, value);
    return new ServerConfig(changed, logs);
  }

  /** The same with a log that is kept elsewhere. For those who run a server in code. */
  public ServerConfig withLog(String name, String uri) {
    Map<String, String> named = new HashMap<>(logs);
    named.put(name, uri);
    return new ServerConfig(values, named);
  }

  /** The text of a setting; empty where nothing is set. */
  public String text(Setting setting) {
    return values.getOrDefault(setting, "");
  }

  /** Whether a setting is anything. */
  public boolean isSet(Setting setting) {
    return !text(setting).isEmpty();
  }

  /** A setting as a file or folder. */
  public Optional<Path> path(Setting setting) {
    return isSet(setting) ? Optional.of(Path.of(text(setting))) : Optional.empty();
  }

  /** A setting that is a whole number. */
  public int number(Setting setting) {
    return Integer.parseInt(text(setting));
  }

  /** The port of gRPC; empty where it is switched off. */
  public OptionalInt grpcPort() {
    return text(Setting.GRPC_PORT).equals("off")
        ? OptionalInt.empty()
        : OptionalInt.of(number(Setting.GRPC_PORT));
  }

  /** A setting that is several words with commas between. */
  public List<String> words(Setting setting) {
    return List.of(text(setting).split(",")).stream()
        .map(String::strip)
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /** Keys of Nostr authors, as npub or hex. */
  public Set<PublicKey> nostrKeys(Setting setting) {
    return words(setting).stream()
        .flatMap(word -> Npub.keyOf(word).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** What needs no credential. */
  public Set<PublicFace> publicFaces() {
    Set<PublicFace> faces = EnumSet.noneOf(PublicFace.class);
    words(Setting.PUBLIC).forEach(word -> PublicFace.of(word).ifPresent(faces::add));
    return faces;
  }

  /** Whether also this machine needs a credential. */
  public boolean requiresCredentials() {
    return text(Setting.AUTH).equals("required");
  }

  /** Whether somebody can be recognised by something else than a token. */
  public boolean hasOtherCredentials() {
    return isSet(Setting.JWT_ISSUER) || isSet(Setting.TLS_CLIENTS);
  }

  /** Roles by the common name of a client's certificate. */
  public Map<String, Map<String, Role>> certificateRoles() {
    Map<String, Map<String, Role>> roles = new HashMap<>();
    for (String word : words(Setting.TLS_ROLES)) {
      Matcher matcher = CERTIFICATE_ROLE.matcher(word);
      if (matcher.matches()) {
        Roles.role(matcher.group(2))
            .ifPresent(
                role ->
                    roles
                        .computeIfAbsent(matcher.group(1), _ -> new HashMap<>())
                        .put(matcher.group(3), role));
      }
    }
    return roles;
  }

  /** Logs that are kept elsewhere, by their names. */
  public Map<LogId, String> logs() {
    Map<LogId, String> named = new HashMap<>();
    logs.forEach((name, uri) -> named.put(new LogId(name), uri));
    return named;
  }
}
