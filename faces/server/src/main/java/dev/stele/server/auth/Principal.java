package dev.stele.server.auth;

import java.util.Map;
import java.util.Optional;

/**
 * Who a request is from, as every face sees it. Immutable.
 *
 * @param name as it stands in the audit and in metrics, such as {@code token:ci} or {@code local};
 *     never a secret
 * @param kind how it was recognised
 * @param roles by the name of a log; {@link #EVERY_LOG} for all, also those to come
 */
public record Principal(String name, Kind kind, Map<String, Role> roles) {
  /** Stands for every log. */
  public static final String EVERY_LOG = "*";

  /** How a principal was recognised. */
  public enum Kind {
    /** By nothing but its address: this very machine. */
    LOOPBACK,
    /** By nothing at all: what is public is for everybody. */
    ANONYMOUS,
    /** By an API token. */
    TOKEN,
    /** By a JWT of a trusted issuer. */
    JWT,
    /** By a client certificate. */
    CERTIFICATE
  }

  /** Whoever speaks from this machine, where no authentication is asked for. */
  public static final Principal LOCAL =
      new Principal("local", Kind.LOOPBACK, Map.of(EVERY_LOG, Role.ADMIN));

  /** Whoever speaks from elsewhere without a credential. */
  public static final Principal ANONYMOUS = new Principal("anonymous", Kind.ANONYMOUS, Map.of());

  /** Copies the roles. */
  public Principal {
    roles = Map.copyOf(roles);
  }

  /** Whether this principal may act in a role on a log. */
  public boolean may(Role role, String log) {
    return roleOn(log).filter(has -> has.includes(role)).isPresent();
  }

  /** Whether this principal may act in a role on every log, and on the server. */
  public boolean may(Role role) {
    return may(role, EVERY_LOG);
  }

  /** The highest role on a log, if there is any. */
  public Optional<Role> roleOn(String log) {
    Role everywhere = roles.get(EVERY_LOG);
    Role here = roles.get(log);
    if (everywhere == null || here == null) {
      return Optional.ofNullable(everywhere == null ? here : everywhere);
    }
    return Optional.of(here.includes(everywhere) ? here : everywhere);
  }
}
