package dev.stele.core.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The machine's own disk. Thread-safe. */
final class SystemDisk implements Disk {
  static final SystemDisk INSTANCE = new SystemDisk();

  private static final Set<OpenOption> IN_PLACE =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);

  private static final Set<OpenOption> NEW =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

  /**
   * The lock files this process holds; guarded by itself. Whether it holds one must be known
   * without opening the file: closing it again would give up the lock that is held (POSIX).
   */
  private static final Set<Path> HELD = new HashSet<>();

  private SystemDisk() {}

  @Override
  public boolean exists(Path path) {
    return Files.exists(path);
  }

  @Override
  public void makeFolders(Path folder) throws IOException {
    Files.createDirectories(folder);
    Path above = folder.toAbsolutePath().getParent();
    while (above != null) {
      try {
        syncFolder(above);
      } catch (AccessDeniedException e) {
        // Whoever may not look into a folder has made nothing in it.
        return;
      }
      above = above.getParent();
    }
  }

  @Override
  public DiskFile open(Path file) throws IOException {
    return new OpenFile(file, IN_PLACE);
  }

  @Override
  public DiskFile create(Path file, Readers readers) throws IOException {
    return new OpenFile(
        file,
        NEW,
        switch (readers) {
          case OWNER -> ownerOnly(file);
          case ANYBODY -> new FileAttribute<?>[0];
        });
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    return knowsModes(file)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean knowsModes(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  @Override
  public byte[] read(Path file) throws IOException {
    // An interrupt would close what readAllBytes opens; it is put off for the one read.
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return Files.readAllBytes(file);
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      restore(interrupted);
    }
  }

  @Override
  public void replace(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void publish(Path from, Path to) throws IOException {
    try {
      // A second name can be refused at one stroke; a move would take a name that is in use.
      Files.createLink(to, from);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      if (Files.exists(to)) {
        throw new FileAlreadyExistsException(to.toString());
      }
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    Files.delete(from);
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    // Other systems do not let a folder be opened, and make names durable on their own.
    if (!knowsModes(folder)) {
      return;
    }
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
          names.force(true);
          return;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      restore(interrupted);
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public Optional<Lock> lock(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Path real = folder == null ? file : folder.toRealPath().resolve(file.getFileName());
    synchronized (HELD) {
      if (HELD.contains(real)) {
        return Optional.empty();
      }
      FileChannel channel =
          FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() == null) {
          channel.close();
          return Optional.empty();
        }
      } catch (IOException e) {
        channel.close();
        throw e;
      }
      HELD.add(real);
      return Optional.of(
          () -> {
            synchronized (HELD) {
              if (channel.isOpen()) {
                channel.close();
                HELD.remove(real);
              }
            }
          });
    }
  }

  private static void restore(boolean interrupted) {
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * A file whose channel is opened again when an interrupt closed it: one caller's interrupt must
   * not fail the commit that it makes for all who wait.
   */
  private static final class OpenFile implements DiskFile {
    private final Path path;
    private final @Nullable Object identity;
    private FileChannel channel;

    OpenFile(Path path, Set<OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      this.path = path;
      this.channel = FileChannel.open(path, options, attributes);
      this.identity = identity(path);
    }

    private static @Nullable Object identity(Path path) throws IOException {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    private interface Call<T> {
      T on(FileChannel channel) throws IOException;
    }

    private <T> T uninterrupted(Call<T> call) throws IOException {
      boolean interrupted = Thread.interrupted();
      try {
        while (true) {
          try {
            return call.on(channel);
          } catch (ClosedByInterruptException e) {
            interrupted |= Thread.interrupted();
            FileChannel again = FileChannel.open(path, IN_PLACE);
            if (!isAt(path)) {
              again.close();
              throw new IOException(path + " is another file than the one that was opened", e);
            }
            channel = again;
          }
        }
      } finally {
        restore(interrupted);
      }
    }

    @Override
    public int read(ByteBuffer into, long at) throws IOException {
      return uninterrupted(open -> open.read(into, at));
    }

    @Override
    public int write(ByteBuffer from, long at) throws IOException {
      return uninterrupted(open -> open.write(from, at));
    }

    @Override
    public long length() throws IOException {
      return uninterrupted(FileChannel::size);
    }

    @Override
    public void truncate(long length) throws IOException {
      var _ = uninterrupted(open -> open.truncate(length));
    }

    @Override
    public void sync() throws IOException {
      uninterrupted(
          open -> {
            open.force(false);
            return true;
          });
    }

    @Override
    public boolean isAt(Path other) {
      try {
        return Objects.equals(identity, identity(other));
      } catch (IOException e) {
        return false;
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
