package dev.stele.server.http;

import dev.stele.server.auth.PublicFace;
import dev.stele.server.auth.Role;
import java.util.function.Supplier;

/** Who may take a route. */
sealed interface Access {
  /** Everybody. */
  record Free() implements Access {}

  /** Who has a role on the log that the path names. */
  record OnLog(Role role) implements Access {}

  /** Who has a role on a log that the path need not name. */
  record OnLogCalled(Role role, String log) implements Access {}

  /** Who has a role on the whole server. */
  record OnServer(Role role) implements Access {}

  /** Everybody where the face was made public, else who may read. */
  record OfFace(PublicFace face) implements Access {}

  /**
   * Everybody where the face was made public, else who has a role on a log that the path need not
   * name.
   */
  record OfFaceOn(PublicFace face, Role role, Supplier<String> log) implements Access {}

  Access FREE = new Free();
  Access READ = new OnLog(Role.READ);
  Access APPEND = new OnLog(Role.APPEND);
  Access ADMIN = new OnLog(Role.ADMIN);
}
