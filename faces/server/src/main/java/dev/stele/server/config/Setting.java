package dev.stele.server.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything about the server that can be set: the one table of it.
 *
 * <p>A setting is called {@code http.port} in a file, {@code STELE_HTTP_PORT} in the environment
 * and {@code --http-port} on the command line. Flags win over the environment, that over the file,
 * that over the default.
 */
public enum Setting {
  DATA("stele-data", "the folder of the logs, their keys and views"),
  ENGINE("sqlite", "what keeps logs that are made here: sqlite or lmdb"),
  ORIGIN("", "what the origins of new logs begin with, such as example.com; default: drawn"),
  ANCHORS("", "the folder of new logs' anchors, better on another disk; default: user's state"),
  HTTP_BIND("127.0.0.1", "the address of HTTP; other than loopback needs auth=required"),
  HTTP_PORT("8080", "the port of HTTP; 0: any that is free"),
  GRPC_BIND("127.0.0.1", "the address of gRPC; other than loopback needs auth=required"),
  GRPC_PORT("50051", "the port of gRPC; 0: any that is free; off: none"),
  AUTH("loopback", "loopback: this machine may everything; required: everybody needs a credential"),
  PUBLIC("", "what needs no credential: tiles, witness, metrics, relay, console (commas)"),
  JWT_ISSUER("", "the issuer whose JWTs are accepted"),
  JWT_AUDIENCE("stele", "the audience that a JWT must name"),
  JWT_KEYS("", "the issuer's public keys, a JWK set: a file, or its URL"),
  JWT_ROLES("stele", "the claim of a JWT that gives roles: {\"LOG or *\": \"read|append|admin\"}"),
  TLS_CERTIFICATE("", "the file of the certificate chain, PEM; read again when it changes"),
  TLS_KEY("", "the file of its private key, PEM, PKCS #8"),
  TLS_CLIENTS("", "the file of the authorities of client certificates, PEM; asks for them"),
  TLS_ROLES("", "roles by a client certificate's common name: NAME=ROLE@LOG (commas)"),
  LIMIT_BODY("33554432", "the largest body of an append, in bytes"),
  LIMIT_CONNECTIONS("10000", "how many connections may be open"),
  LIMIT_FOLLOWERS("5000", "how many may follow logs at a time"),
  LIMIT_RATE("1000", "requests a second of one principal, not of loopback; 0: no limit"),
  LIMIT_LOGS("1000", "how many logs there may be"),
  MCP_EVENTS("1000", "how many events each MCP stream keeps"),
  MCP_DAYS("30", "for how many days events of MCP streams are kept"),
  MCP_CACHE("100000000", "how many bytes of MCP streams are held in memory"),
  RELAY_LOG(
      "", "the log of the relay at /, made where it is not there; default: first of kind nostr"),
  RELAY_URL("", "the relay's URL as clients write it; default: ws:// and where HTTP listens"),
  RELAY_NAME("Stele", "the relay's name"),
  RELAY_DESCRIPTION("A relay that keeps events in a verifiable log.", "what the relay is for"),
  RELAY_CONTACT("", "where the relay's owner is reached, such as mailto:admin@example.com"),
  RELAY_OWNER("", "the owner's public key: npub or hex"),
  RELAY_WRITERS("", "who may write besides the owner: npub or hex (commas); default: everybody"),
  RELAY_DENIED("", "who may not write: npub or hex (commas)"),
  RELAY_AUTH("off", "who must authenticate (NIP-42): off, write or all"),
  RELAY_PRIVATE("1059", "kinds that only their author and those they name may read (commas)"),
  RELAY_WORK("0", "bits of work that each event's id must show (NIP-13)"),
  RELAY_EVENTS("0", "events a minute of one address; 0: no limit"),
  RELAY_REQUESTS("0", "REQs and COUNTs a minute of one address; 0: no limit"),
  RELAY_MESSAGE("524288", "the longest message of a client, in bytes"),
  RELAY_CONTENT("0", "the longest content of an event, in characters; 0: as the message allows"),
  RELAY_TAGS("5000", "the most tags of an event"),
  RELAY_SUBSCRIPTIONS("200", "how many subscriptions one connection may have open"),
  RELAY_SUBSCRIPTIONS_ALL("100000", "how many subscriptions all connections may have open"),
  RELAY_FILTERS("100", "how many filters one request may have"),
  RELAY_LIMIT("5000", "the most stored events that one filter is answered with"),
  RELAY_CONNECTIONS("5000", "how many connections the relay may have"),
  RELAY_CONNECTIONS_ADDRESS("100", "how many of them from one address; loopback has no limit"),
  RELAY_FORWARDED("", "the header in which a proxy on this machine says who calls"),
  RELAY_HEARTBEAT("25", "after how many seconds of silence a client is pinged, and let go"),
  RELAY_PATIENCE("30", "how many seconds a client may take to read one message"),
  WITNESS_KEY("", "the file of this witness's secret key; made where it is not there"),
  WITNESS_NAME("", "this witness's name; cosigns only where it is set"),
  WITNESS_LOGS("", "the file of the logs it cosigns: public keys, one a line"),
  WITNESS_POLICY("", "the file of the witnesses that our own checkpoints are sent to"),
  PUBLISH("", "a folder that each log's tiles and checkpoint are written to as well"),
  LOG_FORMAT("text", "lines of the server's own log: text or json"),
  TRACING("", "the URL that traces are sent to (OTLP over HTTP); off where it is empty"),
  STOP_WITHIN("30", "how many seconds requests under way are given when the server stops");

  /** What names a log that is kept elsewhere: {@code log.NAME = URI}. */
  public static final String LOG_PREFIX = "log.";

  /** What environment variables begin with. */
  public static final String ENVIRONMENT_PREFIX = "STELE_";

  private final String otherwise;
  private final String meaning;

  Setting(String otherwise, String meaning) {
    this.otherwise = otherwise;
    this.meaning = meaning;
  }

  /** The name in a file, such as {@code http.port}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '.');
  }

  /** The name in the environment, such as {@code STELE_HTTP_PORT}. */
  public String variable() {
    return ENVIRONMENT_PREFIX + name();
  }

  /** The name on the command line, such as {@code --http-port}. */
  public String flag() {
    return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What it is where nobody sets it; empty for nothing. */
  public String otherwise() {
    return otherwise;
  }

  /** What it means, in a line. */
  public String meaning() {
    return meaning;
  }

  /** The setting of a key in a file. */
  public static Optional<Setting> ofKey(String key) {
    for (Setting setting : values()) {
      if (setting.key().equals(key)) {
        return Optional.of(setting);
      }
    }
    return Optional.empty();
  }

  /** The key that looks most like a wrong one. */
  public static String nearest(String wrong) {
    List<String> keys = new ArrayList<>();
    for (Setting setting : values()) {
      keys.add(setting.key());
    }
    return keys.stream()
        .min((a, b) -> Integer.compare(distance(a, wrong), distance(b, wrong)))
        .orElseThrow();
  }

  /** How many characters are to be changed, added or left out (Levenshtein). */
  private static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[other.length()];
  }
}
