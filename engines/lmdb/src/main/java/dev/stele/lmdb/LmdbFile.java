package dev.stele.lmdb;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * The file of logs or of views at a path, shared by all who have it open in this process.
 *
 * <p>LMDB forbids a process two handles to one file, since closing one drops the locks of the
 * other. And the file at a path may be replaced by a compacted one, here or by another process:
 * whoever reads next is given the new one.
 *
 * <p>Thread-safe.
 */
final class LmdbFile implements AutoCloseable {
  /** Guarded by itself. */
  private static final Map<Path, LmdbFile> HELD = new HashMap<>();

  private final Path path;
  private final Purpose purpose;
  private final LmdbOptions options;

  /** Guarded by {@link #HELD}. */
  private final FileLocks locks;

  /** Guarded by {@link #HELD}. */
  private int holders;

  /** Replaced under {@link #HELD}. */
  private volatile Environment environment;

  private LmdbFile(
      Path path, Purpose purpose, LmdbOptions options, FileLocks locks, Environment environment) {
    this.path = path;
    this.purpose = purpose;
    this.options = options;
    this.locks = locks;
    this.environment = environment;
  }

  /**
   * Opens the file, or joins those of this process who have.
   *
   * @param toWrite whether to become its writer, and to make it where it is not there
   */
  static LmdbFile open(Path file, Purpose purpose, LmdbOptions options, boolean toWrite) {
    try {
      synchronized (HELD) {
        Path folder = file.toAbsolutePath().getParent();
        Path path = folder == null ? file : folder.toRealPath().resolve(file.getFileName());
        LmdbFile held = HELD.get(path);
        if (held == null) {
          held = first(path, purpose, options, toWrite);
          HELD.put(path, held);
        } else if (held.purpose != purpose) {
          throw purpose.notThis(path);
        } else if (toWrite && !held.locks.tryWriter()) {
          throw taken(path);
        }
        held.holders++;
        return held;
      }
    } catch (IOException e) {
      throw new StorageFailed(
          "%s cannot be opened; is its folder there and writable?".formatted(file), e);
    } catch (LmdbFailure e) {
      throw e.toStorageFailed("open", file);
    }
  }

  private static LmdbFile first(Path path, Purpose purpose, LmdbOptions options, boolean toWrite)
      throws IOException, LmdbFailure {
    if (!toWrite && !Files.exists(path)) {
      throw purpose.missing(path);
    }
    FileLocks locks = FileLocks.beside(path);
    try {
      if (toWrite) {
        if (!locks.tryWriter()) {
          throw taken(path);
        }
        // What a compaction left that did not come to its end.
        Files.deleteIfExists(replacement(path));
        Files.deleteIfExists(lockOf(replacement(path)));
      }
      boolean fresh = !Files.exists(path);
      Environment environment =
          locks.opening(() -> Environment.open(path, purpose, options, toWrite));
      if (fresh) {
        // LMDB syncs the file, but not the folder: after a loss of power nobody would find it.
        syncFolder(path);
      }
      return new LmdbFile(path, purpose, options, locks, environment);
    } catch (IOException | LmdbFailure | RuntimeException e) {
      locks.close();
      throw e;
    }
  }

  private static StorageFailed taken(Path path) {
    return new StorageFailed(
        "%s is being written already; one writer at a time: close the other one, or read only"
            .formatted(path));
  }

  /** Where a compaction writes. */
  private static Path replacement(Path path) {
    return path.resolveSibling(path.getFileName() + ".compacting");
  }

  /** LMDB's own lock file. */
  private static Path lockOf(Path path) {
    return path.resolveSibling(path.getFileName() + "-lock");
  }

  Path path() {
    return path;
  }

  /** Runs a reading on the newest commit of the file that is at the path. */
  <T> T read(String what, Environment.Reading<T> reading) {
    try {
      while (true) {
        Environment current = environment;
        Answer<T> answer =
            current.read(
                snapshot ->
                    isReplaced(current, snapshot)
                        ? new Answer.Elsewhere<>()
                        : new Answer.Here<>(reading.run(snapshot)));
        switch (answer) {
          case Answer.Here<T>(T found) -> {
            return found;
          }
          case Answer.Elsewhere<T> _ -> reopen(current);
          case null -> requireReplaced(current);
        }
      }
    } catch (LmdbFailure e) {
      throw e.toStorageFailed(what, path);
    } catch (IOException e) {
      throw new StorageFailed("could not %s %s".formatted(what, path), e);
    }
  }

  private sealed interface Answer<T> {
    record Here<T>(T found) implements Answer<T> {}

    record Elsewhere<T>() implements Answer<T> {}
  }

  private void requireReplaced(Environment old) {
    if (environment == old) {
      throw new LogClosed("%s was closed; open it again".formatted(path));
    }
  }

  /** Tells whether another process put a new file in the place of this one. */
  private boolean isReplaced(Environment current, Snapshot snapshot) {
    // Who reads within a reading stays in its file: a reader must not wait for those who close it.
    if (!snapshot.isBeingReplaced() || Environment.isNested()) {
      return false;
    }
    try {
      return !PageFile.keyOf(path).equals(current.fileKey());
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be looked at".formatted(path), e);
    }
  }

  private void reopen(Environment old) throws IOException, LmdbFailure {
    synchronized (HELD) {
      if (environment == old) {
        environment = locks.opening(() -> Environment.open(path, purpose, options, false));
        old.retire();
      }
    }
  }

  /** As {@link Environment#write}, for the writer. */
  boolean write(String what, boolean syncMeta, Environment.Writing writing) {
    try {
      return environment.write(syncMeta, writing);
    } catch (LmdbFailure e) {
      throw e.toStorageFailed(what, path);
    } catch (IOException e) {
      throw new StorageFailed("could not %s %s".formatted(what, path), e);
    }
  }

  /** Makes ready to write, for the writer. */
  void prepareToWrite() {
    try {
      environment.prepareToWrite();
    } catch (LmdbFailure e) {
      throw e.toStorageFailed("open", path);
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be prepared".formatted(path), e);
    }
  }

  /** Fills a new file beside this one. */
  interface Filling {
    void into(Environment target) throws IOException, LmdbFailure;
  }

  /**
   * Puts a new file in the place of this one, for the writer. A crash leaves the old one or the new
   * one. Whoever reads the old one, here or elsewhere, goes on to its end.
   *
   * @param announce tells other processes in the old file that it is about to be replaced
   */
  void replace(Filling filling, Environment.Writing announce) {
    try {
      Path beside = replacement(path);
      Files.deleteIfExists(beside);
      Environment fresh = Environment.open(beside, purpose, options, true);
      try {
        filling.into(fresh);
      } finally {
        fresh.retire();
        Files.deleteIfExists(lockOf(beside));
      }
      var _ = environment.write(true, announce);
      synchronized (HELD) {
        Environment old = environment;
        environment =
            locks.replacing(
                () -> {
                  Files.move(
                      beside,
                      path,
                      StandardCopyOption.ATOMIC_MOVE,
                      StandardCopyOption.REPLACE_EXISTING);
                  syncFolder(path);
                  // The old lock file speaks of the old file's commits, to those who still read it.
                  Files.deleteIfExists(lockOf(path));
                  return Environment.open(path, purpose, options, true);
                });
        environment.prepareToWrite();
        old.retire();
      }
    } catch (LmdbFailure e) {
      throw e.toStorageFailed("compact", path);
    } catch (IOException e) {
      throw new StorageFailed("could not compact %s".formatted(path), e);
    }
  }

  private static void syncFolder(Path path) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** Gives up being the writer. */
  void releaseWriter() {
    synchronized (HELD) {
      try {
        locks.releaseWriter();
      } catch (IOException e) {
        throw new StorageFailed("the lock of %s could not be given back".formatted(path), e);
      }
    }
  }

  @Override
  public void close() {
    synchronized (HELD) {
      if (--holders > 0) {
        return;
      }
      HELD.remove(path);
      environment.retire();
      environment.awaitReaders();
      try {
        locks.close();
      } catch (IOException e) {
        throw new StorageFailed("%s could not be closed cleanly".formatted(path), e);
      }
    }
  }
}
