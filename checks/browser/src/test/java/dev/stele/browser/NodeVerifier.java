package dev.stele.browser;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;

/**
 * The console's verifier in Node: the very files that a browser is served, unpacked into a folder.
 */
final class NodeVerifier {
  private static final List<String> MODULES = List.of("bytes.js", "verifier.js", "record.js");
  private static final String DRIVER = "answer-cases.mjs";

  private final Path folder;

  private NodeVerifier(Path folder) {
    this.folder = folder;
  }

  /** Unpacks the modules; skips the test, saying so, where Node is missing or too old. */
  static NodeVerifier in(Path folder) throws IOException {
    Assumptions.assumeTrue(
        isPresent(), "NODE 20 OR LATER IS NOT ON THE PATH: the console's verifier is not tested");
    for (String module : MODULES) {
      Files.write(folder.resolve(module), resource("/dev/stele/console/web/" + module));
    }
    Files.write(folder.resolve(DRIVER), resource(DRIVER));
    // Without it Node would take .js for the modules of old.
    Files.writeString(folder.resolve("package.json"), "{\"type\": \"module\"}");
    return new NodeVerifier(folder);
  }

  private static boolean isPresent() {
    try {
      return new ProcessBuilder(
                  "node", "-e", "process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)")
              .start()
              .waitFor()
          == 0;
    } catch (IOException notThere) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Puts questions to the verifier, all in one process.
   *
   * @return for each, {@code holds} or {@code refused}, a tab, and what is said
   */
  List<String> answers(List<String> questions) throws IOException, InterruptedException {
    Path in = Files.write(folder.resolve("questions"), questions);
    Path out = folder.resolve("answers");
    Path errors = folder.resolve("errors");
    int code =
        new ProcessBuilder("node", "--no-warnings", DRIVER)
            .directory(folder.toFile())
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .redirectError(errors.toFile())
            .start()
            .waitFor();
    List<String> answers = Files.readAllLines(out);
    if (code != 0 || answers.size() != questions.size()) {
      throw new IllegalStateException(
          "Node ended with %d after %d of %d answers: %s"
              .formatted(code, answers.size(), questions.size(), Files.readString(errors)));
    }
    return answers;
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(NodeVerifier.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
