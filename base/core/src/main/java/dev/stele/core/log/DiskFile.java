package dev.stele.core.log;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** An open file of a {@link Disk}. One thread at a time. */
public interface DiskFile extends AutoCloseable {
  /**
   * Reads some bytes from a place, as many as the disk gives at once.
   *
   * @return how many, or −1 at the end of the file
   */
  int read(ByteBuffer into, long at) throws IOException;

  /**
   * Writes some bytes to a place, as many as the disk takes at once.
   *
   * @return how many
   */
  int write(ByteBuffer from, long at) throws IOException;

  /** How many bytes the file has. */
  long length() throws IOException;

  /** Cuts the file, if it is longer. */
  void truncate(long length) throws IOException;

  /** Returns when everything written is on the medium. */
  void sync() throws IOException;

  /** Tells whether {@code path} still is the name of this file. */
  boolean isAt(Path path);

  @Override
  void close() throws IOException;

  /** Writes all of {@code bytes}, in as many steps as the disk wants. */
  default void writeFully(byte[] bytes, long at) throws IOException {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    while (from.hasRemaining()) {
      if (write(from, at + from.position()) <= 0) {
        throw new IOException("the disk took none of %d bytes".formatted(from.remaining()));
      }
    }
  }

  /** Reads {@code count} bytes, in as many steps as the disk wants. */
  default byte[] readFully(int count, long at) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(count);
    while (into.hasRemaining()) {
      if (read(into, at + into.position()) < 0) {
        throw new EOFException("%d bytes are missing".formatted(into.remaining()));
      }
    }
    return into.array();
  }
}
