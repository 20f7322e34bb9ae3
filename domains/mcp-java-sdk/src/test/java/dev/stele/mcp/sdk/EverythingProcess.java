package dev.stele.mcp.sdk;

import dev.stele.mcp.store.McpEventStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** {@link Everything} in a process of its own, to be tested from outside and killed. */
final class EverythingProcess {
  /** Twice this is what a server is given to be back, on a machine that does much else. */
  private static final Duration RETRY = Duration.ofSeconds(4);

  private EverythingProcess() {}

  /** The face, the port or 0, and the folder of the store, or none for one in memory. */
  public static void main(String[] arguments) throws Exception {
    McpEventStore store =
        arguments.length > 2 ? Stores.onDisk(Path.of(arguments[2])) : Stores.inMemory();
    Served served =
        Served.start(
            Served.Face.valueOf(arguments[0]),
            Integer.parseInt(arguments[1]),
            store,
            TransportOptions.defaults().retry(RETRY));
    System.out.println("listening on " + served.port());
    new CountDownLatch(1).await();
  }
}
