package dev.stele.lmdb;

import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Finds LMDB's shared library for this machine in its jar and loads it.
 *
 * <p>The system's loader wants a file, so the library is copied to one of its own, which only this
 * user can write, and is deleted as soon as it is loaded where the system allows that.
 */
final class NativeLibrary {
  private NativeLibrary() {}

  static SymbolLookup load() {
    try {
      return load("/org/lmdbjava/native/" + resourceName());
    } catch (IOException e) {
      throw new StorageFailed(
          "LMDB could not be unpacked into the folder for temporary files; is there room?", e);
    }
  }

  private static SymbolLookup load(String resource) throws IOException {
    try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new StorageFailed(
            "there is no LMDB for this system (%s); use another engine".formatted(resource));
      }
      Path file = Files.createTempFile("stele-lmdb-", resource.substring(resource.length() - 4));
      try {
        Files.write(file, in.readAllBytes());
        return SymbolLookup.libraryLookup(file, Arena.global());
      } catch (IllegalArgumentException e) {
        throw new StorageFailed(
            "LMDB could not be loaded from %s; if programs must not run from there, name another folder with -Djava.io.tmpdir"
                .formatted(file.getParent()),
            e);
      } finally {
        discard(file);
      }
    }
  }

  private static void discard(Path file) throws IOException {
    if (isWindows()) {
      // A loaded library cannot be deleted there.
      file.toFile().deleteOnExit();
    } else {
      Files.delete(file);
    }
  }

  private static boolean isWindows() {
    return system().startsWith("windows");
  }

  private static String system() {
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
  }

  private static String resourceName() throws IOException {
    String processor =
        switch (System.getProperty("os.arch", "")) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "aarch64";
          case String other -> other;
        };
    if (isWindows()) {
      return processor + "-windows-gnu.dll";
    }
    if (system().startsWith("mac")) {
      return processor + "-macos-none.so";
    }
    return processor + (runsOnMusl() ? "-linux-musl.so" : "-linux-gnu.so");
  }

  /** Tells by what this process has loaded, since both C libraries may be installed. */
  private static boolean runsOnMusl() throws IOException {
    Path maps = Path.of("/proc/self/maps");
    return Files.exists(maps) && Files.readString(maps).contains("/ld-musl-");
  }
}
