package dev.stele.architecture.planted.mcp;

/** Planted: a drawer that prints, and knows the adapter that stands on it. */
public final class StreamManager {
  @SuppressWarnings({"CatchAndPrintStackTrace", "SystemOut"})
  void manage(Runnable task) {
    try {
      task.run();
    } catch (IllegalStateException e) {
      e.printStackTrace();
    }
    System.out.println("managed");
  }

  Object adapter() {
    return new dev.stele.architecture.planted.mcp.sdk.Adapter();
  }
}
