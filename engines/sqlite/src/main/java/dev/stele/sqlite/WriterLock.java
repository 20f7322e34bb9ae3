package dev.stele.sqlite;

import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * The lock file beside a database: whoever holds it writes.
 *
 * <p>The operating system gives it back when its holder dies, so nothing is to be cleaned up.
 */
final class WriterLock implements AutoCloseable {
  /**
   * The lock files this process holds; guarded by itself. Whether it holds one must be known
   * without opening the file: closing it again would give up the lock that is held (POSIX).
   */
  private static final Set<Path> HELD = new HashSet<>();

  private final Path file;
  private final FileChannel channel;

  private WriterLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static WriterLock take(Path database) {
    Path file = database.resolveSibling(database.getFileName() + ".lock");
    try {
      Path folder = database.toAbsolutePath().getParent();
      Path real = folder == null ? file : folder.toRealPath().resolve(file.getFileName());
      synchronized (HELD) {
        if (HELD.contains(real)) {
          throw taken(database);
        }
        FileChannel channel =
            FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
          channel.close();
          throw taken(database);
        }
        HELD.add(real);
        return new WriterLock(real, channel);
      }
    } catch (IOException e) {
      throw new StorageFailed(
          "the lock file %s cannot be made; is the folder there and writable?".formatted(file), e);
    }
  }

  private static StorageFailed taken(Path database) {
    return new StorageFailed(
        "%s is being written already; one writer at a time: close the other one, or read only"
            .formatted(database));
  }

  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      if (channel.isOpen()) {
        channel.close();
        HELD.remove(file);
      }
    }
  }
}
