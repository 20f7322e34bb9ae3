package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The lock file beside a log's: who holds its first byte writes; its second byte is shared by those
 * who open the log at the moment, and taken whole by the writer while it replaces the file.
 *
 * <p>The operating system gives locks back when their holder dies. It also takes all of a process's
 * locks on a file when the process closes any descriptor of it (POSIX), so a process has one of
 * these for each log. None of the calls here can be interrupted, which would close the file, too.
 *
 * <p>One thread at a time.
 */
final class FileLocks implements AutoCloseable {
  private static final long WRITER_BYTE = 0;
  private static final long OPENING_BYTE = 1;

  /** Opening and replacing take milliseconds; whoever takes longer was stopped in the middle. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(1);

  private final Path file;

  /** Null where the folder cannot be written, so that nobody can replace anything either. */
  private final @Nullable FileChannel channel;

  private @Nullable FileLock writer;

  private FileLocks(Path file, @Nullable FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static FileLocks beside(Path log) throws IOException {
    Path file = log.resolveSibling(log.getFileName() + ".lock");
    try {
      return new FileLocks(
          file,
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    } catch (AccessDeniedException e) {
      return new FileLocks(file, null);
    } catch (FileSystemException e) {
      if (Files.exists(log)) {
        // A read-only file system.
        return new FileLocks(file, null);
      }
      throw e;
    }
  }

  /** Becomes the writer; tells whether there was none. */
  boolean tryWriter() throws IOException {
    if (writer != null) {
      return false;
    }
    if (channel == null) {
      throw new StorageFailed(
          "the lock file %s cannot be made; is its folder writable?".formatted(file));
    }
    writer = channel.tryLock(WRITER_BYTE, 1, false);
    return writer != null;
  }

  boolean isWriter() {
    return writer != null;
  }

  void releaseWriter() throws IOException {
    if (writer != null) {
      writer.release();
      writer = null;
    }
  }

  interface Work<T> {
    T run() throws IOException, LmdbFailure;
  }

  /** Opens something while nobody replaces it. */
  <T> T opening(Work<T> work) throws IOException, LmdbFailure {
    return holding(true, work);
  }

  /** Replaces something while nobody opens it. */
  <T> T replacing(Work<T> work) throws IOException, LmdbFailure {
    return holding(false, work);
  }

  private <T> T holding(boolean shared, Work<T> work) throws IOException, LmdbFailure {
    if (channel == null) {
      return work.run();
    }
    long begun = System.nanoTime();
    FileLock lock = channel.tryLock(OPENING_BYTE, 1, shared);
    while (lock == null) {
      if (System.nanoTime() - begun > PATIENCE.toNanos()) {
        throw new StorageFailed(
            "another process holds %s; is one stopped that opens or compacts this log?"
                .formatted(file));
      }
      LockSupport.parkNanos(PAUSE.toNanos());
      lock = channel.tryLock(OPENING_BYTE, 1, shared);
    }
    try {
      return work.run();
    } finally {
      lock.release();
    }
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
