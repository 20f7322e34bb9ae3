package dev.stele.server;

import dev.stele.server.auth.Principal;
import dev.stele.server.auth.Role;
import dev.stele.server.auth.Tokens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * The first administrator's token of a server that nobody could speak to otherwise: written to a
 * file that only the server's user reads, and shown nowhere.
 */
final class FirstToken {
  /** The file, in the server's folder. */
  static final String FILE = "admin.token";

  private FirstToken() {}

  static void write(Tokens tokens, Path data) throws IOException {
    Path file = data.resolve(FILE);
    Files.deleteIfExists(file);
    // Made empty with its rights first, so that at no moment others could read it.
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Tokens.Issued issued = tokens.issue("admin", Map.of(Principal.EVERY_LOG, Role.ADMIN));
    Files.writeString(
        file,
        issued.secret() + "\n",
        StandardCharsets.US_ASCII,
        StandardOpenOption.SYNC,
        StandardOpenOption.WRITE);
  }
}
