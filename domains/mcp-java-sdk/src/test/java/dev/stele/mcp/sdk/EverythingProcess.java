package dev.stele.mcp.sdk;

import dev.stele.mcp.store.McpEventStore;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** {@link Everything} in a process of its own, to be tested from outside and killed. */
final class EverythingProcess {
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
            TransportOptions.defaults());
    System.out.println("listening on " + served.port());
    new CountDownLatch(1).await();
  }
}
