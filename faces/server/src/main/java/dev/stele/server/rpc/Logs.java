package dev.stele.server.rpc;

import dev.stele.server.auth.Principal;
import dev.stele.server.auth.Role;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;

/** The logs, as the principal of the current call may see them. Thread-safe. */
final class Logs {
  private final Host host;

  Logs(Host host) {
    this.host = host;
  }

  Host host() {
    return host;
  }

  /** Who asks. */
  static Principal principal() {
    Principal principal = PrincipalInterceptor.PRINCIPAL.get();
    return principal == null ? Principal.ANONYMOUS : principal;
  }

  /** The log of a name, for somebody in a role; who has no role learns nothing of what there is. */
  HostedLog require(Role role, String name) {
    if (!principal().may(role, name)) {
      throw forbidden(role);
    }
    return host.find(name)
        .orElseThrow(
            () -> Problem.NOT_FOUND.because("there is no log called '%.63s'".formatted(name)));
  }

  /** The log of a name, where callers may change what is in it. */
  HostedLog requireOpenToCallers(Role role, String name) {
    HostedLog log = require(role, name);
    if (log.name().equals(Host.SYSTEM)) {
      throw Problem.FORBIDDEN.because("only the server itself writes to this log");
    }
    return log;
  }

  static void requireOnServer(Role role) {
    if (!principal().may(role)) {
      throw forbidden(role);
    }
  }

  private static RuntimeException forbidden(Role role) {
    return Problem.FORBIDDEN.because(
        "this needs the role %s".formatted(role.name().toLowerCase(java.util.Locale.ROOT)));
  }
}
