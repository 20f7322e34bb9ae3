package dev.stele.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds test data that lies beside the repository on some machines and never inside it. */
final class Vectors {
  private Vectors() {}

  /** The file of that name, or a test that is skipped and says so. */
  static Path find(String name) {
    Path at = Path.of("").toAbsolutePath();
    while (at != null && !Files.exists(in(at, name))) {
      at = at.getParent();
    }
    assumeTrue(at != null, "SKIPPED, LOUDLY: " + name + " is not beside this repository");
    return in(at, name);
  }

  private static Path in(Path folder, String name) {
    return folder.resolveSibling("shared").resolve("vectors").resolve(name);
  }
}
