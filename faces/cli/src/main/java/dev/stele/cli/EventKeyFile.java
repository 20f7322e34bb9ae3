package dev.stele.cli;

import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Set;

/** A file with a key that signs events: one line, {@code stele-event-key BASE64}, mode 0600. */
final class EventKeyFile {
  private static final String PREFIX = "stele-event-key ";

  private EventKeyFile() {}

  static void write(Path file, Ed25519Key key) throws IOException {
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] mode =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    String line = PREFIX + Base64.getEncoder().encodeToString(key.seed()) + "\n";
    try (FileChannel channel = FileChannel.open(file, options, mode)) {
      channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
      channel.force(true);
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
