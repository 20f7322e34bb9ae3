import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Copies the licences and notices that libraries carry in their jars, below the name of each:
 * {@code Licences LIB TO}.
 */
final class Licences {
  private static final List<String> NAMES = List.of("license", "licence", "notice", "copying");

  private Licences() {}

  public static void main(String[] arguments) throws IOException {
    try (Stream<Path> jars = Files.list(Path.of(arguments[0]))) {
      for (Path jar : jars.sorted().toList()) {
        String name = jar.getFileName().toString();
        if (name.endsWith(".jar") && !name.startsWith("stele-")) {
          copy(jar, Path.of(arguments[1]).resolve(name.replaceFirst("\\.jar$", "")));
        }
      }
    }
  }

  private static void copy(Path jar, Path to) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      for (JarEntry entry : file.stream().toList()) {
        String path = entry.getName();
        String name = path.substring(path.lastIndexOf('/') + 1);
        String small = name.toLowerCase(Locale.ROOT);
        if (!entry.isDirectory()
            && NAMES.stream().anyMatch(small::startsWith)
            && !small.endsWith(".class")) {
          // Two files of one name stand below different folders of the jar.
          Path target = to.resolve(path.replaceFirst("^META-INF/", "").replace('/', '-'));
          Files.createDirectories(to);
          try (var in = file.getInputStream(entry)) {
            Files.write(target, in.readAllBytes());
          }
        }
      }
    }
  }
}
