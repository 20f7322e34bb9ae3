package dev.stele.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The source tree that these tests run in. */
final class Repository {
  private static final Path ROOT = root(Path.of("").toAbsolutePath());

  private Repository() {}

  private static Path root(Path from) {
    for (Path folder = from; folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("stele")) && Files.isDirectory(folder.resolve("checks"))) {
        return folder;
      }
    }
    throw new IllegalStateException("the source tree is not above " + from);
  }

  /** The folder with the {@code stele} script. */
  static Path folder() {
    return ROOT;
  }

  /** The {@code src/main/java} of every module. */
  static List<Path> mainSources() throws IOException {
    try (Stream<Path> modules = Files.walk(ROOT, 3)) {
      return modules
          .map(folder -> folder.resolve("src/main/java"))
          .filter(Files::isDirectory)
          .sorted()
          .toList();
    }
  }

  /** Every document: {@code *.md} outside build output and hidden folders. */
  static List<Path> documents() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(
              file ->
                  Stream.of(ROOT.relativize(file).toString().split("/"))
                      .noneMatch(part -> part.equals("target") || part.startsWith(".")))
          .sorted()
          .toList();
    }
  }
}
