package dev.stele.crypto;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;

/** Published vectors, one a line, beside the tests; lines that begin with # say where from. */
final class Vectors {
  private Vectors() {}

  static List<String> lines(String file) {
    try (InputStream in = Vectors.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException("no test resource " + file);
      }
      return new String(in.readAllBytes(), UTF_8).lines().filter(l -> !l.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.strip());
  }
}
