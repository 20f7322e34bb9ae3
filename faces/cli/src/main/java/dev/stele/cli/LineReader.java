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
 * Reads the lines of a file as bytes, through gzip where it begins as such a file does; {@code -}
 * is stdin.
 *
 * <p>A line longer than the limit is given cut to one byte past it, so that whoever judges it
 * refuses it for its size and memory stays bounded. One thread at a time.
 */
final class LineReader implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  /** What a gzip file begins with (RFC 1952). */
  private static final byte[] GZIP = {0x1f, (byte) 0x8b};

  private final InputStream in;
  private final int maxBytes;
  private final byte[] buffer = new byte[BUFFER];
  private int at;
  private int end;
  private long line;

  private LineReader(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  static LineReader open(String file, int maxBytes) throws IOException {
    InputStream raw = file.equals("-") ? System.in : Files.newInputStream(Path.of(file));
    try {
      BufferedInputStream in = new BufferedInputStream(raw, BUFFER);
      in.mark(GZIP.length);
      byte[] begin = in.readNBytes(GZIP.length);
      in.reset();
      if (Arrays.equals(begin, GZIP)) {
        return new LineReader(new GZIPInputStream(in, BUFFER), maxBytes);
      }
      if (!file.endsWith(".gz")) {
        return new LineReader(in, maxBytes);
      }
    } catch (IOException e) {
      raw.close();
      throw notGzip(file);
    }
    raw.close();
    throw notGzip(file);
  }

  private static CannotRun notGzip(String file) {
    return new CannotRun("not-gzip", file + " is not a gzip file", "gzip -t " + file);
  }

  /** The next line that is not empty, without its end; null after the last. */
  byte @Nullable [] next() throws IOException {
    while (true) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024);
      if (!readLine(bytes)) {
        return null;
      }
      line++;
      byte[] text = bytes.toByteArray();
      int length = text.length;
      if (length > 0 && text[length - 1] == '\r') {
        length--;
      }
      if (length > 0) {
        return length == text.length ? text : Arrays.copyOf(text, length);
      }
    }
  }

  /** Reads up to the end of a line or of the file; tells whether there was anything. */
  private boolean readLine(ByteArrayOutputStream into) throws IOException {
    boolean any = false;
    while (true) {
      if (at == end) {
        at = 0;
        end = Math.max(0, in.read(buffer));
        if (end == 0) {
          return any;
        }
      }
      any = true;
      int from = at;
      while (at < end && buffer[at] != '\n') {
        at++;
      }
      into.write(buffer, from, Math.min(at - from, maxBytes + 1 - into.size()));
      if (at < end) {
        at++;
        return true;
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
