package dev.stele.cli;

import dev.stele.core.log.SecretFile;
import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** A file with a key that signs events: one line, {@code stele-event-key BASE64}, mode 0600. */
final class EventKeyFile {
  private static final String PREFIX = "stele-event-key ";

  private EventKeyFile() {}

  static void write(Path file, Ed25519Key key) throws IOException {
    try {
      SecretFile.create(file, PREFIX + Base64.getEncoder().encodeToString(key.seed()) + "\n");
    } catch (FileAlreadyExistsException e) {
      throw new CannotRun(
          "file-exists",
          file + " is there already; keys are never overwritten",
          "name another file");
    }
  }

  static Ed25519Key read(Path file) throws IOException {
    String line = Files.readString(file, StandardCharsets.UTF_8).strip();
    if (line.startsWith(PREFIX)) {
      try {
        return Ed25519Key.fromSeed(Base64.getDecoder().decode(line.substring(PREFIX.length())));
      } catch (IllegalArgumentException e) {
        throw notAKey(file);
      }
    }
    throw notAKey(file);
  }

  private static CannotRun notAKey(Path file) {
    return new CannotRun(
        "bad-key", file + " is not an event key", "stele key new -o " + file.getFileName());
  }
}
