package dev.stele.server.rpc;

import dev.stele.server.auth.Principal;
import dev.stele.server.auth.Role;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;
import java.util.Locale;

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

  /** Whether the principal may act in a role on a log; the server's own is for administrators. */
  static boolean may(Role role, String name) {
    return name.equals(Host.SYSTEM) ? principal().may(Role.ADMIN) : principal().may(role, name);
  }

  /** The log of a name, for somebody in a role; who has no role learns nothing of what there is. */
  HostedLog require(Role role, String name) {
    if (!may(role, name)) {
      throw refused(role);
    }
    return host.find(name)
        .orElseThrow(
            () -> Problem.NOT_FOUND.because("there is no log called '%.63s'".formatted(name)));
  }

  /** The log of a name, where callers may change what is in it. */
  HostedLog requireOpenToCallers(Role role, String name) {
    HostedLog log = require(role, name);
    if (log.isServersOwn()) {
      throw Problem.FORBIDDEN.because("only the server itself writes to this log");
    }
    return log;
  }

  static void requireOnServer(Role role) {
    if (!principal().may(role)) {
      throw refused(role);
    }
  }

  private static RuntimeException refused(Role role) {
    return principal().kind() == Principal.Kind.ANONYMOUS
        ? Problem.UNAUTHENTICATED.because("this needs a credential")
        : Problem.FORBIDDEN.because(
            "this needs the role %s".formatted(role.name().toLowerCase(Locale.ROOT)));
  }
}
