package dev.stele.core.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Writes files that hold keys: new ones only, readable by their owner alone, synced. */
public final class SecretFile {
  private static final FileAttribute<?>[] OWNER_ONLY =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
          ? new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
          }
          : new FileAttribute<?>[0];

  private SecretFile() {}

  /**
   * Makes {@code file} with mode 0600 from its first moment, where the file system knows modes.
   *
   * @throws java.nio.file.FileAlreadyExistsException when it is there: keys are never overwritten
   * @throws IOException when it cannot be written
   */
  public static void create(Path file, String text) throws IOException {
    write(file, text, OWNER_ONLY);
  }

  /** The same for what everybody may read. */
  static void createPublic(Path file, String text) throws IOException {
    write(file, text);
  }

  private static void write(Path file, String text, FileAttribute<?>... attributes)
      throws IOException {
    Set<OpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel channel = FileChannel.open(file, options, attributes)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }
}
