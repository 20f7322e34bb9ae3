package dev.stele.server.auth;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Roles as they are written: by the name of a log, or {@code *} for every log. */
public final class Roles {
  /** 100 logs: whoever needs more has one role for all. */
  private static final int MAX = 100;

  private Roles() {}

  /** A role of a name, if it is one. */
  public static Optional<Role> role(String text) {
    for (Role role : Role.values()) {
      if (text(role).equals(text)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }

  /** The name of a role. */
  public static String text(Role role) {
    return role.name().toLowerCase(Locale.ROOT);
  }

  /** Roles as an object for JSON. */
  public static Map<String, String> json(Map<String, Role> roles) {
    Map<String, String> json = new TreeMap<>();
    roles.forEach((log, role) -> json.put(log, text(role)));
    return json;
  }

  /**
   * Reads roles of an object.
   *
   * @return empty where one of them is no role of a log, or there are none or too many
   */
  public static Optional<Map<String, Role>> read(Object json) {
    if (!(json instanceof Map<?, ?> written) || written.isEmpty() || written.size() > MAX) {
      return Optional.empty();
    }
    Map<String, Role> roles = new TreeMap<>();
    for (Map.Entry<?, ?> each : written.entrySet()) {
      String log = String.valueOf(each.getKey());
      Optional<Role> role = role(String.valueOf(each.getValue()));
      if (role.isEmpty() || !(log.equals("*") || log.matches("[a-z0-9-]{1,63}"))) {
        return Optional.empty();
      }
      roles.put(log, role.get());
    }
    return Optional.of(roles);
  }
}
