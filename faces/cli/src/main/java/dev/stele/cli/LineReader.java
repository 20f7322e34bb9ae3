package dev.stele.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of a file as bytes, through gzip where its name ends so; {@code -} is stdin.
 *
 * <p>A line longer than the limit is given cut to one byte past it, so that whoever judges it
 * refuses it for its size and memory stays bounded. One thread at a time.
 */
final class LineReader implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final int maxBytes;
  private long line;

  private LineReader(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  static LineReader open(String file, int maxBytes) throws IOException {
    if (file.equals("-")) {
      return new LineReader(new BufferedInputStream(System.in, BUFFER), maxBytes);
    }
    InputStream raw = Files.newInputStream(Path.of(file));
    try {
      InputStream in = file.endsWith(".gz") ? new GZIPInputStream(raw, BUFFER) : raw;
      return new LineReader(new BufferedInputStream(in, BUFFER), maxBytes);
    } catch (IOException e) {
      raw.close();
      throw new CannotRun("not-gzip", file + " is not a gzip file", "gzip -t " + file);
    }
  }

  /** The next line that is not empty, without its end; null after the last. */
  byte @Nullable [] next() throws IOException {
    while (true) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024);
      int read;
      while ((read = in.read()) >= 0 && read != '\n') {
        if (bytes.size() <= maxBytes) {
          bytes.write(read);
        }
      }
      if (read < 0 && bytes.size() == 0) {
        return null;
      }
      line++;
      byte[] text = bytes.toByteArray();
      int length = text.length;
      if (length > 0 && text[length - 1] == '\r') {
        length--;
      }
      if (length > 0) {
        return Arrays.copyOf(text, length);
      }
    }
  }

  /** The number of the line given last, from 1. */
  long line() {
    return line;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
