package dev.stele.core.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;

/**
 * Writes files that hold keys: new ones only, readable by their owner alone, synced.
 *
 * <p>A file is written under another name first, so that a crash leaves all of it or nothing under
 * its own. What a crash left under the other name is nobody's, and may be deleted.
 */
public final class SecretFile {
  /** So many leftovers of crashes are stepped over before somebody is to look at the folder. */
  static final int MOST_LEFTOVERS = 100;

  private SecretFile() {}

  /**
   * Makes {@code file} with mode 0600 from its first moment, where the file system knows modes.
   *
   * @throws java.nio.file.FileAlreadyExistsException when it is there: keys are never overwritten
   * @throws IOException when it cannot be written; it may or may not be there then, but never in
   *     part
   */
  public static void create(Path file, String text) throws IOException {
    create(Disk.system(), file, text);
  }

  /** The same on a given disk. */
  public static void create(Disk disk, Path file, String text) throws IOException {
    write(disk, file, text, Disk.Readers.OWNER);
  }

  /** The same for what everybody may read. */
  static void createPublic(Path file, String text) throws IOException {
    write(Disk.system(), file, text, Disk.Readers.ANYBODY);
  }

  private static void write(Disk disk, Path file, String text, Disk.Readers readers)
      throws IOException {
    if (disk.exists(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    Path partial = writePartial(disk, file, text, readers);
    disk.publish(partial, file);
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      disk.syncFolder(folder);
    }
  }

  /** Writes and syncs the text under a name that nobody else has. */
  private static Path writePartial(Disk disk, Path file, String text, Disk.Readers readers)
      throws IOException {
    for (int number = 1; ; number++) {
      Path partial = file.resolveSibling(file.getFileName() + ".writing-" + number);
      try (DiskFile out = disk.create(partial, readers)) {
        out.writeFully(text.getBytes(StandardCharsets.UTF_8), 0);
        out.sync();
        return partial;
      } catch (FileAlreadyExistsException e) {
        if (number == MOST_LEFTOVERS) {
          throw new IOException(
              "%d files like %s are left over; delete them".formatted(number, partial), e);
        }
      } catch (IOException e) {
        // Not a part of a key is to lie about; what cannot be deleted now is a leftover.
        try {
          disk.delete(partial);
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
        throw e;
      }
    }
  }
}
