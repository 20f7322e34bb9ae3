package dev.stele.sqlite;

import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The lock file beside a database: whoever holds it writes.
 *
 * <p>The operating system gives it back when its holder dies, so nothing is to be cleaned up.
 */
final class WriterLock implements AutoCloseable {
  private final FileChannel channel;

  private WriterLock(FileChannel channel) {
    this.channel = channel;
  }

  static WriterLock take(Path database) {
    Path file = database.resolveSibling(database.getFileName() + ".lock");
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (tryLock(channel) == null) {
        channel.close();
        throw new StorageFailed(
            "%s is being written by another process; one process writes a log at a time: stop it, or read only"
                .formatted(database));
      }
      return new WriterLock(channel);
    } catch (IOException e) {
      throw new StorageFailed(
          "the lock file %s cannot be made; is the folder there and writable?".formatted(file), e);
    }
  }

  private static @org.jspecify.annotations.Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
