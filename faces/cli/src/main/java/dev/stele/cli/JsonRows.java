package dev.stele.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Takes the rows of a file apart, whatever is in them: the elements of one JSON array, or lines. It
 * looks at brackets and strings alone, so that a row which is no JSON spoils no other.
 *
 * <p>A row longer than the limit is given cut to one byte past it. One thread at a time.
 */
final class JsonRows implements AutoCloseable {
  private final InputStream in;
  private final int maxBytes;
  private final boolean array;
  private int pushedBack = -1;
  private long row;

  private JsonRows(InputStream in, int maxBytes) throws IOException {
    this.in = in;
    this.maxBytes = maxBytes;
    int first = in.read();
    while (first == ' ' || first == '\t' || first == '\r' || first == '\n') {
      first = in.read();
    }
    this.array = first == '[';
    if (!array) {
      pushedBack = first;
    }
  }

  static JsonRows open(String file, int maxBytes) throws IOException {
    InputStream raw = file.equals("-") ? System.in : Files.newInputStream(Path.of(file));
    return new JsonRows(new BufferedInputStream(raw, 1 << 16), maxBytes);
  }

  /** The number of the row given last, from 1. */
  long row() {
    return row;
  }

  /** The next row; null after the last. */
  byte @Nullable [] next() throws IOException {
    byte[] bytes = array ? element() : line();
    if (bytes != null) {
      row++;
    }
    return bytes;
  }

  private int read() throws IOException {
    if (pushedBack >= 0) {
      int first = pushedBack;
      pushedBack = -1;
      return first;
    }
    return in.read();
  }

  private byte @Nullable [] line() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024);
    int read = read();
    while (read >= 0 && (read != '\n' || bytes.size() == 0)) {
      if (read != '\n' && read != '\r') {
        put(bytes, read);
      }
      read = read();
    }
    return bytes.size() == 0 ? null : bytes.toByteArray();
  }

  private void put(ByteArrayOutputStream bytes, int read) {
    if (bytes.size() <= maxBytes) {
      bytes.write(read);
    }
  }

  private byte @Nullable [] element() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024);
    int depth = 0;
    boolean string = false;
    boolean escaped = false;
    for (int read = read(); read >= 0; read = read()) {
      if (depth == 0 && !string && (read == ',' || read == ']')) {
        if (bytes.size() > 0) {
          pushedBack = read == ']' ? read : -1;
          return bytes.toByteArray();
        }
        if (read == ']') {
          return null;
        }
        continue;
      }
      if (bytes.size() == 0 && (read == ' ' || read == '\n' || read == '\r' || read == '\t')) {
        continue;
      }
      put(bytes, read);
      if (escaped) {
        escaped = false;
      } else if (string) {
        escaped = read == '\\';
        string = read != '"';
      } else {
        string = read == '"';
        depth += read == '{' || read == '[' ? 1 : read == '}' || read == ']' ? -1 : 0;
      }
    }
    return bytes.size() == 0 ? null : bytes.toByteArray();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
