package dev.stele.core.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The few things that a log's own files ask of a disk, and what each of them promises.
 *
 * <p>A write is in the file at once and on the medium only after a {@link DiskFile#sync}; a name is
 * there at once and kept only after the {@link #syncFolder} of its folder. After a sync that failed
 * nothing is known of what was written since the last good one, and a later sync that succeeds
 * proves nothing: who needs the bytes writes them again.
 *
 * <p>Production uses {@link #system}; tests put a simulated disk in its place. Thread-safe. An
 * interrupt of the caller fails nothing and is left set.
 */
public interface Disk {
  /** The disk of the machine. */
  static Disk system() {
    return SystemDisk.INSTANCE;
  }

  /** Who may read a new file, where the file system knows modes. */
  enum Readers {
    /** The owner alone, from the file's first moment. */
    OWNER,
    /** Whoever the system lets. */
    ANYBODY
  }

  /** Tells whether a file or folder is there. */
  boolean exists(Path path);

  /**
   * Makes a folder and those above it, as far as they are not there. On return the names of all are
   * synced: also of those that an earlier call, or an earlier process, did not get to sync.
   */
  void makeFolders(Path folder) throws IOException;

  /**
   * Opens a file that is there, to read and to write in place.
   *
   * @throws java.nio.file.NoSuchFileException when it is not
   */
  DiskFile open(Path file) throws IOException;

  /**
   * Makes a file that is not there, empty and open.
   *
   * @throws java.nio.file.FileAlreadyExistsException when it is
   */
  DiskFile create(Path file, Readers readers) throws IOException;

  /** All bytes of a file; no right to write is needed. */
  byte[] read(Path file) throws IOException;

  /** Gives a file another name in the same folder at one stroke; what had that name is gone. */
  void replace(Path from, Path to) throws IOException;

  /**
   * Gives a file its final name in the same folder at one stroke, and never another's.
   *
   * @throws java.nio.file.FileAlreadyExistsException when the name is taken; nothing was changed
   */
  void publish(Path from, Path to) throws IOException;

  /** Makes the names in a folder durable. */
  void syncFolder(Path folder) throws IOException;

  /** Deletes a file, if it is there. */
  void delete(Path file) throws IOException;

  /**
   * Takes a lock that one holder in one process has at a time, and that the system gives back when
   * its process dies.
   *
   * @param file an empty file, made if it is not there and left when the lock is given back
   * @return the lock, or empty when somebody holds it
   */
  Optional<Lock> lock(Path file) throws IOException;

  /** A lock that is held until it is closed. */
  interface Lock extends AutoCloseable {
    @Override
    void close() throws IOException;
  }
}
