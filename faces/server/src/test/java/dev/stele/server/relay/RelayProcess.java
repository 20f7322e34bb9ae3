package dev.stele.server.relay;

import dev.stele.cli.Stele;
import dev.stele.testkit.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code stele relay}, as a process of its own on a free port of this machine. */
final class RelayProcess implements AutoCloseable {
  private static final Pattern URL = Pattern.compile("\"relay\":\\s*\"(ws://[^\"]+)\"");
  private static final long STOP_SECONDS = 60;

  private final Process process;
  private final BufferedReader out;
  private final String url;

  private RelayProcess(Process process) throws IOException {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    StringBuilder said = new StringBuilder();
    Matcher found = URL.matcher(said);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      found = URL.matcher(said.append(line).append('\n'));
      if (found.find()) {
        break;
      }
    }
    this.url = found.reset().find() ? found.group(1) : "";
    if (url.isEmpty()) {
      process.destroyForcibly();
      throw new AssertionError("the relay did not start: " + said);
    }
  }

  /** Starts it with its events in a folder. */
  static RelayProcess start(Path folder, String... options) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("relay", "--json", "--port", "0", "--log", "sqlite:" + folder));
    arguments.addAll(List.of(options));
    return new RelayProcess(ChildJvm.start(Stele.class, arguments));
  }

  String url() {
    return url;
  }

  int port() {
    return URI.create(url).getPort();
  }

  /** Stops it as Ctrl-C does. */
  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the relay does not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
      out.close();
    }
  }
}
