package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes of an environment's file, mapped to be read.
 *
 * <p>A mapping of our own beside LMDB's: it lasts until this is closed, whatever LMDB maps anew
 * meanwhile; no access leaves it; and where the file was cut under it, the JVM throws instead of
 * ending. Both mappings show the same pages of the system's cache.
 *
 * <p>Thread-safe. Closing while another thread reads makes that thread fail; {@link Environment}
 * waits for its readers first.
 */
final class PageFile implements AutoCloseable {
  private static final AtomicLong OPENED = new AtomicLong();

  private final Path path;
  private final RandomAccessFile file;
  private final Object key;
  private final long serial = OPENED.incrementAndGet();
  private final Arena arena = Arena.ofShared();

  /** The longest mapping so far; replaced under this. */
  private volatile MemorySegment pages = MemorySegment.NULL;

  private PageFile(Path path, RandomAccessFile file, Object key) {
    this.path = path;
    this.file = file;
    this.key = key;
  }

  /** Opens the file, which must be there. */
  static PageFile open(Path path, boolean toWrite) throws IOException {
    while (true) {
      Object before = keyOf(path);
      RandomAccessFile file = new RandomAccessFile(path.toFile(), toWrite ? "rw" : "r");
      // Another process may replace the file between the two.
      if (before.equals(keyOf(path))) {
        return new PageFile(path, file, before);
      }
      file.close();
    }
  }

  /** What tells the file at a path from one that replaces it. */
  static Object keyOf(Path path) throws IOException {
    Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    return Objects.requireNonNullElse(key, path);
  }

  Path path() {
    return path;
  }

  /** Larger for files that were opened later in this process. */
  long serial() {
    return serial;
  }

  Object key() {
    return key;
  }

  long length() throws IOException {
    return file.length();
  }

  /** Makes the file longer, with zeros that take no room on the disk yet. */
  void extendTo(long length) throws IOException {
    if (file.length() < length) {
      file.setLength(length);
    }
  }

  /** Makes the file shorter; what is cut off must not be read any more. */
  void truncateTo(long length) throws IOException {
    file.setLength(Math.min(length, file.length()));
  }

  /**
   * The file's bytes, at least so many of them.
   *
   * @throws StorageFailed as damaged when the file is shorter
   */
  MemorySegment pages(long bytes) {
    MemorySegment mapped = pages;
    return mapped.byteSize() >= bytes ? mapped : mapAtLeast(bytes);
  }

  /** Maps all there is, so that nothing has to be mapped for a while. */
  void mapAll() throws IOException {
    pages(file.length());
  }

  private synchronized MemorySegment mapAtLeast(long bytes) {
    if (pages.byteSize() < bytes) {
      MemorySegment mapped;
      try {
        mapped = map();
      } catch (IOException e) {
        throw new StorageFailed("%s cannot be mapped".formatted(path), e);
      }
      if (mapped.byteSize() < bytes) {
        throw StorageFailed.damaged(
            "%s has %d bytes, and should have at least %d: it was cut"
                .formatted(path, mapped.byteSize(), bytes));
      }
      pages = mapped;
    }
    return pages;
  }

  /**
   * Maps on a thread that nobody knows and so nobody interrupts: an interrupt would close the
   * channel, and the file could be another one by the time it were opened again.
   */
  private MemorySegment map() throws IOException {
    var mapping =
        new Object() {
          MemorySegment segment = MemorySegment.NULL;
          IOException failure = new IOException("the mapping thread died");
        };
    Thread thread =
        Thread.ofPlatform()
            .name("stele-lmdb-map")
            .start(
                () -> {
                  try {
                    mapping.segment =
                        file.getChannel()
                            .map(FileChannel.MapMode.READ_ONLY, 0, file.length(), arena);
                  } catch (IOException e) {
                    mapping.failure = e;
                  }
                });
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (mapping.segment.equals(MemorySegment.NULL)) {
      throw mapping.failure;
    }
    return mapping.segment;
  }

  @Override
  public void close() throws IOException {
    arena.close();
    file.close();
  }
}
