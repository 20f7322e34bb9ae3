package dev.stele.client;

import dev.stele.core.log.Disk;
import dev.stele.core.log.DiskFile;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Optional;

/** The machine's disk, as it is when it was mounted to be read only. */
final class UnwritableDisk implements Disk {
  private final Disk disk = Disk.system();

  private static IOException refused(Path path) {
    return new IOException(path + ": Read-only file system", new ReadOnlyFileSystemException());
  }

  @Override
  public boolean exists(Path path) {
    return disk.exists(path);
  }

  @Override
  public byte[] read(Path file) throws IOException {
    return disk.read(file);
  }

  @Override
  public void makeFolders(Path folder) throws IOException {
    throw refused(folder);
  }

  @Override
  public DiskFile open(Path file) throws IOException {
    throw refused(file);
  }

  @Override
  public DiskFile create(Path file, Readers readers) throws IOException {
    throw refused(file);
  }

  @Override
  public void replace(Path from, Path to) throws IOException {
    throw refused(to);
  }

  @Override
  public void publish(Path from, Path to) throws IOException {
    throw refused(to);
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    throw refused(folder);
  }

  @Override
  public void delete(Path file) throws IOException {
    throw refused(file);
  }

  @Override
  public Optional<Lock> lock(Path file) throws IOException {
    throw refused(file);
  }
}
