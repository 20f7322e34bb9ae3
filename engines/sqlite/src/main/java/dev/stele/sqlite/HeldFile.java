package dev.stele.sqlite;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A database file that this process reads beside SQLite, opened once for all engines on it and
 * closed after the last of them.
 *
 * <p>POSIX gives up every lock of a process on a file when the process closes any descriptor of it
 * (SQLite, "How To Corrupt", section 2.2). An engine that opened and closed its database for a look
 * would lose SQLite's locks, and the next process to leave would take itself for the last one and
 * delete the write-ahead log under the writer. Nor is this a channel, which an interrupt would
 * close.
 *
 * <p>Thread-safe.
 */
final class HeldFile implements AutoCloseable {
  /** Guarded by itself. */
  private static final Map<Path, HeldFile> HELD = new HashMap<>();

  private final Path path;
  private final RandomAccessFile file;

  /** Guarded by {@link #HELD}. */
  private int holders;

  private HeldFile(Path path, RandomAccessFile file) {
    this.path = path;
    this.file = file;
  }

  /** The file, which must be there; each holder closes it once, after its last connection. */
  static HeldFile of(Path database) throws IOException {
    Path path = database.toRealPath();
    synchronized (HELD) {
      HeldFile held = HELD.get(path);
      if (held == null) {
        held = new HeldFile(path, new RandomAccessFile(path.toFile(), "r"));
        HELD.put(path, held);
      }
      held.holders++;
      return held;
    }
  }

  /** The first bytes of the file; zeros where it is shorter. */
  synchronized byte[] head(int count) throws IOException {
    byte[] head = new byte[count];
    file.seek(0);
    int got = 0;
    int read = 0;
    while (got < count && (read = file.read(head, got, count - got)) >= 0) {
      got += read;
    }
    return head;
  }

  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      if (--holders == 0) {
        HELD.remove(path);
        file.close();
      }
    }
  }
}
