package dev.stele.core.backup;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The place of a log that an engine keeps in one file, with the files that belong to it.
 *
 * <pre>
 *   1  log.db    also named  log.db.before-restore-T        what is there is kept aside
 *   2  log.db-wal, views     renamed aside                  what belongs to it goes with it
 *   3  fresh.db  renamed to  log.db                         at one stroke
 * </pre>
 *
 * <p>A crash before the last step leaves the log that was there, at worst as old as the last time
 * its write-ahead log was moved into it; after it the one that was restored. Nothing is deleted.
 * Immutable.
 *
 * @param database the engine's file
 * @param companions files that tell of the one in the database and of no other: its write-ahead
 *     log, the views beside it
 * @param transients files that an engine makes anew, and that a process may have left
 */
public record PlaceOfLog(Path database, List<Path> companions, List<Path> transients) {
  /** Copies the lists. */
  public PlaceOfLog {
    companions = List.copyOf(companions);
    transients = List.copyOf(transients);
  }

  /**
   * Puts another file in the place of the engine's. Nobody may have either open, but to read what
   * was there.
   *
   * @param fresh closed, whole and synced, in the same folder
   * @param suffix what is added to the names of what was there; nothing may be called so yet
   * @return what was kept aside, under its new names
   * @throws StorageFailed when a name is taken or the disk fails; then what was there is still
   *     there, under its own name or the new one
   */
  public List<Path> put(Path fresh, String suffix) {
    Disk disk = Disk.system();
    List<Path> aside = new ArrayList<>();
    try {
      Path folder = database.toAbsolutePath().getParent();
      if (folder == null) {
        throw new IOException(database + " is in no folder");
      }
      if (Files.exists(database)) {
        Path kept = database.resolveSibling(database.getFileName() + suffix);
        keep(kept);
        aside.add(kept);
      }
      for (Path companion : companions) {
        if (Files.exists(companion)) {
          Path kept = companion.resolveSibling(asideName(companion, suffix));
          Files.move(companion, kept);
          aside.add(kept);
        }
      }
      for (Path left : transients) {
        Files.deleteIfExists(left);
      }
      disk.syncFolder(folder);
      Files.move(
          fresh, database, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      disk.syncFolder(folder);
      return List.copyOf(aside);
    } catch (IOException e) {
      throw new StorageFailed(
          "%s could not be put in the place of %s; what was kept aside so far: %s"
              .formatted(fresh, database, aside),
          e);
    }
  }

  /**
   * A write-ahead log stays beside what it belongs to, under the name that the engine looks for.
   */
  private String asideName(Path companion, String suffix) {
    String name = String.valueOf(companion.getFileName());
    String of = String.valueOf(database.getFileName());
    return name.startsWith(of) ? of + suffix + name.substring(of.length()) : name + suffix;
  }

  private void keep(Path kept) throws IOException {
    try {
      // A second name, so that the place is never empty.
      Files.createLink(kept, database);
    } catch (UnsupportedOperationException e) {
      Files.move(database, kept);
    }
  }
}
