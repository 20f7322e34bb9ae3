package dev.stele.server;

import dev.stele.cli.CannotRun;
import dev.stele.cli.Terminal;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.server.ops.ServerLog;
import java.net.BindException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;

/**
 * A server for as long as its process is not told to stop: the outermost place, where the system's
 * clock and randomness are chosen.
 */
final class Serving {
  private final Server server;
  private final CountDownLatch stopped = new CountDownLatch(1);

  private Serving(Server server) {
    this.server = server;
  }

  /**
   * Starts a server that stops when the process is told to.
   *
   * @param onAnyPort the command to try where the port is taken
   */
  static Serving start(ServerConfig config, Terminal terminal, String onAnyPort) throws Exception {
    String level = System.getenv("STELE_LOG_LEVEL");
    ServerLog.begin(
        config.text(Setting.LOG_FORMAT).equals("json"),
        level == null ? Level.INFO : Level.parse(level));
    Serving serving = new Serving(listen(config, onAnyPort));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> serving.stop(terminal), "stele-stop"));
    return serving;
  }

  private static Server listen(ServerConfig config, String onAnyPort) throws Exception {
    try {
      return Server.start(config, InstantSource.system(), new SecureRandom());
    } catch (BindException e) {
      throw new CannotRun("port-taken", String.valueOf(e.getMessage()), onAnyPort);
    } catch (java.io.IOException e) {
      if (e.getCause() instanceof BindException bind) {
        throw new CannotRun(
            "port-taken",
            "%s (port %s)".formatted(bind.getMessage(), config.text(Setting.HTTP_PORT)),
            onAnyPort);
      }
      throw e;
    }
  }

  private void stop(Terminal terminal) {
    try {
      server.close();
    } catch (RuntimeException e) {
      terminal.note("stele: [stop-failed] " + e.getMessage());
    } finally {
      stopped.countDown();
    }
  }

  Server server() {
    return server;
  }

  void untilStopped() throws InterruptedException {
    stopped.await();
  }
}
