package dev.stele.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Finds packages among sources. */
final class Packages {
  private Packages() {}

  /** The folders that hold sources, but no {@code package-info.java}. */
  static List<Path> withoutInfo(List<Path> sourceRoots) throws IOException {
    TreeSet<Path> mute = new TreeSet<>();
    for (Path root : sourceRoots) {
      try (Stream<Path> files = Files.walk(root)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .map(Path::getParent)
            .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
            .forEach(mute::add);
      }
    }
    return List.copyOf(mute);
  }
}
